import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
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

/** The gateway as its command runs it, in a process of its own, on a file of sessions. */
const MAIN = join(import.meta.dirname, "main.ts");

let folder: TemporaryFolder;
let provider: TestProvider;
let app: Listening;
let environment: { readonly [name: string]: string };
let port: number;
let adminPort: number;
const children: ChildProcess[] = [];

before(async () => {
  folder = temporaryFolder("crash");
  provider = await testProvider();
  await provider.start();
  app = await listenOn((message, response) => response.end(String(message.headers["x-auth-request-user"])));
  port = await freePort();
  adminPort = await freePort();
  environment = {
    COATCHECK_SECRET: randomBytes(32).toString("base64url"),
    COATCHECK_PUBLIC_URL: `https://${PUBLIC}`,
    COATCHECK_LISTEN: `127.0.0.1:${port}`,
    COATCHECK_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    COATCHECK_STORE: `sqlite:${folder.file("sessions.db")}`,
    COATCHECK_ISSUER: provider.issuer,
    COATCHECK_CLIENT_ID: CLIENT.clientId,
    COATCHECK_CLIENT_SECRET: CLIENT.clientSecret,
    COATCHECK_UPSTREAM: `http://127.0.0.1:${app.port}`,
  };
});

after(async () => {
  for (const child of children) await stop(child, "SIGKILL");
  await app[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Starts the command and waits until it is ready. */
async function serve(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, "serve"], {
    cwd: folder.path,
    env: { PATH: process.env["PATH"], NODE_OPTIONS: process.env["NODE_OPTIONS"], ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const failed = once(child, "exit").then(([code]) => Promise.reject(new Error(`exit ${code}: ${complaints}`)));
  failed.catch(() => {});
  await Promise.race([ready({ admin: health }), failed]);
  return child;
}

/** Nobody listens yet, or any more: not ready. */
const health = async (path: string) => {
  try {
    return await ask(adminPort, path, { headers: { host: "localhost" } });
  } catch {
    return { status: 0, headers: {}, setCookies: [], text: "{}" };
  }
};

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

test("S-05, SE-12 a gateway killed in the middle keeps every session and every logout that it confirmed", async () => {
  const first = await serve();
  const people = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const browser = new Browser();
      assert.equal((await browser.login(port)).status, 303);
      return browser;
    }),
  );
  const [gone, ...staying] = people;
  assert.ok(gone !== undefined);
  const copied = gone.ticket;
  const half = new Browser();
  const callback = await half.approve(await half.begin(port, "/after"));
  assert.equal((await gone.send(port, "/auth/logout", { method: "POST", headers: SCRIPT })).status, 200);

  // Killed while requests, logins and logouts are on their way: none of them has an answer to rely on.
  const busy = staying.flatMap((browser) => [
    browser.send(port, "/a", { headers: PAGE }),
    new Browser().login(port),
    browser.send(port, "/auth/session", { method: "POST", headers: SCRIPT }),
  ]);
  await Promise.race(busy);
  await stop(first, "SIGKILL");
  await Promise.allSettled(busy);

  const second = await serve();
  for (const browser of staying) {
    const answer = await browser.send(port, "/a", { headers: PAGE });
    assert.deepEqual([answer.status, answer.text], [200, "alice"]);
  }
  assert.equal((await ask(port, "/a", { headers: { ...SCRIPT, cookie: copied } })).status, 401, "the logout holds");
  const landed = await half.send(port, callback, { headers: PAGE });
  assert.deepEqual([landed.status, landed.headers.location], [303, "/after"], "a login that was begun before is finished");
  await stop(second, "SIGTERM");
  assert.equal(second.exitCode, 0, "a signal to stop is no failure");
});
