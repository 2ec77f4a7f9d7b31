/** The values that are written out for speed stand in the order of the columns that are declared once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionRow } from "../../contracts.ts";
import type { ColumnName } from "../../core/row-columns.ts";
import { COLUMN_NAMES } from "../../core/row-columns.ts";
import { Dice, sampleRow } from "../../testing/store-suite/rows.ts";
import { lightCells, sameCells } from "./row.ts";
import { cellsOf, rowOf, USUAL_NAMES, usualRow } from "./rows.ts";
import { LIGHT_COLUMNS, SAME_COLUMNS } from "./statements.ts";

const valuesOf = (names: readonly ColumnName[], row: SessionRow) => names.map((name) => row[name]);
const dice = new Dice(7);
const rows = [sampleRow(), ...Array.from({ length: 200 }, () => dice.row())];

test("what is written of a row stands in the order of its columns, and is read back as it was", () => {
  for (const row of rows) {
    assert.deepEqual(cellsOf(row), valuesOf(COLUMN_NAMES, row));
    assert.deepEqual(rowOf(cellsOf(row)), row);
    assert.deepEqual(lightCells(row), valuesOf(LIGHT_COLUMNS, row));
    assert.deepEqual(sameCells(row), valuesOf(SAME_COLUMNS, row));
  }
});

test("the usual columns of a row make the row, of a browser or of a token", () => {
  for (const kind of ["browser", "token"] as const) {
    const row = sampleRow({ kind, owner: "alice", issuer: "i", sid: "s", renewAt: 7, tokenExpires: 8 });
    const shape = kind === "token" ? 1 : 0;
    assert.deepEqual(usualRow(row.id, [shape, ...valuesOf(USUAL_NAMES, row)]), row);
    assert.equal(usualRow(row.id, [2, ...valuesOf(USUAL_NAMES, row)]), undefined);
  }
});
