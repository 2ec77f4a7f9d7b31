/** Servers of Redis that are away, refuse, or say nothing: what is told of them, and that nothing waits for ever. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { after, before, test } from "node:test";
import { createClient } from "@redis/client";
import { CoatcheckError } from "coatcheck";
import { certificateOf } from "../../../../tools/suite/certificate.ts";
import { freePort } from "../../../../tools/suite/free-port.ts";
import { type RedisServer, startRedis } from "../../../../tools/suite/redis-server.ts";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { type Ended, OFFLINE, runCommand, ServedGateway } from "../../../test-support/command.ts";
import { readKind } from "../../../test-support/read-kind.ts";
import { store as kind } from "../../config/kinds/store-kind.ts";
import { openStore } from "../open-store.ts";

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("redis-away"));
after(() => open.disposeAsync());

/** What `check-config --online` says of a store, which is never a password. */
async function said(store: string, password = ""): Promise<Ended> {
  const environment = { ...OFFLINE, COATCHECK_STORE: store, COATCHECK_STORE_PASSWORD: password };
  const ended = await runCommand(["check-config", "--online"], { environment, cwd: folder.path });
  assert.doesNotMatch(ended.out + ended.err, /canary/);
  return ended;
}

/** Asks until it is told so: a busy machine may make the servers late, which is told then. */
async function until(words: RegExp, ask: () => Promise<string>): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (let told = await ask(); !words.test(told); told = await ask()) {
    if (performance.now() > deadline) assert.match(told, words);
  }
}

/** A server that takes connections and answers nothing, as one does that was stopped. */
async function silent(): Promise<number> {
  const server: Server = createServer((socket) => socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  open.defer(() => void server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

let sentinel: RedisServer;
let master: RedisServer;
let group: string;
let passwords: readonly [right: string, wrong: string];

before(async () => {
  const { key, cert } = certificateOf("127.0.0.1");
  const [certificate, keyFile] = [folder.write("ca.pem", cert), folder.write("key.pem", key)];
  const files = [`tls-cert-file ${certificate}`, `tls-key-file ${keyFile}`, `tls-ca-cert-file ${certificate}`];
  const tls = ["port 0", "tls-port PORT", "tls-auth-clients no", "tls-replication yes", ...files];
  const accounts = ["user default off", "user store on >store-canary ~* &* +@all"];
  master = open.use(await startRedis([...tls, ...accounts]));
  const watched = [
    ...tls,
    "user default off",
    "user asks on >sentinel-canary &* +@all",
    `sentinel monitor sessions 127.0.0.1 ${master.port} 1`,
    "sentinel auth-user sessions store",
    "sentinel auth-pass sessions store-canary",
  ];
  sentinel = open.use(await startRedis(watched, true));
  group = `rediss+sentinel://store@127.0.0.1:${sentinel.port}/sessions?ca=${certificate}&replicas=0&sentinelUser=asks`;
  passwords = [folder.write("right", "sentinel-canary\n"), folder.write("wrong", "other-canary\n")];
});

test("S-64 check-config --online tries Redis behind sentinels by TLS, with an account at each", async () => {
  const [right] = passwords;
  await until(
    /^ {4}store: can be written$/m,
    async () => (await said(`${group}&sentinelPasswordFile=${right}`, "store-canary")).out,
  );
});

type Redis = Extract<Parameters<typeof openStore>[0], { readonly kind: "redis" }>;
const isRedis = (setting: unknown): setting is Redis => Object(setting).kind === "redis";

/** Why a store cannot be opened that must answer, as for `check-config --online`. */
async function why(address: string, password: string): Promise<string> {
  const setting = readKind(kind, address);
  assert.ok(isRedis(setting), String(setting));
  const opening = openStore(setting, { password: () => password, onWarning: () => undefined, mustAnswer: true });
  const error: unknown = await opening.then(
    () => "it was opened",
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE", String(error));
  return error.message;
}

test("S-64 SE-16 it is told what a sentinel refused, or its master, and that one is silent", async () => {
  const [right, wrong] = passwords;
  const port = await silent();
  const table: readonly (readonly [store: string, password: string, words: RegExp])[] = [
    [`${group}&sentinelPasswordFile=${wrong}`, "store-canary", /^What the sentinels lead to did not answer: WRONGPASS/],
    [group.replace("&sentinelUser=asks", ""), "store-canary", /NOAUTH/],
    [`${group.replace("/sessions", "/others")}&sentinelPasswordFile=${right}`, "store-canary", /No such master/],
    [`${group}&sentinelPasswordFile=${right}`, "wrong-canary", /Master Client \(127\.0\.0\.1:\d+\): WRONGPASS/],
    [`${group.replace(/ca=[^&]*&/, "")}&sentinelPasswordFile=${right}`, "store-canary", /self-signed certificate/],
    [`redis+sentinel://127.0.0.1:${await freePort()}/sessions`, "", /ECONNREFUSED/],
    [`redis+sentinel://127.0.0.1:${port}/sessions`, "", /^What the sentinels lead to did not answer: no answer$/],
    [`redis+cluster://127.0.0.1:${port}`, "", /^The cluster did not answer: no answer$/],
    [`redis://127.0.0.1:${port}`, "", /^Redis did not answer: no answer$/],
  ];
  await Promise.all(table.map(([store, password, words]) => until(words, () => why(store, password))));
});

/** Asks until the gateway says that its store is there. */
async function storeIs(gateway: ServedGateway, wanted: boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (Object(JSON.parse((await gateway.admin("/health/ready")).text)).store !== wanted) {
    assert.ok(performance.now() < deadline, `the store did not become ${wanted}`);
  }
}

test("SE-16 a gateway that started while a cluster, or its sentinels, were away serves when they are there", async () => {
  const cluster = open.use(await startRedis(["cluster-enabled yes", "cluster-require-full-coverage yes"]));
  const admin = await createClient({ socket: { port: cluster.port } }).connect();
  await admin.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  admin.destroy();
  const alone = open.use(await startRedis());
  const watching = open.use(await startRedis([`sentinel monitor sessions 127.0.0.1 ${alone.port} 1`], true));
  await Promise.all([cluster.kill("SIGKILL"), watching.kill("SIGKILL")]);
  const stores = [
    `redis+cluster://127.0.0.1:${cluster.port}?replicas=0`,
    `redis+sentinel://127.0.0.1:${watching.port}/sessions?replicas=0`,
  ];
  const gateways = await Promise.all(
    stores.map(async (store) =>
      open.use(await ServedGateway.start({ environment: { COATCHECK_STORE: store }, cwd: folder.path })),
    ),
  );
  for (const gateway of gateways) {
    await gateway.until(/! Redis does not answer yet: .*ECONNREFUSED/);
    await storeIs(gateway, false);
  }
  await Promise.all([cluster.restart(), watching.restart()]);
  for (const gateway of gateways) await storeIs(gateway, true);
  for (const gateway of gateways) assert.equal((await gateway.stop()).code, 0);
});
