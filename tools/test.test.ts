import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer, serverOf } from "./servers.ts";
import { closingLine, select } from "./test.ts";

const paths = ["a/x.test.ts", "a/x.ts", "b/check.nginx.test.ts", "b/y.caddy.test.ts", "c/z.other.test.ts"];

test("test runner: everything runs where every server is", () => {
  const selection = select(paths, () => true);
  assert.deepEqual(selection.files, ["a/x.test.ts", "b/check.nginx.test.ts", "b/y.caddy.test.ts", "c/z.other.test.ts"]);
  assert.deepEqual(selection.missing, []);
});

test("test runner: what a missing server leaves out is named, with the command that helps", () => {
  const selection = select(paths, (name) => name !== "nginx");
  assert.deepEqual(selection.files, ["a/x.test.ts", "b/y.caddy.test.ts", "c/z.other.test.ts"]);
  assert.match(closingLine(selection), /nginx.*b\/check\.nginx\.test\.ts.*sudo apt-get install .*nginx$/);
});

test("test runner: the name of a test says which server it needs", () => {
  assert.equal(serverOf("b/check.nginx.test.ts"), "nginx");
  assert.equal(serverOf("b/login.chromium.test.ts"), "chromium");
  assert.equal(serverOf("b/check.test.ts"), undefined);
});

test("test runner: a server is found by the path and by the folders of the system", () => {
  const before = process.env["PATH"];
  process.env["PATH"] = "";
  try {
    const found = findServer("nginx");
    assert.ok(found === undefined || found.endsWith("/nginx"));
    assert.equal(findServer("chromium"), undefined);
  } finally {
    process.env["PATH"] = before;
  }
});
