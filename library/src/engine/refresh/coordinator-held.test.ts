/**
 * Refreshes whose result the store has not taken yet, that come to nothing again and again, or that the end of the
 * process meets.
 */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import type { Clock, SessionRow } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

/**
 * A session whose token is due, on a store that takes no result of a refresh while its disk is full, and that tells of
 * no endings by itself.
 */
async function dueOnFullDisk() {
  const inner = memory();
  const disk = { full: true };
  const store = overStore(inner, {
    put(row, condition) {
      if (disk.full && row.lease === null) throw new Error("the disk is full");
      return inner.put(row, condition);
    },
  });
  disk.full = false;
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  disk.full = true;
  return { disk, cookie, row: await world.rowOf(cookie) };
}

test("F-46 S-18 a caller with a newer row than the leased one goes on with that, and with the held tokens", async () => {
  const { disk, cookie, row } = await dueOnFullDisk();
  const first = world.coordinator().refresh(row);
  await world.quiet();
  const leased = await world.rowOf(cookie);
  const newer = { ...leased, version: leased.version + 1, seen: leased.seen + 7 };
  assert.ok(await world.store.put(newer, leased.version));
  const second = world.coordinator().refresh(newer);
  const rejected = world.coordinator().refresh(leased, { rejected: "access-0" });
  world.provider.calls[0]?.answer(world.refreshed(1));
  const seen = await Promise.all(
    [first, second, rejected].map(async (one) => {
      const result = await one;
      assert.equal(result.kind, "refreshed");
      return result.kind === "refreshed" ? [result.row.seen, result.row.tokenExpires] : [];
    }),
  );
  const expires = world.clock.now() + LIFETIME;
  assert.deepEqual(seen, [
    [row.seen, expires],
    [row.seen + 7, expires],
    [row.seen, expires],
  ]);
  disk.full = false;
  await world.pass(10_000);
});

test("F-46 RF-04 while a result is held nothing is refreshed ahead: the token that it came from is used up", async () => {
  const { disk, row } = await dueOnFullDisk();
  world.provider.always(() => world.refreshed(1));
  assert.equal((await world.coordinator().refresh(row)).kind, "refreshed");
  world.coordinator().refreshAhead(row);
  await world.pass(30_000);
  assert.equal(world.provider.calls.length, 1);
  disk.full = false;
  await world.pass(10_000);
  assert.equal(world.provider.calls.length, 1);
});

test("F-46 a provider whose tokens have expired when they come is asked three times for a request", async () => {
  world = refreshWorld(1, { refresh: { policy: "on-demand" } });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  world.provider.always(() => world.refreshed(world.provider.calls.length, { expires: world.clock.now() }));
  await assert.rejects(world.coordinator().accessToken(await world.rowOf(cookie)), { code: "ERR_TOKEN_UNAVAILABLE" });
  assert.equal(world.provider.calls.length, 3);
});

test("F-46 who joins a refresh with a row that was read long ago hears at once that its session has ended", async () => {
  const inner = memory();
  world = refreshWorld(1, { store: overStore(inner, {}) });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const row = await world.rowOf(cookie);
  world.coordinator().refreshAhead(row);
  await world.quiet();
  assert.equal(world.provider.calls.length, 1);
  await inner.end({ id: row.id }, "admin", world.clock.now());
  const joined = world.coordinator().refresh(row);
  let heard: unknown = null;
  joined.then((result) => {
    heard = result;
  });
  await world.quiet();
  assert.deepEqual(heard, { kind: "ended", reason: "admin" });
});

test("F-46 once the process ends no request waits for another's lease, and nothing is refreshed ahead", async () => {
  const { store, calls, count } = failingStore();
  world = refreshWorld(1, { store });
  const [cookie, other] = [await world.signIn(), await world.signIn({ refreshToken: "other" })];
  world.clock.advance(LIFETIME);
  const row = await world.rowOf(cookie);
  assert.ok(await store.put({ ...row, version: row.version + 1, lease: "holder.60000.first" }, row.version));
  const unavailable = assert.rejects(world.coordinator().join(await world.rowOf(cookie)), { code: "ERR_TOKEN_UNAVAILABLE" });
  await world.pass(500);
  world.coordinator().close();
  await world.quiet();
  await unavailable;
  const late = await world.rowOf(other);
  calls.length = 0;
  world.coordinator().refreshAhead(late);
  await world.pass(1_000);
  assert.deepEqual([count("get"), world.provider.calls.length], [0, 0]);
});

