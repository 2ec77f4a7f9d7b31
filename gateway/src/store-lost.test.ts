import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../../tools/suite/free-port.ts";
import { type TemporaryFolder, temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { Browser } from "../test-support/browser.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { PUBLIC } from "../test-support/harness.ts";
import type { TestProvider } from "../test-support/provider.ts";
import { CLIENT, testProvider } from "../test-support/provider.ts";
import { ready } from "../test-support/ready.ts";
import type { Listening } from "../test-support/talk.ts";
import { ask, listenOn } from "../test-support/talk.ts";

/** Two gateways as their command runs them, on one file of sessions. */
const MAIN = join(import.meta.dirname, "main.ts");
const TOKEN = randomBytes(32).toString("base64url");
const SECRET = randomBytes(32).toString("base64url");

let folder: TemporaryFolder;
let file: string;
let provider: TestProvider;
let app: Listening;
const children: ChildProcess[] = [];

before(async () => {
  folder = temporaryFolder("store-lost");
  file = folder.file("sessions.db");
  provider = await testProvider();
  await provider.start();
  app = await listenOn((message, response) => response.end(String(message.headers["x-auth-request-user"])));
});

after(async () => {
  for (const child of children) await stop(child, "SIGKILL");
  await app[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Served {
  readonly port: number;
  readonly child: ChildProcess;
  /** Lines of its log so far. */
  lines(): readonly { readonly event: string; readonly level: string }[];
  admin(path: string, method?: string): ReturnType<typeof ask>;
}

async function serve(): Promise<Served> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [MAIN, "serve"], {
    cwd: folder.path,
    env: {
      PATH: process.env["PATH"],
      NODE_OPTIONS: process.env["NODE_OPTIONS"],
      COATCHECK_SECRET: SECRET,
      COATCHECK_PUBLIC_URL: `https://${PUBLIC}`,
      COATCHECK_LISTEN: `127.0.0.1:${port}`,
      COATCHECK_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
      COATCHECK_ADMIN_TOKEN: TOKEN,
      COATCHECK_STORE: `sqlite:${file}`,
      COATCHECK_ISSUER: provider.issuer,
      COATCHECK_CLIENT_ID: CLIENT.clientId,
      COATCHECK_CLIENT_SECRET: CLIENT.clientSecret,
      COATCHECK_UPSTREAM: `http://127.0.0.1:${app.port}`,
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const admin = (path: string, method = "GET"): ReturnType<typeof ask> =>
    ask(adminPort, path, { method, headers: { host: "localhost", authorization: `Bearer ${TOKEN}` } });
  await ready({ admin: (path) => admin(path).catch(() => NOBODY) });
  return { port, child, admin, lines: () => linesIn(log) };
}

/** Nobody listens yet. */
const NOBODY = { status: 0, headers: {}, setCookies: [], text: "{}" };

const linesIn = (log: string): ReturnType<Served["lines"]> =>
  log
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** Sets a gateway up whose file is lost, and another that is restarted on what is at the path now. */
async function afterLosing(lose: (backup: string) => void): Promise<{ old: Served; restarted: Served; browser: Browser }> {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  const first = await serve();
  const browser = new Browser();
  assert.equal((await browser.login(first.port)).status, 303);
  await stop(first.child, "SIGTERM");
  const backup = folder.file("backup.db");
  copyFileSync(file, backup);
  const [old, other] = [await serve(), await serve()];
  for (const { port } of [old, other]) assert.equal((await browser.send(port, "/a", { headers: PAGE })).status, 200);
  lose(backup);
  await stop(other.child, "SIGTERM");
  return { old, restarted: await serve(), browser };
}

const LOSSES: readonly (readonly [string, RegExp, (backup: string) => void])[] = [
  ["rm sessions.db", /was deleted|was replaced/, () => rmSync(file)],
  ["rm sessions.db sessions.db-wal sessions.db-shm", /was deleted|was replaced/, () => removeAll()],
  [
    "mv backup.db sessions.db",
    /was replaced/,
    (backup) => {
      removeAll();
      renameSync(backup, file);
    },
  ],
];

function removeAll(): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
}

for (const [command, words, lose] of LOSSES) {
  test(`F-11 ${command}: the process with the old file is not ready, answers 503 and says so once`, async () => {
    const { old, restarted, browser } = await afterLosing(lose);
    const said = await ready({ admin: (path) => old.admin(path) }, false);
    assert.equal(said.store, false);
    const page = await browser.send(old.port, "/a", { headers: PAGE });
    assert.equal(page.status, 503);
    assert.ok(page.headers["retry-after"] !== undefined);
    const logout = await ask(old.port, "/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie: browser.cookie } });
    assert.equal(logout.status, 503);
    const query = `issuer=${encodeURIComponent(provider.issuer)}&subject=alice`;
    assert.equal((await old.admin(`/sessions?${query}`, "DELETE")).status, 503);
    assert.equal((await old.admin("/health/live")).status, 200);
    const told = old.lines().filter(({ event }) => event === "store.lost");
    assert.deepEqual(
      told.map(({ level }) => level),
      ["error"],
    );
    assert.match(JSON.stringify(told[0]), words);
    assert.match((await old.admin("/metrics")).text, /^coatcheck_notices_total\{notice="store\.lost"\} 1$/m);

    await ready({ admin: (path) => restarted.admin(path) });
    assert.equal((await new Browser().login(restarted.port)).status, 303);
    await stop(old.child, "SIGTERM");
    assert.equal((await restarted.admin(`/sessions?${query}`, "DELETE")).status, 200, "the old one took nothing along");
    assert.deepEqual(
      restarted.lines().filter(({ event }) => event === "store.lost"),
      [],
    );
    await stop(restarted.child, "SIGTERM");
  });
}
