import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { COLUMN_NAMES, columnOf, ROW_COLUMNS } from "../../core/row-columns.ts";
import { MIGRATIONS } from "./schema.ts";

test("the migrations make the declared columns, of their types; released steps are never generated", () => {
  const db = new DatabaseSync(":memory:");
  for (const step of MIGRATIONS) db.exec(step);
  const made = db.prepare("SELECT name, type, \"notnull\" FROM pragma_table_info('sessions') ORDER BY name").all();
  db.close();
  const declared = COLUMN_NAMES.map((name) => ({
    name: columnOf(name),
    type: ROW_COLUMNS[name].type === "integer" ? "INTEGER" : "TEXT",
    notnull: ROW_COLUMNS[name].nullable ? 0 : 1,
  }));
  assert.deepEqual(
    made.map((column) => ({ ...column })),
    declared.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );
});
