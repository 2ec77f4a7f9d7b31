/**
 * The guide of docs/keys.md, command by command, on two replicas in processes of their own, while users go on working.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { sqlite } from "coatcheck/sqlite";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { Browser } from "../test-support/browser.ts";
import { COMMAND, type Environment, ServedGateway } from "../test-support/command.ts";
import { ORIGIN, PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { CLIENT, type TestProvider, testProvider } from "../test-support/provider/provider.ts";
import { listenOn } from "../test-support/talk.ts";

const open = new AsyncDisposableStack();
after(() => open.disposeAsync());
const folder = open.use(temporaryFolder("rotation"));
const OLD = randomBytes(32).toString("base64url");
const run = promisify(execFile);

interface Replica {
  readonly gateway: ServedGateway;
  readonly environment: Environment;
  readonly secretFile: string;
}

let provider: TestProvider;
let replicas: readonly Replica[];
before(async () => {
  provider = open.use(await testProvider());
  await provider.start();
  const app = open.use(await listenOn((_, response) => response.end("app")));
  const config = { upstreams: [{ url: `http://127.0.0.1:${app.port}`, access: "user", token: "header" }] };
  writeFileSync(folder.file("coatcheck.config.json"), JSON.stringify(config));
  // What `npx coatcheck-gateway` finds in the guide.
  const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" ${COMMAND.map((part) => `"${part}"`).join(" ")} "$@"\n`;
  writeFileSync(folder.file("npx"), npx, { mode: 0o755 });
  replicas = await Promise.all(["a", "b"].map((name) => replica(name)));
});

async function replica(name: string, given: Environment = {}): Promise<Replica> {
  const secretFile = folder.file(`secret-${name}`);
  writeFileSync(secretFile, `${OLD}\n`, { mode: 0o600 });
  const { COATCHECK_SECRET: _, ...more }: Environment = {
    COATCHECK_SECRET: "",
    COATCHECK_SECRET_FILE: secretFile,
    COATCHECK_PUBLIC_URL: ORIGIN,
    COATCHECK_STORE: `sqlite:${folder.file("sessions.db")}`,
    COATCHECK_ISSUER: provider.issuer,
    COATCHECK_CLIENT_SECRET: CLIENT.clientSecret,
    COATCHECK_CLIENT_ID: CLIENT.clientId,
    ...given,
  };
  const options = { environment: { ...more, COATCHECK_SECRET: "" }, cwd: folder.path };
  const gateway = open.use(await ServedGateway.start(options));
  await gateway.ready();
  const environment = {
    ...more,
    COATCHECK_ADMIN_LISTEN: `127.0.0.1:${gateway.adminPort}`,
    GATEWAY: String(gateway.pid),
    PATH: `${folder.path}:${process.env["PATH"]}`,
  };
  return { gateway, environment, secretFile };
}

/** The commands of the guide, block by block: first one for all, then one for each step. */
function guide(): readonly string[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/keys.md"), "utf8");
  const section = page.slice(page.indexOf("\n## Rotation\n"), page.indexOf("\n## If a secret leaked\n"));
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

const shell = async (commands: string, environment: Environment): Promise<string> =>
  (await run("bash", ["-euc", commands], { cwd: folder.path, env: environment })).stdout;

/** Asks all the time until it is stopped; the answers that were not 200. */
function working(browsers: readonly Browser[]): { stop(): Promise<readonly string[]> } {
  let stopped = false;
  const wrong: string[] = [];
  const work = browsers.map(async (browser, index) => {
    for (let round = index; !stopped; round++) {
      const { gateway } = replicas[round % replicas.length] ?? assert.fail("no replica");
      const answer = await browser.send(gateway.port, "/page", { headers: SCRIPT });
      if (answer.status !== 200) wrong.push(`${answer.status} ${answer.text}`);
    }
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all(work);
      return wrong;
    },
  };
}

/** A login that begins on one replica and ends on the other, each way. */
async function signInAcross(): Promise<readonly Browser[]> {
  const both = replicas.map(async ({ gateway }, index) => {
    const { gateway: other } = replicas[1 - index] ?? assert.fail("no replica");
    const browser = new Browser();
    const back = await browser.approve(await browser.begin(gateway.port));
    const landed = await browser.send(other.port, back, { headers: PAGE });
    assert.equal(landed.status, 303, landed.text);
    return browser;
  });
  return Promise.all(both);
}

const keysAt = async ({ gateway }: Replica) => JSON.parse((await gateway.admin("/health/ready")).text).keys;
const publishedAt = async ({ gateway }: Replica): Promise<string> =>
  (await new Browser().send(gateway.port, "/auth/keys", { headers: SCRIPT })).text;

test("S-37 CR-08 S-64 the guide's commands exchange the secret on two replicas; nobody is signed out", async () => {
  const [once = "", add = "", promote = "", remove = "", dated = "", ...more] = guide();
  assert.deepEqual(more, []);
  const [first] = replicas;
  assert.ok(first !== undefined);
  const fresh = (await shell(`${once}\necho "$NEW"`, first.environment)).trim();
  assert.match(fresh, /^[\w-]{43}$/);
  const { seals: oldId } = await keysAt(first);
  let browsers = await signInAcross();
  for (const [index, step] of [add, promote, remove].entries()) {
    const work = working(browsers);
    for (const at of replicas) {
      const said = await shell(step, { ...at.environment, NEW: fresh });
      assert.match(said, /the gateway at 127\.0\.0\.1:\d+ uses them\n$/);
      for (const secret of [OLD, fresh]) assert.equal(said.includes(secret), false);
      // One replica is a step ahead of the other.
      browsers = [...browsers, ...(await signInAcross())];
    }
    assert.deepEqual(await work.stop(), [], `step ${index + 1}`);
    const [one, two] = await Promise.all(replicas.map(keysAt));
    assert.deepEqual(one, two);
    assert.deepEqual(
      [one.opens.length, one.verifies.length, one.seals === oldId],
      [[2, 2, 1][index], [2, 2, 1][index], index === 0],
    );
    const [here, there] = await Promise.all(replicas.map(publishedAt));
    assert.equal(here, there);
    assert.deepEqual(
      JSON.parse(here ?? "").keys.map(({ kid }: { kid: string }) => kid),
      one.verifies,
    );
    if (index === 1) await makeDue();
    await allServed(browsers);
  }
  for (const at of replicas) {
    const reread = 'kill -HUP "$GATEWAY"\nnpx coatcheck-gateway keys --online';
    await shell(`${dated}\n${reread}`, { ...at.environment, NEW: fresh, OLD });
    const { opens, seals } = await keysAt(at);
    assert.deepEqual([opens.length, opens.includes(oldId), seals === oldId], [2, true, false]);
  }
  for (const { gateway } of replicas) {
    assert.doesNotMatch(gateway.out, /secrets\.kept|"level":"error"/);
    assert.equal(gateway.lines.filter(({ event }) => event === "secrets.changed").length, 4);
    for (const secret of [OLD, fresh]) assert.equal((gateway.out + gateway.err).includes(secret), false);
  }
});

test("S-64 a client secret is read again by the same signal, and used from the next call on", async () => {
  const file = folder.file("client-secret");
  writeFileSync(file, "not-the-secret");
  const { gateway } = await replica("c", { COATCHECK_CLIENT_SECRET: "", COATCHECK_CLIENT_SECRET_FILE: file });
  const statusOfLogin = async (): Promise<number> => (await new Browser().login(gateway.port)).status;
  assert.notEqual(await statusOfLogin(), 303);
  writeFileSync(file, CLIENT.clientSecret);
  assert.notEqual(await statusOfLogin(), 303);
  gateway.child.kill("SIGHUP");
  await gateway.until(/secrets\.changed/);
  assert.equal(await statusOfLogin(), 303);
});

/** Each session is good on both replicas, and its access token opens: the app gets it. */
async function allServed(browsers: readonly Browser[]): Promise<void> {
  for (const browser of browsers) {
    for (const { gateway } of replicas) {
      const answer = await browser.send(gateway.port, "/page", { headers: SCRIPT });
      assert.equal(answer.status, 200, answer.text);
    }
  }
}

/** Makes every session's tokens due, so that its next request refreshes them, and seals them by the first secret. */
async function makeDue(): Promise<void> {
  const store = sqlite(folder.file("sessions.db"));
  try {
    const now = Date.now();
    const rows = await store.list({ owner: `${provider.issuer} ${provider.user.sub}` }, 100, now);
    assert.ok(rows.length > 0);
    for (const row of rows) {
      const due = { ...row, tokenExpires: now - 1, renewAt: now - 1, version: row.version + 1 };
      assert.ok(await store.put(due, row.version));
    }
  } finally {
    await store.close();
  }
}
