import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../sources/files.ts";
import { findServer, serversOf } from "./servers.ts";
import { askedFor, closingLine, compileCache, select } from "./test.ts";

const paths = ["a/x.test.ts", "a/x.ts", "b/check.nginx.test.ts", "b/y.caddy.test.ts", "c/z.other.test.ts"];

test("test runner: everything runs where every server is", () => {
  const selection = select(paths, () => true);
  assert.deepEqual(selection.files, ["a/x.test.ts", "b/check.nginx.test.ts", "b/y.caddy.test.ts", "c/z.other.test.ts"]);
  assert.deepEqual(selection.missing, []);
});

test("test runner: what takes long is run by its own command or by a word of its path, and either runs all", () => {
  const all = [...paths, "d/x.long.nginx.test.ts", "d/long.test.ts", "long.d/y.test.ts"];
  assert.deepEqual(askedFor(all, [], true), ["d/x.long.nginx.test.ts"]);
  assert.deepEqual([...askedFor(all, [], false), ...askedFor(all, [], true)].toSorted(), all.toSorted());
  assert.deepEqual(askedFor(all, ["d/x", "b/"], false), ["b/check.nginx.test.ts", "b/y.caddy.test.ts", "d/x.long.nginx.test.ts"]);
  assert.deepEqual(askedFor(all, ["d/x", "b/"], true), ["d/x.long.nginx.test.ts"]);
});

test("test runner: what a missing server leaves out is named, with the command that helps", () => {
  const selection = select(paths, (name) => name !== "nginx");
  assert.deepEqual(selection.files, ["a/x.test.ts", "b/y.caddy.test.ts", "c/z.other.test.ts"]);
  assert.match(closingLine(selection), /nginx.*b\/check\.nginx\.test\.ts.*to have them: sudo apt-get install .*nginx$/);
});

test("test runner: a server without a package is named, with the command that builds it", () => {
  const needy = [...paths, "b/x.oauth2-proxy.nginx.test.ts"];
  const one = select(needy, (name) => name !== "oauth2-proxy");
  assert.deepEqual(one.left, ["b/x.oauth2-proxy.nginx.test.ts"]);
  assert.match(closingLine(one), /^not run for want of oauth2-proxy: .*; to have them: node tools\/build\/oauth2-proxy\.ts$/);
  const both = select(needy, (name) => name !== "oauth2-proxy" && name !== "nginx");
  assert.match(closingLine(both), /to have them: sudo apt-get install .* nginx; node tools\/build\/oauth2-proxy\.ts$/);
});

test("test runner: the name of a test says which server it needs", () => {
  assert.deepEqual(serversOf("b/check.nginx.test.ts"), ["nginx"]);
  assert.deepEqual(serversOf("b/login.chromium.test.ts"), ["chromium"]);
  assert.deepEqual(serversOf("b/behind.oauth2-proxy.nginx.chromium.test.ts"), ["nginx", "chromium", "oauth2-proxy"]);
  assert.deepEqual(serversOf("b/check.test.ts"), []);
  assert.deepEqual(serversOf("b/nginx.test.ts"), []);
});

test("test runner: compiled code is kept in the checkout, unless coverage or another place is wanted", () => {
  const inCheckout = join(ROOT, "node_modules");
  assert.ok(compileCache(["--test-name-pattern=x"], {}).NODE_COMPILE_CACHE?.startsWith(inCheckout));
  assert.deepEqual(compileCache(["--experimental-test-coverage"], {}), {});
  assert.deepEqual(compileCache([], { NODE_V8_COVERAGE: "coverage" }), {});
  assert.deepEqual(compileCache([], { NODE_COMPILE_CACHE: "elsewhere" }), {});
});

test("test runner: a server is found by the path and by the folders of the system", () => {
  const before = process.env["PATH"];
  process.env["PATH"] = "";
  try {
    const found = findServer("nginx");
    assert.ok(found === undefined || found.endsWith("/nginx"));
    assert.equal(findServer("chromium"), undefined);
    // Debian keeps it beside the folders of the system.
    assert.match(
      findServer("postgresql") ?? "/usr/lib/postgresql/15/bin/postgres",
      /^\/usr\/lib\/postgresql\/\d+\/bin\/postgres$/,
    );
  } finally {
    process.env["PATH"] = before;
  }
});
