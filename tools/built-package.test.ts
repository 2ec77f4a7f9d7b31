/** The packages as npm would install them, used from outside by plain Node, without the condition that leads to the sources. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { buildAll } from "./build.ts";
import { packedFiles, readManifest } from "./check-packages.ts";
import { ROOT } from "./files.ts";

const root = mkdtempSync(join(tmpdir(), "coatcheck-package-"));
const modules = join(root, "node_modules");

/** Node as somebody has it who installed the packages. */
function node(...options: readonly string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawnSync(process.execPath, options, { cwd: root, encoding: "utf8", env });
}

/** Copies just the files that npm would pack. */
function installPacked(folder: string, name: string): void {
  for (const path of packedFiles(folder)) {
    const target = join(modules, name, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(ROOT, folder, path), target);
  }
}

/** Everything else that is installed here, so that no registry is asked. */
function linkOthers(): void {
  const own = new Set(["coatcheck", "coatcheck-gateway", ".bin", ".package-lock.json"]);
  for (const entry of readdirSync(join(ROOT, "node_modules"))) {
    if (!own.has(entry)) symlinkSync(join(ROOT, "node_modules", entry), join(modules, entry));
  }
}

before(() => {
  assert.ok(buildAll(), "npm run build");
  mkdirSync(modules);
  installPacked("library", "coatcheck");
  installPacked("gateway", "coatcheck-gateway");
  linkOthers();
});

after(() => rmSync(root, { recursive: true, force: true }));

test("package: every entry of the library can be imported", () => {
  const entries = Object.keys(readManifest("library").exports ?? {}).map((key) => join("coatcheck", key).replaceAll("\\", "/"));
  const program = `for (const entry of ${JSON.stringify(entries)}) console.log(entry, Object.keys(await import(entry)).length)`;
  const { status, stdout, stderr } = node("--input-type=module", "--eval", program);
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim().split("\n").length, entries.length);
});

test("package: nothing compiled asks for a source, which may only be where it was compiled", () => {
  const compiled = ["coatcheck", "coatcheck-gateway"]
    .map((name) => join(modules, name, "dist"))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(".js"));
  assert.ok(compiled.length > 0);
  const asking = compiled.filter((file) => /["'`]\.{1,2}\/[^"'`\n]*\.ts["'`]/.test(readFileSync(file, "utf8")));
  assert.deepEqual(asking, []);
});

test("package: a session layer is made of what is installed", () => {
  const program = `
    import { coatcheck } from "coatcheck";
    import { memory } from "coatcheck/memory";
    const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
    const auth = coatcheck({ publicUrl: "https://app.example.com", secrets: secret, store: memory() });
    await auth.close();
    console.log("made");`;
  const { status, stdout, stderr } = node("--input-type=module", "--eval", program);
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), "made");
});

test("package: types come with it, and compile in a program as strict as ours", () => {
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(root, "app.ts"), 'import { coatcheck } from "coatcheck";\nexport const made: object = coatcheck;\n');
  const options = [
    "--strict",
    "--noEmit",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--types",
    "node",
    "--skipLibCheck",
    "app.ts",
  ];
  const { status, stdout } = node(join(ROOT, "node_modules", "typescript", "bin", "tsc"), ...options);
  assert.equal(status, 0, stdout);
});

test("package: the command of the gateway says its version", () => {
  const command = join(modules, "coatcheck-gateway", "dist", "main.js");
  assert.ok(existsSync(command), "dist/main.js is packed");
  const { status, stdout, stderr } = node(command, "--version");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /\d+\.\d+\.\d+/);
});
