/**
 * The packages as npm would install them, used from outside by plain Node, without the condition that leads to the
 * sources.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
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
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { sqlite } from "coatcheck/sqlite";
import { ROOT } from "../sources/files.ts";
import { buildAll } from "./build.ts";
import { packedFiles, readManifest } from "./check-packages.ts";

const root = mkdtempSync(join(tmpdir(), "coatcheck-package-"));
const modules = join(root, "node_modules");
/** Where nothing else is found, by whatever it asks for. */
const gateway = join(root, "alone", "coatcheck-gateway");
const command = join(gateway, "dist", "main.js");

/** Node as a user of the packages has it. */
function node(...options: readonly string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawnSync(process.execPath, options, { cwd: root, encoding: "utf8", env });
}

/** Copies just the files that npm would pack. */
function installPacked(folder: string, into: string): void {
  for (const path of packedFiles(folder)) {
    const target = join(into, path);
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
  installPacked("library", join(modules, "coatcheck"));
  installPacked("gateway", gateway);
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
  const compiled = [join(modules, "coatcheck"), gateway]
    .map((folder) => join(folder, "dist"))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(".js"));
  assert.ok(compiled.length > 0);
  // Declarations and patterns stand in a package.json that is bundled; nothing can be loaded by them.
  const source = /["'`]\.{1,2}\/[^"'`\n*]*(?<!\.d)\.ts["'`]/;
  const asking = compiled.filter((file) => source.test(readFileSync(file, "utf8")));
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

test("S-67 package: init and doctor do with the package what they say", () => {
  const folder = join(root, "first-hour");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { express: "5" } }));
  const { NODE_OPTIONS: _, ...env } = process.env;
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(modules, "coatcheck/dist/cli/main.js"), ...args], { cwd: folder, encoding: "utf8", env });
  const begun = run("init");
  assert.equal(begun.status, 0, begun.stderr);
  const { stdout, stderr } = run("doctor", "--json");
  const found: readonly { readonly check: string; readonly outcome: string }[] = JSON.parse(stdout || stderr);
  const outcomes = new Map(found.map(({ check, outcome }) => [check, outcome]));
  for (const check of ["discovery", "client", "redirect", "store"]) assert.equal(outcomes.get(check), "ok", stdout);
});

test("package: the command of the gateway says its version", () => {
  assert.ok(existsSync(command), "dist/main.js is packed");
  const { status, stdout, stderr } = node(command, "--version");
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), `coatcheck ${readManifest("gateway").version}`);
});

/** What the gateway needs to be told at least. */
const SETTINGS = {
  COATCHECK_SECRET: randomBytes(32).toString("base64url"),
  COATCHECK_PUBLIC_URL: "http://localhost:8080",
  COATCHECK_LISTEN: "127.0.0.1:0",
  COATCHECK_ADMIN_LISTEN: "127.0.0.1:0",
  COATCHECK_STORE: "memory:",
  // Nobody answers there, which is no reason not to start.
  COATCHECK_ISSUER: "http://127.0.0.1:1",
  COATCHECK_CLIENT_ID: "gateway",
  COATCHECK_CLIENT_SECRET: "secret",
};

test("F-51 package: the gateway holds all that it imports, and says whose work that is", () => {
  assert.deepEqual(readManifest("gateway").dependencies ?? {}, {});
  const files = packedFiles("gateway");
  const entries = files.filter((file) => file.endsWith(".js") && !/-[\dA-Z]{8}\.js$/.test(file)).sort();
  assert.deepEqual(entries, ["dist/bundle/checkpoint.js", "dist/bundle/command-line.js", "dist/bundle/yaml.js", "dist/main.js"]);
  const notices = readFileSync(join(gateway, "THIRD-PARTY.txt"), "utf8");
  for (const name of ["jose", "openid-client", "oauth4webapi", "pino", "prom-client", "undici", "yaml", "pg", "@redis/client"]) {
    assert.match(notices, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+, (MIT|ISC|Apache-2.0)$`, "m"));
  }
});

test("F-51 package: with nothing installed beside it the gateway reads YAML", () => {
  const file = join(root, "alone", "broken.yaml");
  writeFileSync(file, "publicUrl: http://localhost:8080\nlisten: [127.0.0.1:1\n");
  const { status, stderr } = node(command, "check-config", "--config", file);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /broken\.yaml is not valid at line \d/);
});

test("F-51 package: with nothing installed beside it the gateway answers, and ends when it is told to", async () => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [command], { cwd: join(root, "alone"), env: { ...env, ...SETTINGS } });
  try {
    const where = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const [, url] = /listening +(\S+)/.exec(said) ?? [];
        if (url !== undefined) resolve(url);
      });
      child.once("exit", () => reject(new Error(said)));
    });
    const answer = await fetch(`${where}/auth/session`);
    assert.ok(answer.status < 500, String(answer.status));
    await answer.body?.cancel();
    child.kill("SIGTERM");
    await once(child, "exit");
    assert.equal(child.exitCode, 0);
  } finally {
    child.kill("SIGKILL");
  }
});

test("F-51 package: until a user signs in the gateway goes without Node's fetch, which costs megabytes", async () => {
  let issuer = "";
  await using provider = createServer((_, response) => {
    const metadata = { issuer, authorization_endpoint: issuer, token_endpoint: issuer, jwks_uri: issuer };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(metadata));
  });
  await once(provider.listen(0, "127.0.0.1"), "listening");
  const address = provider.address();
  issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const told = "process.on('exit',()=>console.error('fetch',process.moduleLoadList.some((one)=>/deps.undici/.test(one))))";
  const { NODE_OPTIONS: _, ...env } = process.env;
  const settings = { ...env, ...SETTINGS, COATCHECK_ISSUER: issuer };
  const child = spawn(process.execPath, ["--import", `data:text/javascript,${told}`, command], { cwd: root, env: settings });
  try {
    let [out, err] = ["", ""];
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (/provider\.ready/.test(out)) child.kill("SIGTERM");
    });
    await once(child, "close");
    assert.match(err, /^fetch false$/m, out + err);
  } finally {
    child.kill("SIGKILL");
  }
});

test("F-51 package: the SQLite store finds its worker in the bundle", async () => {
  const path = join(root, "alone", "sessions.db");
  const store = sqlite(path);
  for (let marks = 0; marks < 1_500; marks++) await store.mark(`mark ${marks}`, 2_000, 1_000);
  await store.close();
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "sweep"], {
    cwd: join(root, "alone"),
    encoding: "utf8",
    env: { ...env, ...SETTINGS, COATCHECK_STORE: `sqlite:${path}`, NODE_DEBUG: "worker" },
  });
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), "deleted 1500 dead rows");
  const [, url = "none"] = /instantiating Worker\. url: (\S+)/.exec(stderr) ?? [];
  assert.equal(fileURLToPath(url), join(gateway, "dist", "bundle", "checkpoint.js"));
  // What went on in it is not told, so it is asked here.
  const running = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  const worker = new Worker(new URL(url), { workerData: { path, running }, execArgv: [] });
  worker.postMessage("checkpoint");
  worker.postMessage("close");
  const [code] = await once(worker, "exit");
  assert.deepEqual([code, running[0]], [0, 0]);
});
