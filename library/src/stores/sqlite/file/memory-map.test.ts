import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { temporaryFolder } from "../../../../../tools/suite/temporary-folder.ts";
import { turns } from "../../../../test-support/event-loop.ts";
import { sampleRow } from "../../../testing/store-suite/rows.ts";
import { sqlite } from "../../sqlite.ts";

/** Bytes of a file that this process has mapped, as Linux tells them. */
function mapped(path: string): number {
  const lines = readFileSync("/proc/self/maps", "latin1")
    .split("\n")
    .filter((line) => line.endsWith(` ${path}`));
  const sizes = lines.map((line) => {
    const [from = "", to = ""] = (line.split(" ")[0] ?? "").split("-");
    return Number.parseInt(to, 16) - Number.parseInt(from, 16);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

test("F-60 a process that fills the file reads all of it through the map, but for what came last", async () => {
  // Elsewhere nothing says what is mapped.
  if (process.platform !== "linux") return;
  using folder = temporaryFolder("map");
  const path = folder.file("sessions.db");
  const stores = [sqlite(path), sqlite({ path: folder.file("none.db"), mmap: 0 })] as const;
  const body = JSON.stringify({ format: 1, text: "x".repeat(3_500) });
  const first = sampleRow({ body });
  const deadline = AbortSignal.timeout(30_000);
  for (const store of stores) await store.put(first, "absent");
  while (statSync(path).size < 12_000_000 || mapped(path) < 10_000_000) {
    deadline.throwIfAborted();
    for (const store of stores) await store.put(sampleRow({ body }), "absent");
    await turns();
    for (const store of stores) assert.equal((await store.get(first.id))?.body, body);
  }
  assert.equal(mapped(folder.file("none.db")), 0);
  for (const store of stores) await store.close();
});
