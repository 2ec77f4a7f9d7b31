import assert from "node:assert/strict";
import { test } from "node:test";
import { LONGEST_WISH, retryAfterOf } from "./retry-after.ts";

const NOW = Date.UTC(2030, 0, 1);

test("RF-05 Retry-After is read as seconds or as a date, and only so far", () => {
  for (const [value, date, expected] of [
    ["7", null, 7_000],
    ["0", null, 0],
    ["999999999", null, LONGEST_WISH],
    ["Tue, 01 Jan 2030 00:00:30 GMT", null, 30_000],
    ["Tue, 01 Jan 2030 00:00:30 GMT", "Tue, 01 Jan 2030 00:00:10 GMT", 20_000],
    ["Mon, 31 Dec 2029 23:00:00 GMT", null, 0],
    ["Wed, 01 Jan 2031 00:00:00 GMT", null, LONGEST_WISH],
    ["-1", null, null],
    ["1.5", null, null],
    ["soon", null, null],
    ["2030-01-01", null, null],
    ["Xxx, 99 Yyy 2030 00:00:00 GMT", null, null],
    ["", null, null],
    [null, null, null],
  ] as const) {
    const headers = new Headers();
    if (value !== null) headers.set("retry-after", value);
    if (date !== null) headers.set("date", date);
    assert.equal(retryAfterOf(headers, NOW), expected, `${value} at ${date}`);
  }
});
