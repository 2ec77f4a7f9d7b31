/**
 * Leases of which this process hears no more, results that the store took late, and a process that was stopped in
 * between.
 */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { optionsOf } from "../../../test-support/engine/inside.ts";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { REQUIRE_USER, view } from "../../../test-support/requests.ts";
import type { RefreshState } from "../../contracts.ts";
import { parseBody, serializeBody } from "../../core/record.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

/** A session of which another holds a lease, or held it. */
async function leasedTo(lease: string, renewal?: RefreshState): Promise<string> {
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const row = await world.rowOf(cookie);
  const body = serializeBody({ ...parseBody(row), ...(renewal === undefined ? {} : { renewal }) });
  assert.ok(await world.store.put({ ...row, version: row.version + 1, lease, body }, row.version));
  return cookie;
}

const KNOWN = { failures: 2, until: 0, unknown: false };

for (const [name, lease, renewal, failures] of [
  ["whose holder had taken it over", "holder.1000.unknown", undefined, 1],
  ["whose holder had taken it over after failures", "holder.1000.unknown", KNOWN, 3],
  ["of a record that says so", "holder.1000.first", { ...KNOWN, unknown: true }, 3],
] as const) {
  test(`F-46 a lease that ran out, ${name}: the token is not shown again, and only a login helps`, async () => {
    world = refreshWorld();
    const cookie = await leasedTo(lease, renewal);
    const { id, expires } = await world.rowOf(cookie);
    const refreshing = world.coordinator().join(await world.rowOf(cookie));
    const asked = world.replica().ask(cookie);
    await world.pass(2_000);
    assert.equal((await asked).decision.kind, "proceed");
    assert.deepEqual(await refreshing, { kind: "unavailable", retryAfter: 1_000, answered: true });
    assert.equal(world.provider.calls.length, 0);
    assert.deepEqual(world.told("refresh.taken-over"), [
      { name: "refresh.taken-over", level: "warn", sessionId: id, provider: "default" },
    ]);
    const row = await world.rowOf(cookie);
    const { until, ...state } = parseBody(row).renewal ?? assert.fail("nothing is remembered");
    assert.deepEqual(state, { failures, unknown: true, lost: true });
    assert.ok(until <= world.clock.now() && until > world.clock.now() - 2_000);
    assert.deepEqual([row.lease, row.renewAt], [null, expires]);
  });
}

for (const [name, renewal] of [
  ["no record of failures", undefined],
  ["failures that were heard of", KNOWN],
] as const) {
  test(`F-46 a first lease that ran out, with ${name}: the token is shown again, and the next lease says so`, async () => {
    world = refreshWorld();
    const cookie = await leasedTo("holder.1000.first", renewal);
    void world.replica().ask(cookie);
    await world.pass(2_000);
    assert.equal(world.provider.calls.length, 1);
    assert.equal(world.told("refresh.taken-over").length, 1);
    assert.match((await world.rowOf(cookie)).lease ?? "", /^[\w-]{16}\.12500\.unknown$/);
  });
}

test("F-46 a lease whose answer was lost is ours all the same, and used once it is written again", async () => {
  const inner = memory();
  let loses = true;
  const store = overStore(inner, {
    put(row, condition) {
      const done = inner.put(row, condition);
      if (row.lease === null || !loses) return done;
      loses = false;
      throw new Error("its answer is lost");
    },
  });
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = world.replica().ask(cookie);
  await world.quiet();
  const { lease, version } = await world.rowOf(cookie);
  assert.deepEqual([world.provider.calls.length, loses], [0, false]);
  await world.pass(100, 50);
  assert.equal(world.provider.calls.length, 1);
  assert.equal((await world.rowOf(cookie)).lease, lease);
  assert.ok((await world.rowOf(cookie)).version > version, "a lease that was read back is acknowledged before its use");
  world.provider.calls[0]?.answer(world.refreshed(1));
  assert.equal(await (await asked).exchange.session.accessToken(), "access-1");
  assert.deepEqual(world.told("refresh.taken-over"), []);
  const [{ level, reason, sessionId, error } = assert.fail("not told of")] = world.told("store.failed");
  assert.deepEqual(
    [level, reason, sessionId, String(error)],
    ["error", "refresh", (await world.rowOf(cookie)).id, "Error: its answer is lost"],
  );
});

test("F-46 who waited for a turn until the lease has hardly any time left does not send the token", async () => {
  const inner = memory();
  let victim = "";
  const store = overStore(inner, {
    put(row, condition) {
      const done = inner.put(row, condition);
      if (row.id !== victim || row.lease === null) return done;
      victim = "";
      throw new Error("its answer is lost");
    },
  });
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  const others = await Promise.all(Array.from({ length: 40 }, (_, n) => world.signIn({ refreshToken: `other-${n}` })));
  world.clock.advance(LIFETIME);
  victim = (await world.rowOf(cookie)).id;
  void world.replica().ask(cookie);
  await world.quiet();
  await world.pass(49, 49);
  for (const other of others) void world.replica().ask(other);
  await world.quiet();
  const sent = (): boolean => world.provider.calls.some(({ tokens: { refreshToken } }) => refreshToken === "refresh-0");
  await world.pass(1, 1);
  assert.equal(sent(), false, "it waits its turn");
  // The process is stopped for longer than the token may be sent.
  await world.pass(2_600, 2_600);
  assert.ok(world.provider.calls.length > 30, "the others go on");
  assert.equal(sent(), false);
  await world.pass(9_000);
  assert.equal(sent(), false, "its lease stands");
  await world.pass(4_000);
  assert.equal(sent(), true, "its lease ran out");
});

