import assert from "node:assert/strict";
import { test } from "node:test";
import { END_REASONS } from "../../core/row-columns.ts";
import { Dice, emptiedRow, START, sampleRow } from "../../testing/store-suite/rows.ts";
import { NO_MARK } from "./keys.ts";
import { decodeRow, encodeRow, endedTail, NO_TIME, timeText, versionText } from "./row-text.ts";

const dice = new Dice(7);
const rows = [sampleRow(), ...Array.from({ length: 300 }, () => dice.row())];

test("SE-12 a row is read back as it was written, whatever its columns hold", () => {
  for (const row of rows) assert.deepEqual({ ...decodeRow(row.id, encodeRow(row)) }, row);
});

test("SE-12 the head holds what scripts judge, where they look for it", () => {
  for (const row of rows) {
    const text = encodeRow(row);
    assert.equal(text.slice(0, 17), `1${versionText(row.version)}`);
    assert.equal(text.slice(17, 32), row.ended === null ? NO_TIME : timeText(row.ended));
    assert.equal(text.slice(32, 47), timeText(row.seen));
    assert.equal(text.slice(47, 62), row.renewAt === null ? NO_TIME : timeText(row.renewAt));
    assert.equal(text.slice(68, 90) === NO_MARK, row.owner === null && (row.issuer === null || row.sid === null));
    assert.equal(text[90], "\n");
  }
});

test("S-42 the kept part of a row with the tail of an ended one is that row, ended and emptied", () => {
  for (const row of rows) {
    const bytes = Buffer.from(encodeRow({ ...row, ended: null, reason: null }));
    const kept = bytes.subarray(91, 91 + Number(bytes.subarray(62, 68).toString()));
    for (const reason of END_REASONS) {
      const version = versionText(row.version + 1);
      const head = `1${version}${timeText(START)}${timeText(row.seen)}${NO_TIME}${bytes.subarray(62, 68).toString()}${NO_MARK}\n`;
      const ended = decodeRow(row.id, head + kept.toString() + endedTail(reason));
      assert.deepEqual({ ...ended }, emptiedRow(row, reason, START));
    }
  }
});

test("a row of another format, or one that was cut, is unavailable, not absent", () => {
  const text = encodeRow(sampleRow({ owner: "o" }));
  for (const broken of [
    "",
    `2${text.slice(1)}`,
    text.slice(0, 120),
    text.replace("o\n", "oo\n"),
    text.replace("7:browser", "7:browsed"),
  ]) {
    assert.throws(() => decodeRow("id", broken), { code: "ERR_RECORD_FORMAT" }, broken);
  }
});

test("numbers without a place in the head are refused before anything is written", () => {
  for (const change of [
    { version: -1 },
    { seen: 0.5 },
    { seen: -1 },
    { ended: 1e15, reason: "logout" },
    { renewAt: Number.NaN },
  ] as const) {
    assert.throws(() => encodeRow(sampleRow(change)), { code: "ERR_STORE_INVALID" }, JSON.stringify(change));
  }
});
