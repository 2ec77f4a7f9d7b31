/**
 * The table's own rules: what fails is seen, what is explained has its note, and arguments that mean nothing start
 * nothing.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import type { Provider } from "./provider.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { type Cell, tableOf } from "./table.ts";

test("arguments that mean nothing are named, and nothing is started", () => {
  const run = (...given: readonly string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, "run.ts"), ...given], { encoding: "utf8" });
  for (const [given, named] of [
    [["hydra"], /there is no hydra/],
    [["--only", "sign-in,nothing"], /there is no nothing/],
    [["zitadel", "--update"], /--update needs the whole table/],
    [["--fast"], /--fast/],
  ] as const) {
    const { status, stdout, stderr } = run(...given);
    assert.deepEqual([status, stdout], [2, ""], given.join(" "));
    assert.match(stderr, named);
  }
});

test("a cell that failed says no, and equal explanations share a number", () => {
  const provider = (id: string): Provider => ({
    id,
    title: id,
    lane: "one",
    lacks: {},
    settings: () => "",
    open: () => Promise.reject(new Error("nothing runs here")),
  });
  const scenario = (id: string): Scenario => ({ id, title: id, run: () => Promise.resolve({ text: "" }) });
  const cell = (at: string, row: string, outcome: Cell["outcome"]): Cell => ({ provider: at, scenario: row, outcome });
  const table = tableOf(
    [provider("a"), provider("b")],
    [scenario("in"), scenario("out")],
    [
      cell("a", "in", { text: "yes" }),
      cell("b", "in", { failed: "it broke" }),
      cell("a", "out", { text: "–", note: "It has none." }),
      cell("b", "out", { text: "late", note: "It has none." }),
    ],
  );
  assert.equal(
    table,
    "|  | a | b |\n| --- | --- | --- |\n| in | yes | **no** |\n| out | – (1) | late (1) |\n\n1. It has none.\n",
  );
});
