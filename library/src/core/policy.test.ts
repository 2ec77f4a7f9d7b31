import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { deviations, overReason, PRESETS, presenceDue, sessionPolicy, touchDue } from "./policy.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("SE-04 presets are the limits of NIST, and AAL2 is the default", () => {
  assert.deepEqual(PRESETS.aal1, { idle: 720 * HOUR, lifetime: 720 * HOUR });
  assert.deepEqual(PRESETS.aal2, { idle: HOUR, lifetime: 24 * HOUR });
  assert.deepEqual(PRESETS.aal3, { idle: 15 * MINUTE, lifetime: 12 * HOUR });
  const { idle, lifetime } = sessionPolicy();
  assert.deepEqual({ idle, lifetime }, PRESETS.aal2);
});

test("SE-04 what is longer than the chosen preset is said", () => {
  assert.deepEqual(deviations({ preset: "aal3", idle: 15 * MINUTE, lifetime: HOUR }), []);
  assert.deepEqual(deviations({ preset: "aal3", idle: 16 * MINUTE }), ["session.idle is longer than aal3 allows (15 min)"]);
  assert.deepEqual(deviations({ idle: 300 * HOUR }), []);
});

test("SE-03 CK-08 times that cannot be meant are refused by name", () => {
  for (const options of [
    { idle: 0 },
    { idle: Number.NaN },
    { lifetime: -1 },
    { lifetime: 401 * 24 * HOUR },
    { unconfirmed: -1 },
    { maxPerUser: 0 },
    { maxPerUser: 1.5 },
  ]) {
    assert.throws(() => sessionPolicy(options), new RegExp(`session\\.${Object.keys(options)[0]}`));
  }
});

test("S-16 SE-02 SE-03 idle and absolute end are enforced on read, to the millisecond", () => {
  const policy = sessionPolicy({ idle: HOUR, lifetime: 24 * HOUR });
  const row = sampleRow({ created: 0, seen: 1000, expires: 24 * HOUR });
  assert.equal(overReason(row, 1000 + HOUR, policy), null);
  assert.equal(overReason(row, 1000 + HOUR + 1, policy), "idle");
  const busy = { ...row, seen: 24 * HOUR - 1 };
  assert.equal(overReason(busy, 24 * HOUR - 1, policy), null);
  assert.equal(overReason(busy, 24 * HOUR, policy), "expired");
  assert.equal(overReason({ ...busy, ended: 5, reason: "admin" }, 10, policy), "admin");
});

test("S-52 SE-02 however requests fall, touches suffice: idle ends at most a twentieth early, never late", () => {
  const policy = sessionPolicy({ idle: HOUR, lifetime: 24 * HOUR });
  const gaps = fc.array(fc.integer({ min: 1, max: HOUR }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(gaps, (waits) => {
      let now = 0;
      let active = 0;
      let row = sampleRow({ created: 0, seen: 0, expires: 24 * HOUR });
      for (const wait of waits) {
        now += wait;
        const idleFor = now - active;
        const over = overReason(row, now, policy);
        if (now < 24 * HOUR && idleFor <= policy.idle * 0.95) assert.equal(over, null);
        if (idleFor > policy.idle) assert.notEqual(over, null);
        if (over !== null) return;
        active = now;
        if (touchDue(row, now, policy)) row = { ...row, seen: now };
      }
    }),
  );
});

test("SE-04 defaults, and each limit to the last that can be meant", () => {
  assert.deepEqual(sessionPolicy(), {
    idle: HOUR,
    lifetime: 24 * HOUR,
    anonymous: 24 * HOUR,
    unconfirmed: HOUR,
    persistent: true,
    maxData: 65_536,
    maxPerUser: null,
    endsWithToken: false,
  });
  assert.equal(sessionPolicy({}, true).endsWithToken, true);
  assert.equal(sessionPolicy({ persistent: false }).persistent, false);
  const DAYS = 400 * 24 * HOUR;
  const limits = [
    ["idle", 1000, DAYS],
    ["lifetime", 1000, DAYS],
    ["unconfirmed", 0, DAYS],
    ["maxData", 2, 16_777_216],
    ["maxPerUser", 1, 1000],
  ] as const;
  for (const [name, least, most] of limits) {
    for (const taken of [least, most]) assert.equal(sessionPolicy({ [name]: taken })[name], taken);
    for (const refused of [least - 1, most + 1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(
        () => sessionPolicy({ [name]: refused }),
        new RegExp(`^TypeError: session\\.${name} is`),
        `${name} ${refused}`,
      );
  }
  assert.throws(
    () => Reflect.apply(sessionPolicy, null, [{ preset: "aal4" }]),
    /^TypeError: session\.preset is aal4; it can be aal1, aal2 or aal3$/,
  );
});

test("S-50 an anonymous session lasts a day, or as long as a user's if that is less, or as configured", () => {
  const DAY = 24 * HOUR;
  assert.equal(sessionPolicy({ preset: "aal1" }).anonymous, DAY);
  assert.equal(sessionPolicy({ preset: "aal3" }).anonymous, 12 * HOUR);
  assert.equal(sessionPolicy({ lifetime: "30d", anonymous: "7d" }).anonymous, 7 * DAY);
  assert.equal(sessionPolicy({ lifetime: "1d", anonymous: "7d" }).anonymous, DAY);
  for (const refused of [999, 400 * DAY + 1, Number.NaN]) {
    assert.throws(() => sessionPolicy({ anonymous: refused }), /^TypeError: session\.anonymous is/);
  }
});

test("SE-04 each time that is longer than the preset is named", () => {
  assert.deepEqual(deviations({ preset: "aal3", idle: "16m", lifetime: "12h1m" }), [
    "session.idle is longer than aal3 allows (15 min)",
    "session.lifetime is longer than aal3 allows (720 min)",
  ]);
  assert.deepEqual(deviations({ preset: "aal3" }), []);
  assert.deepEqual(deviations({ preset: "aal3", idle: 0, lifetime: 12 * HOUR }), []);
});

test("a session without refresh token ends with its access token if that was asked for, and only then", () => {
  const row = sampleRow({ created: 0, seen: 0, expires: 24 * HOUR, renewAt: null, tokenExpires: 5_000 });
  const ends = sessionPolicy({}, true);
  assert.equal(overReason(row, 4_999, ends), null);
  assert.equal(overReason(row, 5_000, ends), "expired");
  assert.equal(overReason(row, 5_000, sessionPolicy()), null);
  assert.equal(overReason({ ...row, renewAt: 4_000 }, 5_000, ends), null);
  assert.equal(overReason({ ...row, tokenExpires: null }, 5_000, ends), null);
  assert.equal(overReason({ ...row, ended: 1, reason: null }, 5_000, ends), "logout");
});

test("S-52 a touch is due after a twentieth of the idle time, or an hour; presence after a minute at most", () => {
  for (const [idle, touch, presence] of [
    [1_000, 50, 50],
    [10 * MINUTE, MINUTE / 2, MINUTE / 2],
    [HOUR, 3 * MINUTE, MINUTE],
    [20 * HOUR, HOUR, MINUTE],
    [400 * HOUR, HOUR, MINUTE],
  ] as const) {
    const policy = sessionPolicy({ idle, lifetime: 24 * HOUR });
    const row = sampleRow({ seen: 7 });
    assert.deepEqual([touchDue(row, 7 + touch - 1, policy), touchDue(row, 7 + touch, policy)], [false, true]);
    assert.deepEqual([presenceDue(row, 7 + presence - 1, policy), presenceDue(row, 7 + presence, policy)], [false, true]);
  }
});
