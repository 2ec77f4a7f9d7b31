import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFolders } from "./check-folders.ts";

const many = (count: number, ending = "ts") =>
  Array.from({ length: count }, (_, index) => `library/src/core/f${index}.${ending}`);

test("folders: fifteen sources pass, each one more is seen", () => {
  assert.deepEqual(checkFolders(many(15)), []);
  assert.deepEqual(
    checkFolders(many(17)).map(({ message }) => message),
    Array(2).fill("is beyond the 15th source file of library/src/core"),
  );
});

test("folders: tests, other files and folders below do not count", () => {
  const others = [...many(20, "test.ts"), ...many(20, "md"), "library/src/types.test-d.ts", "library/src/core/deep/a.ts"];
  assert.deepEqual(checkFolders([...many(15), ...others]), []);
});
