import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const MODULE = JSON.stringify(new URL("collector.ts", import.meta.url).href);

/** Collections of the young generation while 200 MB of garbage is made, in a process of its own, and whatever V8 complains of. */
function collections(before: string): { readonly count: number; readonly complaints: string } {
  const program = `const { collectAlone, growAtOnce } = await import(${MODULE}); ${before}
    const kept = []; let last;
    for (let i = 0; i < 2_000_000; i++) { last = { i, text: [i, i, i, i] }; if (i < 40_000) kept.push(last); }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--trace-gc", "--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  return { count: stdout.split("\n").filter((line) => line.includes("Scavenge")).length, complaints: stderr };
}

test("F-50 this Node takes what it is told of collecting, and then collects the young generation less often", () => {
  const usual = collections("");
  const told = collections("collectAlone(); growAtOnce();");
  assert.equal(told.complaints, "");
  assert.ok(told.count > 0 && told.count < usual.count, `${told.count} of ${usual.count}`);
});
