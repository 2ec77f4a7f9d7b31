/**
 * Prints by how many bytes the old generation grows while rows are read that are not asked for again. Run with
 * `--expose-gc` and a path or `memory`.
 */
import { getHeapSpaceStatistics } from "node:v8";
import { memory } from "../../src/stores/memory.ts";
import { sqlite } from "../../src/stores/sqlite.ts";
import { sampleRow } from "../../src/testing/store-suite/rows.ts";

const [, , where = "memory"] = process.argv;
const store = where === "memory" ? memory() : sqlite({ path: where, cacheRows: 2_048 });
const ROWS = where === "memory" ? 30_000 : 5_000;
const READS = where === "memory" ? 100_000 : 20_000;
const body = JSON.stringify({ format: 1, identity: null, data: { text: "x".repeat(700) }, tokens: null, provider: null });
const ids = Array.from({ length: ROWS }, () => {
  const row = sampleRow({ body });
  store.put(row, "absent");
  return row.id;
});

/** In an order in which each of them comes once until all have come. */
function read(): void {
  for (let index = 0; index < READS; index++) store.get(ids[(index * 7) % ROWS] ?? "");
}

const old = (): number => getHeapSpaceStatistics().find((space) => space.space_name === "old_space")?.space_used_size ?? 0;
// So that all rows are kept for which there is room, and what reads has been compiled.
read();
globalThis.gc?.();
const before = old();
let most = 0;
for (let round = 0; round < 3; round++) {
  read();
  most = Math.max(most, old() - before);
}
await store.close();
process.stdout.write(String(most));
