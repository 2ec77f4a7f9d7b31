/** Each test has a folder for itself, and leaves none behind. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./temporary-folder.ts";

test("a temporary folder bears its owner's name, is empty, and goes with its files at the end of the block", () => {
  let left: string;
  {
    using folder = temporaryFolder("kit");
    left = folder.path;
    assert.deepEqual([dirname(left), readdirSync(left)], [tmpdir(), []]);
    assert.match(basename(left), /^coatcheck-kit-\w{6}$/);
    assert.equal(readFileSync(folder.write("a.txt", "some text"), "utf8"), "some text");
    mkdirSync(folder.file("b"));
    assert.deepEqual(readdirSync(left).sort(), ["a.txt", "b"]);
  }
  assert.equal(existsSync(left), false);
});

test("two of the same name are two folders, and one that is gone already is no failure", () => {
  using one = temporaryFolder("kit");
  using other = temporaryFolder("kit");
  assert.notEqual(one.path, other.path);
  one[Symbol.dispose]();
  assert.equal(existsSync(other.path), true);
});
