import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { coatcheck, type SessionStore } from "coatcheck";
import { memory } from "coatcheck/memory";
import { sqlite } from "coatcheck/sqlite";
import type { ManualClock } from "coatcheck/testing";
import { manualClock } from "coatcheck/testing";
import { type TemporaryFolder, temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { sessionIdOf } from "../../test-support/browser.ts";
import { until } from "../../test-support/connection.ts";
import type { FullGateway } from "../../test-support/full-gateway.ts";
import { SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";
import type { Live } from "../../test-support/live.ts";
import { liveApp, openBoth } from "../../test-support/live.ts";

const SECRET = randomBytes(32).toString("base64url");
const [IDLE, LIFETIME] = [60_000, 150_000];

const open = new AsyncDisposableStack();
let folder: TemporaryFolder;
let url: string;

before(async () => {
  folder = open.use(temporaryFolder("ends"));
  url = `http://127.0.0.1:${open.use(await liveApp()).port}`;
});
after(() => open.disposeAsync());

/** A gateway in front of the app. */
function start(store: SessionStore, clock?: ManualClock): Promise<FullGateway> {
  const session = { idle: `${IDLE / 1000}s`, lifetime: `${LIFETIME / 1000}s` };
  return startFullGateway({
    store,
    upstream: { url },
    config: { secrets: [SECRET], session },
    world: { providers: [], ...(clock === undefined ? {} : { clock }) },
  });
}

const logout = (at: FullGateway, cookie: string) => at.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie } });

async function areOpen(streams: readonly Live[]): Promise<void> {
  for (const stream of streams) {
    await stream.use();
    assert.equal(stream.open, true, stream.kind);
  }
}

async function areClosed(streams: readonly Live[]): Promise<void> {
  await Promise.all(streams.map((stream) => stream.closed()));
}

const leave = (streams: readonly Live[]): void => {
  for (const stream of streams) stream.leave();
};

/** Lets the hub look, and what it says reach the sockets. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(ms);
}

/** How a session of Alice's is ended: at a gateway, or behind its back by another process on the file. */
const ENDINGS: {
  readonly [name: string]: readonly [
    reason: string,
    end: (at: FullGateway, elsewhere: SessionStore, cookie: string) => Promise<unknown> | unknown,
  ];
} = {
  "a logout": ["logout", (at, _elsewhere, cookie) => logout(at, cookie)],
  "another process that ends it": [
    "admin",
    (_at, elsewhere, cookie) => elsewhere.end({ id: sessionIdOf(cookie) }, "admin", Date.now()),
  ],
  "another process that ends all of hers": [
    "elsewhere",
    (_at, elsewhere) => elsewhere.end({ owner: "test alice" }, "elsewhere", Date.now()),
  ],
};

for (const [name, [reason, end]] of Object.entries(ENDINGS)) {
  test(`PX-05 SE-09 LO-10 A-31 ${name} closes the session's streams alone, on every replica within 1 s`, async () => {
    const path = folder.file(`${reason}.db`);
    const elsewhere = sqlite(path);
    await using here = await start(sqlite(path));
    await using there = await start(sqlite({ path, cacheRows: 100 }));
    const alice = await here.signIn("alice");
    const bob = await here.signIn("bob");
    const hers = [
      ...(await openBoth(here.port, alice)),
      ...(await openBoth(here.port, alice)),
      ...(await openBoth(there.port, alice)),
    ];
    const his = [...(await openBoth(here.port, bob)), ...(await openBoth(there.port, bob))];
    await areOpen([...hers, ...his]);
    await end(here, elsewhere, alice);
    await areClosed(hers);
    await areOpen(his);
    const cuts = [here, there].map(({ log }) => log.filter((line) => line.includes('"event":"stream.cut"')));
    for (const lines of cuts) {
      assert.equal(lines.length, 1);
      assert.deepEqual([JSON.parse(lines[0] ?? "").reason, JSON.parse(lines[0] ?? "").session], [reason, sessionIdOf(alice)]);
    }
    leave(his);
    await elsewhere.close();
  });
}

