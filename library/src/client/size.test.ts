import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ROOT } from "../../../tools/sources/files.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";

const MOST = 4096;

/**
 * All files of the client as the compiler gives them, one after another, with long names and all white space: a
 * bundler's are smaller.
 */
test("the client is under 4 kB gzipped, before it is minified", () => {
  using folder = temporaryFolder("client");
  const options = ["--noEmit", "false", "--rootDir", import.meta.dirname, "--outDir", folder.path];
  options.push("--removeComments", "--rewriteRelativeImportExtensions");
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const project = join(ROOT, "library", "tsconfig.client.json");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", project, ...options], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
  const files = globSync("**/*.js", { cwd: folder.path });
  assert.ok(files.some((file) => file.endsWith("session-client.js")));
  const size = gzipSync(files.map((file) => readFileSync(folder.file(file), "utf8")).join("\n"), { level: 9 }).byteLength;
  assert.ok(size < MOST, `${size} bytes; ${MOST} are too many`);
});
