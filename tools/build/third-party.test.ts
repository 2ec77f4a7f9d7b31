import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { notices, packagesOf } from "./third-party.ts";

const root = mkdtempSync(join(tmpdir(), "coatcheck-notices-"));
after(() => rmSync(root, { recursive: true, force: true }));

function install(name: string, license: string, files: { readonly [file: string]: string }): string {
  const folder = join("node_modules", name);
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, "package.json"), JSON.stringify({ name, version: "1.2.3", license }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, folder, file), text);
  return folder;
}

test("F-51 notices: each package once, by the innermost folder, and none for what is ours", () => {
  const files = [
    "node_modules/a/x.js",
    "node_modules/a/y.js",
    "node_modules/@s/b/z.js",
    "node_modules/a/node_modules/c/i.js",
    "src/x.ts",
  ];
  assert.deepEqual(packagesOf(files), ["node_modules/@s/b", "node_modules/a", "node_modules/a/node_modules/c"]);
});

test("F-51 notices: a package is named with its version, its licence and all that it says about it", () => {
  const folder = install("good", "MIT", { "LICENSE.txt": "May be used.\n", NOTICE: "Made by somebody.\n", "index.js": "" });
  const text = notices([folder], root);
  assert.match(text, /^good 1\.2\.3, MIT\n\nMay be used\.\n\nMade by somebody\.$/m);
});

test("F-51 notices: a licence that nobody decided on, or whose text is missing, stops the build", () => {
  assert.throws(
    () => notices([install("copyleft", "AGPL-3.0", { LICENSE: "x" })], root),
    /copyleft is under the licence AGPL-3\.0/,
  );
  assert.throws(() => notices([install("silent", "MIT", {})], root), /silent comes without the text/);
});

test("F-51 notices: a licence that the README alone has is taken from there", () => {
  const words = "Copyright (c) 2014 Somebody\n\nPermission is hereby granted.";
  const folder = install("modest", "MIT", {
    "README.md": `# modest\n\nUse it.\n\n## License\n\n${words}\n\n## Thanks\n\nTo all.\n`,
  });
  assert.match(
    notices([folder], root),
    /modest 1\.2\.3, MIT\n\nCopyright \(c\) 2014 Somebody\n\nPermission is hereby granted\.\n$/,
  );
  const last = install("last", "MIT", { README: `## license\n\n${words}\n` });
  assert.ok(notices([last], root).endsWith(`${words}\n`));
  const only = install("named", "MIT", { "README.md": "## License\n\nMIT\n" });
  assert.throws(() => notices([only], root), /named comes without the text/);
});

test("F-51 notices: a licence that the repository alone has is kept here", () => {
  assert.match(
    notices([install("@redis/client", "MIT", {})], root),
    /@redis\/client 1\.2\.3, MIT\n\nMIT License\n\nCopyright \(c\) [-\d]+, Redis/,
  );
});
