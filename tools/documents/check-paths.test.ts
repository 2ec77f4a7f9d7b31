import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPaths } from "./check-paths.ts";

const found = (text: string) => checkPaths([{ path: "docs/x.md", text }]).length;

for (const folder of ["tmp", "work", "root", "home", "Users"]) {
  test(`paths: /${folder} is seen`, () => assert.equal(found(`see "/${folder}/${"x"}y"`), 1));
}

test("paths: others are none", () => {
  assert.equal(found("https://app.example.com/home/x and ./work/x and /etc/nginx/nginx.conf"), 0);
});
