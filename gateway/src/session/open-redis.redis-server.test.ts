import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SessionStore } from "coatcheck";
import { certificateOf } from "../../../tools/suite/certificate.ts";
import { freePort } from "../../../tools/suite/free-port.ts";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { Browser } from "../../test-support/browser.ts";
import { Command, type Ended, OFFLINE, runCommand } from "../../test-support/command.ts";
import { SCRIPT } from "../../test-support/full-gateway.ts";
import { gatewaysAtProvider } from "../../test-support/provider/gateways-at-provider.ts";
import { readKind } from "../../test-support/read-kind.ts";
import { store as kind } from "../config/kinds/store-kind.ts";
import { openStore } from "./open-store.ts";

const PASSWORD = "store-canary";

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("open-redis"));
let server: RedisServer;
let address: string;

before(async () => {
  const { key, cert } = certificateOf("127.0.0.1");
  const [certificate, keyFile] = [folder.write("ca.pem", cert), folder.write("key.pem", key)];
  const tls = ["port 0", "tls-port PORT", "tls-auth-clients no", `tls-cert-file ${certificate}`, `tls-key-file ${keyFile}`];
  server = open.use(await startRedis([...tls, `tls-ca-cert-file ${certificate}`, `requirepass ${PASSWORD}`]));
  address = `rediss://127.0.0.1:${server.port}/1?ca=${certificate}`;
});
after(() => open.disposeAsync());

/** What the command says, which is never the password. */
async function said(environment: { readonly [variable: string]: string }): Promise<Ended> {
  const ended = await runCommand(["check-config", "--online"], { environment: { ...OFFLINE, ...environment }, cwd: folder.path });
  assert.doesNotMatch(ended.out + ended.err, /canary/);
  return ended;
}

test("S-64 check-config --online tries Redis by TLS, with a password from a file", async () => {
  const file = folder.write("password", `${PASSWORD}\n`);
  const { out } = await said({ COATCHECK_STORE: address, COATCHECK_STORE_PASSWORD_FILE: file });
  assert.match(out, / sessions +127\.0\.0\.1:\d+ \(Redis\)\n/);
  assert.match(out, /^ {4}store: can be written$/m);
});

test("check-config --online says why Redis cannot be used", async () => {
  const table: readonly (readonly [address: string, password: string, words: RegExp])[] = [
    [address, "wrong", /NOAUTH|WRONGPASS|closed/],
    [address.replace(/\?.*/, ""), PASSWORD, /self-signed certificate|closed|time/i],
    [address.replace(/ca=.*/, "ca=nowhere.pem"), PASSWORD, /nowhere\.pem, which ca of the store names, cannot be read/],
    [`redis://127.0.0.1:${await freePort()}`, PASSWORD, /ECONNREFUSED|closed|time/i],
  ];
  const tries = table.map(async ([store, password, words]) => {
    const { out, code } = await said({ COATCHECK_STORE: store, COATCHECK_STORE_PASSWORD: password });
    assert.match(out, /^ {2}! store: cannot be used: /m);
    assert.match(out, words);
    assert.equal(code, 1);
  });
  await Promise.all(tries);
});

type Redis = Extract<Parameters<typeof openStore>[0], { readonly kind: "redis" }>;
const isRedis = (setting: unknown): setting is Redis => Object(setting).kind === "redis";

async function opened(told: string[] = []): Promise<SessionStore> {
  const setting = readKind(kind, `${address}&prefix=two`);
  assert.ok(isRedis(setting), String(setting));
  return openStore(setting, { password: () => PASSWORD, onWarning: (message) => told.push(message) });
}

test("S-39, S-42 a login on one replica is good on another, and a logout there ends it here", async () => {
  await using at = await gatewaysAtProvider();
  const config = { secrets: [OFFLINE.COATCHECK_SECRET] };
  const told: string[] = [];
  const start = async () => at.start({ config, store: await opened(told) });
  const [a, b] = [await start(), await start()];
  assert.match(told.join("\n"), /persists nothing: a restart signs all users out/);
  const browser = new Browser();
  await browser.login(a.port);
  assert.deepEqual([await a.statusWith(browser.ticket), await b.statusWith(browser.ticket)], [200, 200]);
  assert.equal((await browser.send(b.port, "/auth/logout", { method: "POST", headers: SCRIPT })).status, 200);
  assert.deepEqual([await a.statusWith(browser.ticket), await b.statusWith(browser.ticket)], [401, 401]);
});

test("SE-16 a gateway starts while Redis is away, says so, and serves when it is there", async () => {
  await server.kill("SIGKILL");
  const environment = { ...OFFLINE, COATCHECK_STORE: address, COATCHECK_STORE_PASSWORD: PASSWORD };
  await using gateway = new Command(["serve"], { environment, cwd: folder.path });
  const { admin } = await gateway.introduced();
  assert.match(gateway.err, /! Redis does not answer yet: .*\. Requests that look users up are 503 until it does\./);
  const isReady = async (): Promise<unknown> =>
    Object(await (await fetch(`http://127.0.0.1:${admin}/health/ready`)).json()).store;
  assert.equal(await isReady(), false);
  await server.restart();
  let ready = await isReady();
  while (ready !== true) ready = await isReady();
  assert.equal((await gateway.stop()).code, 0);
});
