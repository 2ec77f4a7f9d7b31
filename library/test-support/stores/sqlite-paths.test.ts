/** Databases of tests lie in folders of their own, which go. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { suite, test } from "node:test";
import { freshPaths, withPath } from "./sqlite-paths.ts";

test("the folder of a path is there while the test runs, and gone afterwards, also after a failure", async () => {
  const folders: string[] = [];
  const running = withPath(async (path, folder) => {
    folders.push(folder);
    assert.deepEqual([dirname(path), existsSync(folder), existsSync(path)], [folder, true, false]);
    writeFileSync(path, "");
  });
  await running;
  await assert.rejects(
    withPath((_, folder) => {
      folders.push(folder);
      throw new Error("the test fails");
    }),
    /the test fails/,
  );
  assert.equal(new Set(folders).size, 2);
  assert.deepEqual(folders.map(existsSync), [false, false]);
});

let left = "";

suite("fresh paths", () => {
  const freshPath = freshPaths();

  test("each call gives another path, in one folder", () => {
    const [one, other] = [freshPath(), freshPath()];
    assert.notEqual(one, other);
    left = dirname(one);
    assert.deepEqual([dirname(other), existsSync(left)], [left, true]);
  });
});

test("the folder of fresh paths is gone after the tests that took them", () => assert.equal(existsSync(left), false));
