import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const run = (...given: readonly string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "run.ts"), ...given], { encoding: "utf8" });

test("arguments that mean nothing are named, and nothing is started", () => {
  for (const [given, named] of [
    [["rest"], /there is no run rest/],
    [["refresh", "--expiries", "0"], /--expiries/],
    [["--expiries", "many"], /--expiries/],
    [["--seed", "x"], /--seed/],
    [["fuzz", "--minutes", "0"], /--minutes/],
    [["replicas", "--store", "files"], /--store takes postgres or redis/],
    [["replicas", "--minutes", "-1"], /--minutes/],
    [["replicas", "--expiries", "3"], /--expiries/],
    [["fuzz", "--store", "redis"], /--store/],
    [["--fast"], /--fast/],
  ] as const) {
    const { status, stdout, stderr } = run(...given);
    assert.deepEqual([status, stdout], [2, ""], given.join(" "));
    assert.match(stderr, named);
  }
  assert.equal(run("--help").status, 0);
});
