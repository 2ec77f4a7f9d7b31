import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sessionPolicy } from "../policy.ts";
import { refreshPolicy } from "../refresh.ts";
import { didYouMean, durationOption, formatDuration, parseDuration, suggest } from "./settings.ts";

const HOUR = 3_600_000;

test("F-58 a duration is milliseconds, or a text with its unit, in library and gateway alike", () => {
  const { idle, lifetime, unconfirmed } = sessionPolicy({ idle: "15m", lifetime: "1h30m", unconfirmed: 0 });
  assert.deepEqual([idle, lifetime, unconfirmed], [HOUR / 4, 1.5 * HOUR, 0]);
  assert.equal(refreshPolicy({ wait: "5s" }).wait, 5000);
});

test("F-58 what is no duration, or out of range, is told with its unit", () => {
  const told = (given: unknown): string => {
    try {
      durationOption("session.idle", given, 1000, 400 * 24 * HOUR);
    } catch (error) {
      return error instanceof TypeError ? error.message : String(error);
    }
    return "taken";
  };
  const wrong = 'session.idle is "soon", which is no duration; write milliseconds, or "15m", "1h", "30d"';
  assert.equal(told("soon"), wrong);
  assert.equal(told(""), wrong.replace("soon", ""));
  assert.match(told(Number.NaN), /which is no duration/);
  assert.match(told(true), /^session\.idle is true, which is no duration/);
  assert.equal(told("500d"), "session.idle is 500d; it can be from 1s to 400d");
  assert.equal(told(60), "session.idle is 60 ms; it can be from 1s to 400d");
  assert.equal(told("1h"), "taken");
});

test("F-58 what is written is read again as the same time", () => {
  fc.assert(fc.property(fc.nat(400 * 24 * HOUR), (time) => parseDuration(formatDuration(time)) === time));
});

test("F-58 each unit counts, alone and together, and what looks like one does not", () => {
  for (const [text, milliseconds] of [
    ["0", 0],
    ["7ms", 7],
    ["7s", 7_000],
    ["7m", 420_000],
    ["7h", 25_200_000],
    ["7d", 604_800_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["99999999999ms", 99_999_999_999],
  ] as const)
    assert.equal(parseDuration(text), milliseconds, text);
  for (const text of ["", "7", "00", "7 s", "s", "-7s", "1.5h", "7S", "7sec", "7w", "100000000000ms", "7s ", "x7s"])
    assert.equal(parseDuration(text), undefined, text);
  assert.deepEqual([0, 1, 999, 1_000, 90_000, 3_600_000, 86_400_000, 172_800_000].map(formatDuration), [
    "0",
    "1ms",
    "999ms",
    "1s",
    "90s",
    "1h",
    "1d",
    "2d",
  ]);
});

test("F-58 an option is taken from its least to its most, and a text with spaces around it", () => {
  assert.equal(durationOption("wait", 5, 5, 10), 5);
  assert.equal(durationOption("wait", 10, 5, 10), 10);
  assert.equal(durationOption("wait", " 7ms ", 5, 10), 7);
  for (const given of [4, 11, Number.POSITIVE_INFINITY]) assert.throws(() => durationOption("wait", given, 5, 10), TypeError);
});

test("what was meant is the nearest name, a third of it wrong at most; what is far from all was none", () => {
  const known = ["idle", "lifetime", "persistent", "maxPerUser"];
  for (const [given, meant] of [
    ["idel", undefined],
    ["idl", "idle"],
    ["idlee", "idle"],
    ["iddle", "idle"],
    ["odle", "idle"],
    ["Idle", "idle"],
    ["IDLE", "idle"],
    ["lifetme", "lifetime"],
    ["life-time", "lifetime"],
    ["life_time", "lifetime"],
    ["lfetim", "lifetime"],
    ["lfeti", undefined],
    ["max_per_user", "maxPerUser"],
    ["maxPerUsers", "maxPerUser"],
    ["prsistnt", "persistent"],
    ["tnetsisrep", undefined],
    ["x", undefined],
    ["", undefined],
  ] as const)
    assert.equal(suggest(given, known), meant, given);
  assert.equal(suggest("ab", ["ac", "ab"]), "ab", "the nearer one");
  assert.equal(suggest("ab", ["ac", "ad"]), "ac", "the first of equals");
  assert.equal(suggest("a", ["", "b"]), "");
  assert.equal(didYouMean("idl", known), "Did you mean idle?");
  assert.equal(didYouMean("zzz", known), "");
});