test("F-46 the end of the process waits for a refresh without a waiting request, and its tokens are kept", async () => {
  world = refreshWorld(1, { store: overStore(memory(), { close: () => undefined }) });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  world.coordinator().refreshAhead(await world.rowOf(cookie));
  await world.quiet();
  let closed = false;
  const closing = world
    .replica()
    .auth.close()
    .then(() => {
      closed = true;
    });
  await world.quiet();
  assert.equal(closed, false);
  world.provider.calls[0]?.answer(world.refreshed(1));
  await world.quiet();
  await closing;
  const { lease, tokenExpires } = await world.rowOf(cookie);
  assert.deepEqual([lease, tokenExpires], [null, world.clock.now() + LIFETIME]);
});

test("F-46 a hundred sessions that are due at once are not all read in one moment, but all are refreshed", async () => {
  const { store, calls, count } = failingStore();
  world = refreshWorld(1, { store });
  const rows: SessionRow[] = [];
  for (let n = 0; n < 100; n += 1) rows.push(await world.rowOf(await world.signIn({ refreshToken: `refresh-of-${n}` })));
  world.clock.advance(LIFETIME);
  world.provider.always(() => world.refreshed(1));
  calls.length = 0;
  for (const row of rows) world.coordinator().refreshAhead(row);
  await world.quiet();
  const reads = count("get");
  assert.ok(reads > 0 && reads < 100, `${reads} were looked at`);
  await world.pass(10_000, 20);
  assert.equal(world.provider.calls.length, 100);
});

test("F-46 waiting for another's lease takes no turn: new tokens are seen while all turns are taken", async () => {
  world = refreshWorld(1);
  const cookie = await world.signIn();
  const others: SessionRow[] = [];
  for (let n = 0; n < 64; n += 1) others.push(await world.rowOf(await world.signIn({ refreshToken: `refresh-of-${n}` })));
  world.clock.advance(LIFETIME);
  const row = await world.rowOf(cookie);
  const leased = { ...row, version: row.version + 1, lease: "holder.60000.first" };
  assert.ok(await world.store.put(leased, row.version));
  let heard: string | null = null;
  void world
    .coordinator()
    .join(leased)
    .then(({ kind }) => {
      heard = kind;
    });
  await world.pass(500);
  for (const other of others) world.coordinator().refreshAhead(other);
  await world.pass(3_000, 20);
  assert.deepEqual([heard, world.provider.calls.length], [null, 64]);
  const expires = world.clock.now() + LIFETIME;
  const stored = { ...leased, version: leased.version + 1, lease: null, tokenExpires: expires, renewAt: expires };
  assert.ok(await world.store.put(stored, leased.version));
  await world.pass(500);
  assert.equal(heard, "refreshed");
});

test("F-46 a refresh whose turn never comes, since the clock fails, is over for all that wait for it", async () => {
  const clock = manualClock();
  let fails = false;
  const sleep: Clock["sleep"] = (ms, signal) => (fails ? Promise.reject(new Error("no time")) : clock.sleep(ms, signal));
  world = refreshWorld(
    1,
    {},
    {
      ...clock,
      get sleeping() {
        return clock.sleeping;
      },
      sleep,
    },
  );
  const rows: SessionRow[] = [];
  for (let n = 0; n < 40; n += 1) rows.push(await world.rowOf(await world.signIn({ refreshToken: `refresh-of-${n}` })));
  world.clock.advance(LIFETIME);
  world.provider.always(() => world.refreshed(1));
  fails = true;
  const failed: string[] = [];
  for (const row of rows)
    world
      .coordinator()
      .join(row)
      .catch((error: unknown) => failed.push(String(error)));
  await world.quiet();
  fails = false;
  await world.pass(1_000);
  assert.ok(failed.includes("Error: no time"));
  assert.equal(failed.length + world.provider.calls.length, 40);
});
