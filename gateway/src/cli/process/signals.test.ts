import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import type { Environment } from "../../../test-support/command.ts";
import { ServedGateway } from "../../../test-support/command.ts";
import { ask, type Listening, listenOn } from "../../../test-support/talk.ts";

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("signals"));
/** A provider that takes connections and never answers. */
let silent: Listening;
before(async () => {
  silent = open.use(await listenOn(() => {}));
});
after(() => open.disposeAsync());

/** Starts the command, and answers as soon as its admin listener does. */
async function serve(more: Environment = {}): Promise<ServedGateway> {
  const environment = { COATCHECK_ISSUER: `http://127.0.0.1:${silent.port}`, ...more };
  const gateway = open.use(await ServedGateway.start({ cwd: folder.path, environment }));
  const deadline = performance.now() + 60_000;
  while (!(await isLive(gateway))) {
    assert.ok(performance.now() < deadline, "it never came");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return gateway;
}

const isLive = async (gateway: ServedGateway): Promise<boolean> => (await gateway.admin("/health/live")).status === 200;

/** Stops one whose store takes connections and never answers: how long the stop took. */
async function stopAtStore(store: Server, address: string): Promise<number> {
  const connected = once(store, "connection");
  const gateway = open.use(await ServedGateway.start({ cwd: folder.path, environment: { COATCHECK_STORE: address } }));
  await connected;
  const began = performance.now();
  assert.equal((await gateway.stop()).code, 0);
  return performance.now() - began;
}

for (const scheme of ["postgres", "redis"]) {
  test(`F-10 SIGTERM while the store does not answer the first connection stops at once: ${scheme}`, async () => {
    const store = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    open.defer(() => void store.close());
    await once(store, "listening");
    const address = store.address();
    assert.ok(typeof address === "object" && address !== null);
    const took: number[] = [];
    // As above.
    while (took.length < 20 && !took.some((time) => time < 1_000)) {
      took.push(await stopAtStore(store, `${scheme}://user@127.0.0.1:${address.port}${scheme === "redis" ? "" : "/app"}`));
    }
    assert.ok(
      took.some((time) => time < 1_000),
      `${took.join(", ")} ms`,
    );
  });
}

test("F-10 SIGTERM while a worker waits for its first connection to the store stops all at once", async () => {
  // The first process is refused, and starts a worker, whose connection nobody answers.
  let refuses = true;
  const held = Promise.withResolvers<void>();
  const store = createServer((socket) => {
    socket.on("error", () => {});
    if (refuses) socket.destroy();
    else held.resolve();
  }).listen(0, "127.0.0.1");
  open.defer(() => void store.close());
  await once(store, "listening");
  const address = store.address();
  assert.ok(typeof address === "object" && address !== null);
  const environment = { COATCHECK_STORE: `postgres://user@127.0.0.1:${address.port}/app`, COATCHECK_WORKERS: "2" };
  const gateway = open.use(await ServedGateway.start({ cwd: folder.path, environment }));
  while (workersOf(gateway).length === 0) await new Promise(setImmediate);
  refuses = false;
  await held.promise;
  const { err, code } = await gateway.stop();
  assert.equal(code, 0, err);
  // It has not waited until the worker listened.
  assert.doesNotMatch(err, /listening/);
});

/** Stops one that waits to introduce itself, which it does for a second and a half: how long the stop took. */
async function stopEarly(): Promise<number> {
  const gateway = await serve();
  if (/listening/.test(gateway.err)) return Number.POSITIVE_INFINITY;
  const began = performance.now();
  assert.equal((await gateway.stop()).code, 0);
  return performance.now() - began;
}

test("F-10 SIGTERM while the provider is still looked for stops at once", async () => {
  // One that waits all the same waits each time. A machine that lets it stand still, or this process, does not do so
  // each time.
  const took: number[] = [];
  while (took.length < 20 && !took.some((time) => time < 1_000)) took.push(await stopEarly());
  assert.ok(
    took.some((time) => time < 1_000),
    `${took.join(", ")} ms`,
  );
});

const SHARED = { COATCHECK_WORKERS: "2", COATCHECK_STORE: "sqlite:signals.db" };
for (const [name, more, heard] of [
  ["one process", {}, 1],
  ["workers", SHARED, 3],
] as const) {
  test(`F-09 SIGHUP is ignored and said so: ${name}`, async () => {
    const gateway = await serve(more);
    const said = (): number => gateway.out.concat(gateway.err).split("SIGHUP is ignored").length - 1;
    gateway.child.kill("SIGHUP");
    await gateway.when(() => said() === 1);
    for (const pid of workersOf(gateway)) process.kill(pid, "SIGHUP");
    await gateway.when(() => said() === heard);
    assert.ok(await isLive(gateway));
    assert.equal((await gateway.stop()).code, 0);
  });
}

const fresh = (): string => randomBytes(32).toString("base64url");

for (const [name, more, processes] of [
  ["one process", {}, 1],
  ["workers", SHARED, 3],
] as const) {
  test(`S-64 F-09 SIGHUP reads secrets again in each process; a bad file keeps the old, aloud: ${name}`, async () => {
    const [file, tokenFile] = [folder.file("secrets"), folder.file("token")];
    writeFileSync(file, fresh());
    writeFileSync(tokenFile, "old-token");
    const files = { COATCHECK_SECRET_FILE: file, COATCHECK_ADMIN_TOKEN_FILE: tokenFile };
    const gateway = await serve({ ...more, ...files, COATCHECK_SECRET: "" });
    const told = (event: string) => gateway.lines.filter((line) => line.event === event);
    const keys = async () => JSON.parse((await gateway.admin("/health/ready")).text).keys;
    const statusWith = async (token: string): Promise<number> =>
      (await ask(gateway.adminPort, "/sessions?owner=x", { headers: { host: "localhost", authorization: `Bearer ${token}` } }))
        .status;
    const before = await keys();
    assert.deepEqual([await statusWith("old-token"), await statusWith("new-token")], [200, 401]);

    for (const [bad, why] of [
      ["changeme", /COATCHECK_SECRET_FILE \(secretsFile\[0\]\)/],
      ["", /is empty/],
    ] as const) {
      const kept = told("secrets.kept").length;
      writeFileSync(file, bad);
      writeFileSync(tokenFile, "new-token");
      gateway.child.kill("SIGHUP");
      await gateway.when(() => told("secrets.kept").length === kept + 1);
      assert.match(JSON.stringify(told("secrets.kept").at(-1)), why);
      assert.equal(told("secrets.kept").at(-1)?.level, "error");
      assert.deepEqual(await keys(), before);
      assert.deepEqual([await statusWith("old-token"), await statusWith("new-token")], [200, 401], "all of it or nothing");
    }

    const secret = fresh();
    writeFileSync(file, secret);
    gateway.child.kill("SIGHUP");
    await gateway.when(() => told("secrets.changed").length === processes);
    const after = await keys();
    assert.notEqual(after.seals, before.seals);
    for (const line of told("secrets.changed")) assert.match(JSON.stringify(line), new RegExp(`"${after.seals} \\(seals\\)`));
    assert.deepEqual([await statusWith("old-token"), await statusWith("new-token")], [401, 200]);
    for (const text of [secret, "changeme", "new-token"]) assert.equal((gateway.out + gateway.err).includes(text), false, text);
    assert.equal((await gateway.stop()).code, 0);
  });
}

/** The processes that it started. */
function workersOf({ pid }: ServedGateway): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}
