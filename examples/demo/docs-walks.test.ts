/**
 * The walks of docs/guides, walked: their files, from an empty folder to a page for a user who signed in. Only the
 * ports are others.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
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
/** The port of the provider, in both walks. */
const PROVIDER = 9000;

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
  const path = join("docs/guides", page);
  for (const { text } of snippetsOf({ path, text: readFileSync(join(ROOT, path), "utf8") })) {
    const [, name] = /^(?:\/\/|#) ([\w.]+)\n/.exec(text) ?? [];
    const here = text.replace(/\b\d{4}\b/g, (number) => String(ports.get(Number(number)) ?? number));
    if (name !== undefined) folder.write(name, here);
  }
  const environment = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(COATCHECK|OAUTH2_PROXY)_/.test(name))),
    COATCHECK_SECRET: randomBytes(32).toString("base64url"),
    COATCHECK_CLIENT_SECRET: "for-practice-only",
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

/** Opens a page as the walk says: any password, and yes to what the provider asks. */
async function signIn(visitor: Visitor, address: string, issuer: string): Promise<Heard> {
  const login = await visitor.go(address);
  assert.equal(login.url.origin, issuer);
  const { action, fields } = formOf(login);
  const consent = await visitor.go(action, { form: { ...fields, login: "alice", password: "any" } });
  const agreed = formOf(consent);
  return visitor.go(agreed.action, { form: agreed.fields });
}

test("the library in five minutes: from an empty folder to a page that knows its user, and out again", async (t) => {
  const { port, start } = await walkOf(t, "library-in-five-minutes.md", [3000, PROVIDER]);
  await start("provider.mjs");
  await start("app.ts");
  const visitor = new Visitor();
  const home = `http://localhost:${port(3000)}/`;
  const page = await signIn(visitor, home, `http://localhost:${port(PROVIDER)}`);
  assert.equal(page.url.href, home);
  assert.match(page.body, /You are alice, visit 1/);
  const again = await visitor.go(home);
  assert.match(again.body, /You are alice, visit 2/);
  await visitor.go(formOf(again).action, { form: {}, redirects: 0 });
  assert.equal((await visitor.go(home, { redirects: 0 })).status, 302);
});

test("the gateway in five minutes: from an empty folder to an app that is told who signed in", async (t) => {
  const { folder, port, start, environment } = await walkOf(t, "gateway-in-five-minutes.md", [3000, 4180, PROVIDER]);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...FLAGS, GATEWAY, "check-config"], {
    cwd: folder.path,
    env: environment,
    encoding: "utf8",
  });
  assert.equal(status, 0, stdout + stderr);
  await start("provider.mjs");
  await start("app.mjs");
  await start(GATEWAY);
  const home = `http://localhost:${port(4180)}/`;
  const page = await signIn(new Visitor(), home, `http://localhost:${port(PROVIDER)}`);
  assert.equal(page.url.href, home);
  assert.match(page.body, /^Hello .*alice/);
});