/** A store that takes no result of a refresh while its disk is full. */
function diskThatFills() {
  const inner = memory();
  const disk = {
    full: false,
    store: overStore(inner, {
      put(row, condition) {
        if (disk.full && row.lease === null) throw new Error("the disk is full");
        return inner.put(row, condition);
      },
    }),
  };
  return disk;
}

test("F-46 a result that the store took late is forgotten then: the next tokens are refreshed as ever", async () => {
  const disk = diskThatFills();
  world = refreshWorld(1, { store: disk.store });
  world.provider.always(() => world.refreshed(world.provider.calls.length));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  disk.full = true;
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1");
  disk.full = false;
  await world.pass(10_000);
  assert.equal((await world.rowOf(cookie)).lease, null);
  world.clock.advance(LIFETIME);
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-2");
});

for (const [milliseconds, seconds] of [
  [400, 1],
  [1_000, 1],
  [1_001, 2],
] as const) {
  test(`F-46 a pause of ${milliseconds} ms is a Retry-After of ${seconds} s`, async () => {
    world = refreshWorld(1, { refresh: { policy: "on-demand" } });
    const cookie = await world.signIn();
    world.clock.advance(LIFETIME);
    const row = await world.rowOf(cookie);
    const renewal = { ...KNOWN, until: world.clock.now() + milliseconds };
    await world.store.put({ ...row, version: row.version + 1, body: serializeBody({ ...parseBody(row), renewal }) }, row.version);
    const exchange = await world.replica().auth.engine.open(view(cookie));
    assert.equal((await exchange.admit(REQUIRE_USER)).kind, "proceed");
    await assert.rejects(exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE", retryAfter: seconds });
  });
}

test("F-46 a lease that another was quicker to write is read again, and the token is sent once it is free", async () => {
  const inner = memory();
  let loses = true;
  const store = overStore(inner, {
    put(row, condition) {
      if (row.lease === null || !loses) return inner.put(row, condition);
      loses = false;
      return false;
    },
  });
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = world.replica().ask(cookie);
  await world.pass(400, 50);
  world.provider.calls[0]?.answer(world.refreshed(1));
  assert.equal(await (await asked).exchange.session.accessToken(), "access-1");
  assert.equal(world.provider.calls.length, 1);
});

test("F-46 a store that fails is asked four times in a refresh, with a twentieth of a second between", async () => {
  const inner = memory();
  let asked: number[] | null = null;
  const store = overStore(inner, {
    get(id) {
      if (asked === null) return inner.get(id);
      asked.push(world.clock.monotonic());
      throw new Error("the store is away");
    },
  });
  world = refreshWorld(1, { store });
  const row = await world.rowOf(await world.signIn());
  world.clock.advance(LIFETIME);
  const begun = world.clock.monotonic();
  asked = [];
  const refresh = world.coordinator().join(row);
  const refused = assert.rejects(refresh, { code: "ERR_STORE_UNAVAILABLE" });
  await world.quiet();
  await world.pass(300, 10);
  await refused;
  assert.deepEqual(asked, [begun, begun + 50, begun + 100, begun + 150]);
  assert.equal(world.told("store.failed").length, 4);
  asked = null;
});

test("F-46 a session that began while its tokens were refreshed is left alone if they are not any more", async () => {
  const store = memory();
  const before = refreshWorld(1, { store });
  const cookie = await before.signIn();
  world = refreshWorld(1, { store, refresh: { policy: "never" } }, before.clock);
  world.clock.advance(LIFETIME);
  const { decision, exchange } = await world.replica().ask(cookie);
  assert.equal(decision.kind, "proceed");
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_SESSION_ENDED" });
  assert.equal(world.provider.calls.length, 0);
  await before.replicas[0]?.auth.close();
});

test("F-46 while the store has not heard that a refresh came to nothing, no process sends the token again", async () => {
  const disk = diskThatFills();
  world = refreshWorld(1, { store: disk.store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  disk.full = true;
  world.provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: null }));
  assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
  const { coordinator } = optionsOf(world.replica().auth);
  assert.deepEqual(await coordinator.refresh(await world.rowOf(cookie)), { kind: "unavailable", retryAfter: 1_000 });
  assert.equal(world.provider.calls.length, 1);
  disk.full = false;
  await world.pass(1_000);
});

test("F-46 once a request has what it waited for, its session is watched no more", async () => {
  const inner = memory();
  let asked = 0;
  const store = overStore(inner, {
    get(id) {
      asked += 1;
      return inner.get(id);
    },
  });
  world = refreshWorld(1, { store });
  world.provider.always(() => world.refreshed(1));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1");
  await world.quiet();
  asked = 0;
  await world.pass(10_000);
  assert.equal(asked, 0);
});

test("SE-12 a lease that was read back, and is not acknowledged, is not used: a failover may take it back", async () => {
  const inner = memory();
  let unconfirmed = 0;
  const store = overStore(inner, {
    put(row, condition) {
      const done = inner.put(row, condition);
      if (row.lease === null || unconfirmed >= 3) return done;
      unconfirmed += 1;
      throw new Error("no replica has it in time");
    },
  });
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = world.replica().ask(cookie);
  for (let tries = 0; unconfirmed < 3; tries += 1) {
    assert.equal(world.provider.calls.length, 0, "the token is sent by nobody");
    await world.pass(50, 50);
    assert.ok(tries < 100);
  }
  await world.pass(200, 50);
  assert.equal(world.provider.calls.length, 1);
  world.provider.calls[0]?.answer(world.refreshed(1));
  assert.equal(await (await asked).exchange.session.accessToken(), "access-1");
});
