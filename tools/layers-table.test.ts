import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkTable } from "./check-layers.ts";
import { layersTable, withTable } from "./layers-table.ts";
import { ROOT } from "./sources/files.ts";

const table = layersTable(
  { core: { may: ["contracts"], outside: [] }, crypto: { may: [], outside: ["node:crypto"] }, stores: { may: [], alone: true } },
  ["gateway", "bench"],
);
const page = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");

test("layers: the table has a row for each room, with its limits", () => {
  const rows = table.split("\n").filter((line) => line.startsWith("| "));
  assert.deepEqual(rows, [
    "| | may import |",
    "| `core` | `contracts`; nothing from outside |",
    "| `crypto` | nothing of the library; from outside `node:crypto` |",
    "| `stores` | nothing of the library; no sibling |",
    "| gateway, bench | the library's published names |",
  ]);
});

test("layers: the table stands between its markers, and what is around it stays", () => {
  const before = `above\n${table.replace("contracts", "everything")}\nbelow\n`;
  assert.equal(withTable(before, table), `above\n${table}\nbelow\n`);
  assert.equal(withTable("a page without markers", table), undefined);
});

test("layers: a page that tells another order is seen, and so is one without the table", () => {
  assert.deepEqual(checkTable(page), []);
  assert.match(checkTable(page.replace("| `core` | `contracts`", "| `core` | all"))[0]?.message ?? "", /tells another order/);
  assert.match(checkTable("# Architecture\n")[0]?.message ?? "", /lacks the two markers/);
});
