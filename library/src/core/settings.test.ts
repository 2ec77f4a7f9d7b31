import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sessionPolicy } from "./policy.ts";
import { refreshPolicy } from "./renewal.ts";
import { durationOption, formatDuration, parseDuration } from "./settings.ts";

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
