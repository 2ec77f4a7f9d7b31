import assert from "node:assert/strict";
import { test } from "node:test";
import type { Manifest } from "./check-packages.ts";
import { checkDeclared, checkEntries, checkPacked, checkPublishing, checkStrict, readManifest } from "./check-packages.ts";

const messages = (violations: readonly { readonly message: string }[]) => violations.map(({ message }) => message);
const conditions = { "coatcheck-source": "./src/x.ts", types: "./dist/x.d.ts", default: "./dist/x.js" };

test("packages: an entry needs its source, and compiled files that are that source's", () => {
  const entries = (exports: NonNullable<Manifest["exports"]>, exists = true) =>
    messages(checkEntries("library", { name: "coatcheck", exports }, () => exists));
  assert.deepEqual(entries({ "./x": conditions }), []);
  assert.deepEqual(entries({ "./x": conditions }, false), ["exports ./x: there is no ./src/x.ts"]);
  assert.match(entries({ "./x": { ...conditions, types: "./dist/y.d.ts" } })[0] ?? "", /types is not/);
  assert.match(entries({ "./x": { ...conditions, default: "./src/x.ts" } })[0] ?? "", /default is not/);
  assert.match(
    entries({ "./x": { default: "./dist/x.js", "coatcheck-source": "./src/x.ts", types: "./dist/x.d.ts" } })[0] ?? "",
    /order/,
  );
});

test("packages: a command needs its source, and nothing runs at install", () => {
  const manifest = { name: "g", bin: { g: "./dist/main.js" }, scripts: { postinstall: "x" } };
  assert.deepEqual(messages(checkEntries("gateway", manifest, () => false)), [
    "bin g: there is no ./src/main.ts",
    "runs postinstall at install",
  ]);
});

test("packages: an import must be declared, by the tests at least for development", () => {
  const manifests = new Map([["library", { name: "coatcheck", dependencies: { a: "1" }, devDependencies: { "@s/b": "1" } }]]);
  const found = (path: string, text: string) =>
    messages(checkDeclared([{ path, text }], manifests, { name: "root", devDependencies: { c: "1" } }));
  assert.deepEqual(found("library/src/x.ts", 'import "a/b"; import "node:fs"; import "./y.ts"; import "coatcheck";'), []);
  assert.deepEqual(found("library/src/x.ts", 'import { x } from "@s/b/deep";'), [
    "imports @s/b, which library/package.json does not declare",
  ]);
  assert.deepEqual(found("library/src/x.test.ts", 'import { x } from "@s/b/deep"; import "c";'), []);
  assert.equal(found("tools/x.ts", 'import "a"; import "coatcheck"; import "c";').length, 1);
});

test("F-56 packages: what is packed is compiled, never a source, a test or a database", () => {
  assert.deepEqual(checkPacked("library", ["dist/a.js", "dist/a.d.ts", "LICENSE", "README.md", "package.json"]), []);
  assert.equal(checkPacked("library", ["src/a.ts", "src/test/b.ts", "a.db", "tsconfig.build.json", "dist/.env"]).length, 5);
});

test("packages: a strict flag that is missing, off, or weakened by an extending file is seen", () => {
  assert.ok(messages(checkStrict("tsconfig.json", {}, true)).includes("strict must be true"));
  assert.deepEqual(checkStrict("library/tsconfig.build.json", { noEmit: false }, false), []);
  assert.deepEqual(messages(checkStrict("x/tsconfig.json", { noUnusedLocals: false, strictNullChecks: false }, false)), [
    "noUnusedLocals must be true",
    "strictNullChecks must not be turned off",
  ]);
});

test("packages: the library is named as it is published", () => {
  assert.equal(readManifest("library").name, "coatcheck");
});

test("F-56 packages: a package builds itself before it is packed, and says what it is about", () => {
  const whole = { name: "x", keywords: ["session"], scripts: { prepack: "node ../tools/build/build.ts" } };
  assert.deepEqual(checkPublishing("library", whole), []);
  assert.deepEqual(messages(checkPublishing("library", { name: "x" })), [
    "is packed without being built: prepack is missing",
    "has no keywords",
  ]);
});

test("F-51 packages: what is bundled is for development and no dependency; tests' helpers stay out", () => {
  const manifest = {
    name: "g",
    keywords: ["k"],
    scripts: { prepack: "x" },
    dependencies: { a: "1" },
    devDependencies: { b: "1" },
  };
  assert.deepEqual(messages(checkPublishing("gateway", manifest)), ["would install a beside the bundle that holds it"]);
  assert.deepEqual(messages(checkPublishing("library", manifest)), []);
  const found = (text: string) =>
    messages(
      checkDeclared([{ path: "gateway/src/x.ts", text }], new Map([["gateway", manifest]]), {
        name: "root",
        devDependencies: { c: "1" },
      }),
    );
  assert.deepEqual(found('import "b";'), []);
  assert.equal(found('import "c";').length, 1);
});
