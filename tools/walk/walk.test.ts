import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "./calls.ts";
import { callsFrom, faultOf, tableOf, walkOf } from "./walk.ts";

const place = { file: "a", column: 0, lines: 9 };
let line = 0;
const call = (name: string, ...happened: (Call | null)[]): Call => ({ ...place, name, line: ++line, happened });
const walked = (...calls: readonly Call[]) => walkOf(calls).map(({ name, depth, returns }) => [name, depth, returns]);

test("a reader comes back to what is left to read, and not just to hand on an answer", () => {
  assert.deepEqual(walked(call("f", null, call("g", null))), [
    ["f", 0, 0],
    ["g", 1, 0],
  ]);
  assert.deepEqual(walked(call("f", call("g", null), null, null))[0], ["f", 0, 0]);
  assert.deepEqual(walked(call("f", call("g", null), null, null, null))[0], ["f", 0, 1]);
  assert.deepEqual(walked(call("f", call("g", null), call("h", null)))[0], ["f", 0, 1]);
});

test("a getter and one line are read in passing, but what they lead to is read", () => {
  const oneLine = { ...call("isSmall", null), lines: 1 };
  assert.deepEqual(walked(call("f", oneLine, call("get size", null), null, null)), [["f", 0, 0]]);
  const leading = { ...call("later", call("g", null)), lines: 1 };
  assert.deepEqual(
    walked(call("f", call("get body", call("parse", null)), leading)).map(([name]) => name),
    ["f", "parse", "later", "g"],
  );
});

test("a function is read once, and where it leads another time is read", () => {
  const helper = call("then");
  const again = (next: Call): Call => ({ ...helper, happened: [next] });
  const steps = walkOf([call("f", again(call("g", null)), null, again(call("h", null)), null, null, null)]);
  assert.deepEqual(
    steps.map(({ name, depth }) => [name, depth]),
    [
      ["f", 0],
      ["then", 1],
      ["g", 2],
      ["h", 1],
    ],
  );
  assert.match(tableOf(steps), /^4 steps, 2 returns$/m);
});

test("a walk that comes back more often than it may is a fault, and so is none", () => {
  const steps = walkOf([call("f", call("g", null), call("h", null))]);
  assert.deepEqual([faultOf(steps, 1), faultOf(steps, 0)], [null, "0 returns are the most"]);
  assert.equal(faultOf([], 1), "nothing was followed");
});

test("the walk from a function is that of its first call", () => {
  const inner = call("settle", call("commit", null));
  assert.deepEqual(callsFrom([call("f", null, call("g", null), inner)], "settle"), [inner]);
  assert.deepEqual(callsFrom([call("f", null)], "settle"), []);
});

test("the table names each step, and closes with the sums", () => {
  const table = tableOf(walkOf([{ ...place, name: "", line: 7, happened: [call("g", null), null, null, null] }])).split("\n");
  assert.match(table[1] ?? "", /^ {3}1 {8}1 {2}\(anonymous\) +a:7$/);
  assert.match(table[2] ?? "", /^ {3}2 {13}g +a:\d+$/);
  assert.equal(table.at(-1), "2 steps, 1 returns");
});
