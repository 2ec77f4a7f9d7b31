/** docs/requirements.md itself: what a reader relies on beyond what the check compares. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../sources/files.ts";
import { REQUIREMENTS, requirements } from "./check-requirements.ts";

const PAGE = join(ROOT, "docs/requirements.md");
const rows = readFileSync(PAGE, "utf8")
  .split("\n")
  .filter((line) => /^\| [A-Z]+-\d\d \| /.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

test("F-42 every id of the lists has one row, with words and a state", () => {
  assert.deepEqual(rows.map(([id = ""]) => id).toSorted(), REQUIREMENTS.toSorted());
  for (const [id = "", ...cells] of rows) {
    assert.equal(cells.length, 2, `${id} has cells for words and state`);
    assert.ok((cells[0] ?? "").length > 12, `${id} has words`);
  }
});

test("F-43 what was decided otherwise names a page of the documentation", () => {
  const decided = rows.filter(([, , state = ""]) => state.startsWith("decided otherwise"));
  assert.ok(decided.length > 20);
  for (const [id, , state = ""] of decided) {
    const [, page = ""] = /\]\(([\w/-]+\.md)\)/.exec(state) ?? [];
    assert.ok(page !== "" && existsSync(join(dirname(PAGE), page)), `${id} names no page`);
  }
});

test("F-44 what is called tested has a test, and what is not offered has none", async () => {
  assert.deepEqual(await requirements.check(), []);
});
