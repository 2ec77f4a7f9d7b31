import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { Help } from "./collector.ts";

const MODULE = JSON.stringify(new URL("collector.ts", import.meta.url).href);

/**
 * Collections of the young generation while 200 MB of garbage is made, in a process of its own, and whatever V8
 * complains of.
 */
function collections(before: string): { readonly count: number; readonly complaints: string } {
  const program = `const { collectAlone, growAtOnce } = await import(${MODULE}); ${before}
    const kept = []; let last;
    for (let i = 0; i < 2_000_000; i++) { last = { i, text: [i, i, i, i] }; if (i < 40_000) kept.push(last); }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--trace-gc", "--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  return { count: stdout.split("\n").filter((line) => line.includes("Scavenge")).length, complaints: stderr };
}

test("F-50 this Node takes the collector's settings, and then collects the young generation less often", () => {
  const usual = collections("");
  const told = collections("collectAlone(); growAtOnce();");
  assert.equal(told.complaints, "");
  assert.ok(told.count > 0 && told.count < usual.count, `${told.count} of ${usual.count}`);
});

test("F-71 other threads help from the first collection that takes long, until many in a row were short", () => {
  const help = new Help();
  const after = (...took: readonly number[]): boolean => took.map((one) => help.after(one)).at(-1) === true;
  assert.equal(after(3.9, 1, 0.5), false);
  assert.equal(after(4), true);
  assert.equal(after(...Array<number>(29).fill(1)), true);
  assert.equal(after(14), true);
  assert.equal(after(...Array<number>(29).fill(3.9)), true);
  assert.equal(after(3.9), false);
  assert.equal(after(1), false);
});

/**
 * Whether several threads took part in a collection of the young generation, of a process that makes garbage for so
 * many turns. `long`: milliseconds from which on a collection asks for help. It ends as soon as that is seen: where
 * processors are busy a thread may come too late to many collections.
 */
async function severalThreads(long: string, turns: number): Promise<boolean> {
  const program = `const { collectAlone, growAtOnce, helpWhereMuchSurvives } = await import(${MODULE});
    collectAlone(); growAtOnce(); helpWhereMuchSurvives(${long});
    const kept = new Array(100_000);
    for (let turn = 0; turn < ${turns}; turn++) {
      for (let i = 0; i < 100_000; i++) kept[i] = { i, list: [i, i, i, i, i, i] };
      await new Promise((resolve) => setTimeout(resolve, 1));
    }`;
  const flags = ["--trace-gc", "--trace-parallel-scavenge", "--input-type=module", "--eval"];
  const child = spawn(process.execPath, [...flags, program], { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  let collections = 0;
  let parts = 0;
  for await (const line of createInterface(child.stdout)) {
    if (line.includes(": Scavenge ")) collections++;
    // One line for each thread of each collection, before that of the collection.
    if (line.includes(" scavenge[")) parts++;
    if (parts > collections + 1) break;
  }
  child.kill("SIGKILL");
  assert.equal(complaints, "");
  assert.ok(collections > 0);
  return parts > collections + 1;
}

test("F-71 other threads take part in collecting from when a collection took too long", async () => {
  assert.equal(await severalThreads("0", 1_500), availableParallelism() > 1);
});

test("F-71 no other thread takes part in collecting before a collection took too long", async () => {
  assert.equal(await severalThreads("Infinity", 40), false);
});
