import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { withPath } from "../../../../test-support/stores/sqlite-paths.ts";
import { sqlite } from "../../sqlite.ts";

for (const mode of [0o644, 0o640, 0o620]) {
  test(`F-41 a file of mode 0${mode.toString(8)} that is there already is told of, with what to do`, () =>
    withPath(async (path) => {
      writeFileSync(path, "");
      chmodSync(path, mode);
      const told: string[] = [];
      await sqlite({ path, onExposed: (message) => told.push(message) }).close();
      assert.equal(told.length, 1);
      assert.ok(told[0]?.includes(path) && told[0].includes(`0${mode.toString(8)}`) && told[0].includes("chmod 600"), told[0]);
    }));
}

test("F-41 by itself the store says so in a process warning", () =>
  withPath(async (path) => {
    writeFileSync(path, "");
    chmodSync(path, 0o644);
    const warned = once(process, "warning");
    await sqlite(path).close();
    const [warning] = await warned;
    assert.equal(warning.code, "COATCHECK_STORE_MODE");
  }));

test("F-41 a file that the store made itself, and one for its owner alone, are no matter", () =>
  withPath(async (path) => {
    const told: string[] = [];
    for (let times = 0; times < 2; times++) await sqlite({ path, onExposed: (message) => told.push(message) }).close();
    assert.deepEqual(told, []);
  }));
