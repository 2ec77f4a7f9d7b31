import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { emptied } from "./record.ts";
import { BLANK_ROW, COLUMN_NAMES, EMPTIED_COLUMNS, END_REASONS, isEndReason, ROW_COLUMNS } from "./row-columns.ts";

test("the literal that builds a row reads the columns in the order of their list", () => {
  assert.deepEqual(Object.keys(BLANK_ROW), COLUMN_NAMES);
});

test("a blank row holds null if a column may, and an ending leaves the columns as declared", () => {
  const row = sampleRow({ owner: "o", lease: "l", renewAt: 5 });
  const ended = emptied(row, "logout", 9);
  for (const name of COLUMN_NAMES) {
    assert.equal(BLANK_ROW[name] === null, ROW_COLUMNS[name].nullable, name);
    if (ROW_COLUMNS[name].atEnd === "kept") assert.equal(ended[name], row[name], name);
  }
  for (const name of EMPTIED_COLUMNS) assert.equal(ended[name], BLANK_ROW[name], name);
});

test("a reason is known by its own name alone", () => {
  assert.ok(END_REASONS.includes("refresh-lost"));
  assert.deepEqual(["logout", "toString", "", "Logout"].map(isEndReason), [true, false, false, false]);
});
