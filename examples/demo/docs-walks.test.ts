/**
 * The walks of docs/guides, walked: their files, from an empty folder to a page for a user who signed in. Only the
 * ports are others.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { snippetsOf } from "../../tools/documents/snippets.ts";
import { ROOT } from "../../tools/sources/files.ts";
import { type TemporaryFolder, temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { freePort } from "./ports.ts";
import { formOf, type Heard, Visitor } from "./visitor.ts";

const FLAGS = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
const GATEWAY = join(ROOT, "gateway/src/main.ts");
const LIBRARY = join(ROOT, "library/src/cli/main.ts");

/** A folder with the files of a walk, and the ports of this run in the place of those that the page names. */
interface Walk {
  readonly folder: TemporaryFolder;
  readonly port: (written: number) => number;
  /** Starts a program of the walk; resolves at its first word. It ends with the test. */
  readonly start: (...options: readonly string[]) => Promise<void>;
  readonly environment: NodeJS.ProcessEnv;
}

async function walkOf(t: TestContext, page: string, written: readonly number[]): Promise<Walk> {
  const folder = temporaryFolder("walk");
  t.after(() => folder[Symbol.dispose]());
  symlinkSync(join(ROOT, "node_modules"), folder.file("node_modules"));
  folder.write("package.json", JSON.stringify({ type: "module" }));
  const ports = new Map<number, number>();
  for (const port of written) ports.set(port, await freePort(0, [...ports.values()]));
  const port = (number: number) => ports.get(number) ?? assert.fail(`the walk names no port ${number}`);
  for (const [name, text] of filesOf(page))
    folder.write(
      name,
      text.replace(/\b\d{4}\b/g, (number) => String(ports.get(Number(number)) ?? number)),
    );
  const environment = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(COATCHECK|OAUTH2_PROXY)_/.test(name))),
    COATCHECK_ADMIN_LISTEN: `127.0.0.1:${await freePort(0, [...ports.values()])}`,
  };
  const start = async (...options: readonly string[]) => {
    const child = spawn(process.execPath, [...FLAGS, ...options], {
      cwd: folder.path,
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => stop(child));
    await Promise.race([once(child.stdout, "data"), died(child)]);
  };
  return { folder, port, start, environment };
}

/** The files that a page shows, without the line that names them. */
function filesOf(page: string): ReadonlyMap<string, string> {
  const path = join("docs/guides", page);
  const snippets = snippetsOf({ path, text: readFileSync(join(ROOT, path), "utf8") });
  return new Map(
    snippets.flatMap(({ text }) => {
      const [line = "", name] = /^(?:\/\/|#) ([\w.]+)\n/.exec(text) ?? [];
      return name === undefined ? [] : [[name, text.slice(line.length)] as const];
    }),
  );
}

/** Runs a command to its end. */
function run(cwd: string, env: NodeJS.ProcessEnv, ...command: readonly string[]) {
  return spawnSync(process.execPath, [...FLAGS, ...command], { cwd, env, encoding: "utf8" });
}

async function died(child: ChildProcess): Promise<never> {
  const [status] = await once(child, "exit");
  throw new Error(`a program of the walk ended by itself, with status ${status}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await once(child, "exit");
  clearTimeout(timer);
}

/** Opens a page as the walk says, and picks a user. */
async function signIn(visitor: Visitor, address: string): Promise<Heard> {
  const login = await visitor.go(address);
  assert.equal(login.url.pathname, "/auth/dev/authorize", login.body);
  const { action, fields } = formOf(login);
  return visitor.go(action, { form: { ...fields, user: "alice" } });
}

test("the library in five minutes: from an empty folder to a page that knows its user, and out again", async (t) => {
  const page = "library-in-five-minutes.md";
  const { folder, port, start, environment } = await walkOf(t, page, [3000]);
  const empty = temporaryFolder("walk");
  t.after(() => empty[Symbol.dispose]());
  for (const one of [empty, folder]) one.write("package.json", JSON.stringify({ dependencies: { express: "5" } }));
  // What it writes into an empty folder is what the page shows; into the other one it only adds what is missing.
  for (const one of [empty, folder]) {
    const { status, stdout, stderr } = run(one.path, environment, LIBRARY, "init");
    assert.equal(status, 0, stdout + stderr);
  }
  for (const [name, text] of filesOf(page)) assert.equal(readFileSync(empty.file(name), "utf8"), `${text}\n`, name);
  const home = `http://localhost:${port(3000)}/`;
  await start("--env-file=.env", "app.mjs");
  const visitor = new Visitor();
  const greeting = await signIn(visitor, home);
  assert.equal(greeting.url.href, home);
  assert.match(greeting.body, /You are alice/);
  const { status, stdout, stderr } = run(folder.path, environment, LIBRARY, "doctor");
  assert.equal(status, 0, stdout + stderr);
  for (const check of ["discovery", "redirect", "client", "address", "cookie", "proxy", "store"])
    assert.match(stdout, new RegExp(`^ ok   ${check}: `, "m"), stdout);
  await visitor.go(formOf(greeting).action, { form: {} });
  assert.equal((await visitor.go(home, { redirects: 0 })).status, 302);
});

test("the gateway in five minutes: from an empty folder to an app that is told who signed in", async (t) => {
  const { folder, port, start, environment } = await walkOf(t, "gateway-in-five-minutes.md", [3000, 4180]);
  const { status, stdout, stderr } = run(folder.path, environment, GATEWAY, "check-config");
  assert.equal(status, 0, stdout + stderr);
  await start("app.mjs");
  await start(GATEWAY);
  const home = `http://localhost:${port(4180)}/`;
  const page = await signIn(new Visitor(), home);
  assert.equal(page.url.href, home);
  assert.match(page.body, /^Hello .*alice/);
});
