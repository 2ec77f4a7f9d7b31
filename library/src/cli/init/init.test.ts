import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type TemporaryFolder, temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { readSecret } from "../../crypto/secrets.ts";
import { appModule, packageOf, startOf } from "./frameworks.ts";

function init(folder: TemporaryFolder, ...args: readonly string[]) {
  const main = join(import.meta.dirname, "../main.ts");
  return spawnSync(process.execPath, [main, "init", ...args], { cwd: folder.path, encoding: "utf8" });
}

const withPackage = (manifest: object): TemporaryFolder => {
  const folder = temporaryFolder("init");
  folder.write("package.json", JSON.stringify(manifest));
  return folder;
};
const secretIn = (env: string): string => /^COATCHECK_SECRET=(.*)$/m.exec(env)?.[1] ?? "";

test("S-67 init makes a secret that its owner alone reads, ignores it, and writes an app for the framework", () => {
  using folder = withPackage({ dependencies: { express: "^5.0.0" } });
  const first = init(folder);
  assert.deepEqual([first.status, first.stderr], [0, ""]);
  assert.deepEqual(readdirSync(folder.path).sort(), [".env", ".gitignore", "app.mjs", "auth.mjs", "package.json"]);
  assert.equal(statSync(folder.file(".env")).mode & 0o777, 0o600);
  const secret = secretIn(readFileSync(folder.file(".env"), "utf8"));
  assert.equal(readSecret(secret, ".env").length, 32);
  assert.equal(readFileSync(folder.file(".gitignore"), "utf8"), ".env\nsessions.db*\n");
  assert.match(readFileSync(folder.file("app.mjs"), "utf8"), /coatcheckExpress[\s\S]*from "\.\/auth\.mjs"/);
  assert.match(first.stdout, /node --env-file=\.env app\.mjs[\s\S]*http:\/\/localhost:3000\/auth\/callback/);
  assert.equal(first.stdout.includes(secret), false);
});

test("S-67 init overwrites nothing: what is there is kept, byte for byte, and what is missing is added", () => {
  using folder = withPackage({ devDependencies: { typescript: "^5.0.0" } });
  folder.write(".env", "PORT=1\nCOATCHECK_SECRET=mine");
  folder.write(".gitignore", "node_modules\n/.env");
  folder.write("server.js", "// mine");
  const { status, stdout } = init(folder);
  assert.equal(status, 0);
  assert.equal(readFileSync(folder.file(".env"), "utf8"), "PORT=1\nCOATCHECK_SECRET=mine");
  assert.equal(readFileSync(folder.file(".gitignore"), "utf8"), "node_modules\n/.env\nsessions.db*\n");
  assert.equal(existsSync(folder.file("app.ts")), false);
  assert.match(stdout, /server\.js is yours\. It takes these lines:\n\n {2}import \{ createServer \}/);
  const before = readFileSync(folder.file("auth.ts"), "utf8");
  folder.write("auth.ts", `${before}// mine`);
  assert.match(init(folder).stdout, /auth\.ts +is there already, kept/);
  assert.equal(readFileSync(folder.file("auth.ts"), "utf8"), `${before}// mine`);
});

test("S-67 init adds a secret to an .env without one, and asks for a package first", () => {
  using folder = withPackage({});
  folder.write(".env", "PORT=1\nCOATCHECK_SECRET=");
  assert.equal(init(folder).status, 0);
  assert.match(readFileSync(folder.file(".env"), "utf8"), /^PORT=1\nCOATCHECK_SECRET=\nCOATCHECK_SECRET=[\w-]{43}\n/);
  using empty = temporaryFolder("init");
  const without = init(empty);
  assert.deepEqual([without.status, readdirSync(empty.path)], [2, []]);
  assert.match(without.stderr, /no package\.json here\n {2}Make one first: {2}npm init -y/);
  assert.equal(init(empty, "express").status, 2);
});

test("S-67 init tells frameworks and runtimes apart, and names one that has no adapter", () => {
  using folder = temporaryFolder("init");
  const of = (...names: readonly string[]) =>
    packageOf(folder.path, { dependencies: Object.fromEntries(names.map((name) => [name, "*"])) });
  assert.deepEqual(of("hono", "typescript"), { framework: "hono", extension: "ts" });
  assert.deepEqual(of("fastify"), { framework: "node", without: "fastify", extension: "mjs" });
  folder.write("bun.lock", "");
  assert.deepEqual(of(), { framework: "fetch", extension: "mjs" });
  assert.equal(startOf(of()), "bun app.mjs");
  for (const name of ["express", "hono", "none"]) assert.match(appModule(of(name)), /from "\.\/auth\.mjs";/);
});