test("PX-05 S-58 an agent's streams end with its person's session, a token's when it is revoked", async () => {
  const path = folder.file("agents.db");
  const accepted = { upstream: { url, audience: "agent" }, config: { secrets: [SECRET], tokens: { audiences: ["agent"] } } };
  await using here = await startFullGateway({ store: sqlite(path), ...accepted });
  await using there = await startFullGateway({ store: sqlite(path), ...accepted });
  const cookie = await here.signIn("alice");
  const elsewhere = sqlite(path);
  const { publicUrl, secrets } = here.settings;
  const { tokens } = coatcheck({ publicUrl, secrets, store: elsewhere, tokens: { audiences: { agent: {} } } });
  const agent = await tokens.issue({ subject: "agent-7", audience: "agent", parent: { id: sessionIdOf(cookie) } });
  const runner = await tokens.issue({ subject: "runner-1", audience: "agent" });
  const both = async (token: string) => {
    const credential = { authorization: `Bearer ${token}` };
    return [...(await openBoth(here.port, credential)), ...(await openBoth(there.port, credential))];
  };
  const [agents, runners] = [await both(agent.accessToken), await both(runner.accessToken)];
  await areOpen([...agents, ...runners]);
  await logout(here, cookie);
  await areClosed(agents);
  await areOpen(runners);
  await tokens.revoke(runner.id);
  await areClosed(runners);
  await elsewhere.close();
});

test("PX-05 SE-02 the idle limit closes streams: frames are no activity, a request is", async () => {
  const clock = manualClock();
  await using gateway = await start(memory(), clock);
  const [alice, bob] = [await gateway.signIn("alice"), await gateway.signIn("bob")];
  const [hers, his] = [await openBoth(gateway.port, alice), await openBoth(gateway.port, bob)];
  await pass(clock, IDLE / 2);
  await areOpen([...hers, ...his]);
  assert.equal(await gateway.statusWith(bob, "/"), 200);
  await pass(clock, IDLE / 2);
  await areOpen([...hers, ...his]);
  await pass(clock, 1_000);
  await areClosed(hers);
  await areOpen(his);
  await pass(clock, IDLE);
  await areClosed(his);
});

test("PX-05 SE-03 the absolute limit closes streams, however active the user", async () => {
  const clock = manualClock();
  await using gateway = await start(memory(), clock);
  const cookie = await gateway.signIn("alice");
  const streams = await openBoth(gateway.port, cookie);
  for (let passed = 0; passed + IDLE / 2 < LIFETIME; passed += IDLE / 2) {
    await pass(clock, IDLE / 2);
    assert.equal(await gateway.statusWith(cookie, "/"), 200);
    await areOpen(streams);
  }
  await pass(clock, IDLE / 2);
  await areClosed(streams);
});

test("PX-05 SE-16 an outage of the store closes no stream, even past limits; what ended is closed after it", async () => {
  const clock = manualClock();
  const store = memory();
  await using gateway = await start(store, clock);
  const [alice, bob] = [await gateway.signIn("alice"), await gateway.signIn("bob")];
  const [hers, his] = [await openBoth(gateway.port, alice), await openBoth(gateway.port, bob)];
  gateway.store.down = true;
  for (let passed = 0; passed <= IDLE; passed += IDLE) {
    await pass(clock, IDLE);
    await store.touch(sessionIdOf(bob), clock.now());
    await areOpen([...hers, ...his]);
  }
  gateway.store.down = false;
  await pass(clock, 1_000);
  await areClosed(hers);
  await areOpen(his);
  leave(his);
});

test("a stream that its client leaves is watched no more, and one that begins anew is watched again", async () => {
  const clock = manualClock();
  await using gateway = await start(memory(), clock);
  const alice = await gateway.signIn("alice");
  const idle = clock.sleeping;
  const streams = await openBoth(gateway.port, alice);
  await pass(clock, 0);
  assert.equal(clock.sleeping, idle + 1);
  leave(streams);
  await until(() => clock.sleeping <= idle);
  const again = await openBoth(gateway.port, alice);
  assert.equal((await logout(gateway, alice)).status, 200);
  await areClosed(again);
  await until(() => clock.sleeping <= idle);
});
