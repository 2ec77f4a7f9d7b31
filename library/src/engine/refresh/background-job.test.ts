import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

const LONG = { idle: 24 * 3_600_000, lifetime: 48 * 3_600_000 };

function background(count = 1, more = {}): RefreshWorld {
  return refreshWorld(count, { refresh: { background: true }, session: LONG, ...more });
}

const refreshes = (): void => world.provider.always(() => world.refreshed(world.provider.calls.length));

/** In steps that are shorter than the job's own. */
const pass = (milliseconds: number, step = 2_000): Promise<void> => world.pass(milliseconds, step);

async function rows() {
  return world.store.list({ renewBefore: Number.MAX_SAFE_INTEGER }, 1_000, world.clock.now());
}

test("S-24 two replicas refresh absent users' sessions ahead, once each, and it is no activity", async () => {
  world = background(2);
  refreshes();
  for (let n = 0; n < 30; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  const before = new Map((await rows()).map((row) => [row.id, row]));
  await pass(LIFETIME);
  const sent = world.provider.calls.map(({ tokens: { refreshToken } }) => refreshToken);
  assert.equal(new Set(sent).size, sent.length, "none was sent twice");
  for (const row of await rows()) {
    assert.ok((row.tokenExpires ?? 0) > world.clock.now(), "in step");
    assert.equal(row.seen, before.get(row.id)?.seen);
    assert.equal(row.expires, before.get(row.id)?.expires);
  }
  assert.ok(sent.length >= 30 && sent.length <= 34, `${sent.length} refreshes`);
});

test("S-24 SE-06 by default no session is refreshed while its user is away", async () => {
  world = refreshWorld(1, { session: LONG });
  refreshes();
  await world.signIn();
  await pass(2 * LIFETIME);
  assert.equal(world.provider.calls.length, 0);
});

test("S-24 ended and idle sessions are not refreshed; an idle one ends as it would have", async () => {
  world = background(1, { session: { ...LONG, idle: 60_000 } });
  refreshes();
  await world.signIn();
  const [row] = await rows();
  await world.signIn();
  for (const { id } of await rows()) if (id !== row?.id) await world.store.end({ id }, "logout", world.clock.now());
  await pass(LIFETIME + 60_000);
  assert.equal(world.provider.calls.length, 0);
  const left = await world.store.get(row?.id ?? "");
  assert.equal(left?.renewAt, left?.expires, "asked for no more");
  assert.equal(left?.ended, null);
});

test("S-24 a hopeless session is left alone after ten failures, and a user who comes back still tries", async () => {
  world = background();
  world.provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: null }));
  const cookie = await world.signIn();
  await pass(30 * 60_000);
  const asked = world.provider.calls.length;
  assert.equal(asked, 10);
  await pass(30 * 60_000);
  assert.equal(world.provider.calls.length, asked);
  refreshes();
  const { exchange } = await world.replica().ask(cookie);
  assert.equal(await exchange.session.accessToken(), `access-${asked + 1}`);
});

test("S-24 RF-09 an outage of the provider leads to no storm, neither within it nor when it ends", async () => {
  world = background();
  world.provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: null }));
  for (let n = 0; n < 200; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  await pass(LIFETIME * 0.8);
  let most = 0;
  for (let n = 0; n < 60; n++) {
    const before = world.provider.calls.length;
    await pass(2_000);
    most = Math.max(most, world.provider.calls.length - before);
  }
  assert.ok(most <= 12, `${most} calls within two seconds of the outage`);
  refreshes();
  const before = world.provider.calls.length;
  let burst = 0;
  for (let n = 0; n < 120; n++) {
    const start = world.provider.calls.length;
    await pass(1_000);
    burst = Math.max(burst, world.provider.calls.length - start);
  }
  assert.ok(world.provider.calls.length - before >= 200, "all are in step again");
  assert.ok(burst < 200, `${burst} within a second`);
});

test("S-24 a dead holder's lease is taken over by the job of another replica", async () => {
  const store = memory();
  world = background(2, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  void world.replica().ask(cookie);
  await world.quiet();
  assert.equal(world.provider.calls.length, 1);
  await pass(90_000);
  assert.equal(world.provider.calls.length, 2, "the first was never answered");
  world.provider.calls[1]?.answer(world.refreshed(1));
  await world.quiet();
  assert.equal((await rows())[0]?.lease, null);
});

test("S-24 sessions that others refresh hold up none: the job passes them by at the first sight of a lease", async () => {
  world = background();
  refreshes();
  for (let n = 0; n < 5; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  for (const row of await rows()) {
    await world.store.put({ ...row, version: row.version + 1, lease: `holder-of-${row.id}.12500.first` }, row.version);
  }
  world.clock.advance(1_000);
  await world.signIn({ refreshToken: "refresh-of-the-last" });
  for (const row of await rows())
    await world.store.put({ ...row, version: row.version + 1, renewAt: row.lease === null ? 2 : 1 }, row.version);
  await pass(16_000);
  assert.deepEqual(
    world.provider.calls.map(({ tokens: { refreshToken } }) => refreshToken),
    ["refresh-of-the-last"],
  );
});

test("S-24 however many are due, four are refreshed at once, and others follow one by one", async () => {
  world = background();
  for (let n = 0; n < 60; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  const { calls } = world.provider;
  const starts: number[] = [];
  let answered = 0;
  for (let left = 2 * LIFETIME; left > 0 && answered < 60; left -= 50) {
    world.clock.advance(50);
    await world.quiet();
    assert.ok(calls.length - answered <= 4, `${calls.length - answered} at once`);
    while (starts.length < calls.length) starts.push(world.clock.monotonic());
    // The provider takes its time for each of them.
    const begun = starts[answered];
    if (begun === undefined || world.clock.monotonic() - begun < 200) continue;
    answered += 1;
    calls[answered - 1]?.answer(world.refreshed(answered));
  }
  assert.equal(answered, 60);
  assert.ok(new Set(starts).size > 20, "they do not come in one burst");
});

test("F-46 a pass that finds the provider away is over after eight failures, and the next one begins anew", async () => {
  world = background();
  world.provider.always(() => ({ kind: "unavailable", retryAfter: 3_600_000, cause: null }));
  for (let n = 0; n < 60; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  await pass(LIFETIME * 0.9);
  const counts: number[] = [];
  let before = world.provider.calls.length;
  let last = world.clock.monotonic();
  // A pass takes less than a second, and comes every seven and a half to fifteen.
  for (const end = last + 75_000; world.clock.monotonic() < end; ) {
    world.clock.advance(50);
    await world.quiet();
    const asked = world.provider.calls.length - before;
    before += asked;
    if (asked === 0) continue;
    if (counts.length === 0 || world.clock.monotonic() - last > 3_000) counts.push(0);
    counts.push((counts.pop() ?? 0) + asked);
    last = world.clock.monotonic();
  }
  // The first may have been under way already.
  assert.deepEqual(counts.slice(1, 4), [8, 8, 8]);
});

test("F-46 a store that is away in a pass is told of, and the next pass goes on", async () => {
  const { store, failing } = failingStore();
  world = background(1, { store });
  refreshes();
  await world.signIn();
  failing.add("list");
  await pass(LIFETIME);
  assert.equal(world.provider.calls.length, 0);
  const told = world.told("store.failed");
  assert.ok(told.length > 10);
  for (const { level, reason, error } of told)
    assert.deepEqual([level, reason, String(error)], ["warn", "refresh", "Error: the store is away"]);
  failing.clear();
  await pass(16_000);
  assert.equal(world.provider.calls.length, 1);
});

test("F-46 of a long list nothing more is asked for once the provider is known to be away", async () => {
  const real = memory();
  const batches: number[] = [];
  const store = overStore(real, {
    list: (query, most, now) => {
      if ("renewBefore" in query && query.renewBefore === now) batches.push(most);
      return real.list(query, most, now);
    },
  });
  world = background(1, { store });
  world.provider.always(() => ({ kind: "unavailable", retryAfter: 3_600_000, cause: null }));
  for (let n = 0; n < 150; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  await pass(LIFETIME);
  batches.length = 0;
  let passes = 0;
  for (let before = world.provider.calls.length; passes < 2; before = world.provider.calls.length) {
    // A pass begins every fifteen seconds at the latest, and takes some dozens of milliseconds.
    await pass(16_000, 50);
    assert.ok(world.provider.calls.length > before);
    passes += 1;
  }
  assert.ok(batches.length >= 2 && batches.length <= 5, `${batches.length} lists in half a minute`);
  assert.deepEqual(new Set(batches), new Set([100]));
});

test("F-46 of more sessions than one list has the others are refreshed in the same pass", async () => {
  const real = memory();
  const lists: number[] = [];
  const store = overStore(real, {
    list: (query, most, now) => {
      if ("renewBefore" in query && query.renewBefore === now) lists.push(now);
      return real.list(query, most, now);
    },
  });
  world = background(1, { store });
  refreshes();
  for (let n = 0; n < 150; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  await pass(LIFETIME - 60_000);
  assert.equal(world.provider.calls.length, 0);
  world.clock.advance(60_000);
  lists.length = 0;
  for (let waited = 0; world.provider.calls.length < 150 && waited < 60_000; waited += 50) await pass(50, 50);
  assert.equal(world.provider.calls.length, 150);
  const [first = 0, second = 0] = lists;
  assert.ok(second > first && second - first < 7_000, `${second - first} ms`);
});

test("F-46 of a long list nothing more is asked for once the store is known to answer no look at a session", async () => {
  const real = memory();
  const looked = new Set<string>();
  let away = false;
  const store = overStore(real, {
    get: (id) => {
      if (!away) return real.get(id);
      looked.add(id);
      throw new Error("the store is away");
    },
  });
  world = background(1, { store });
  refreshes();
  for (let n = 0; n < 60; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  away = true;
  world.clock.advance(LIFETIME);
  // A pass begins after seven seconds at the earliest, and the next one as much later.
  for (let waited = 0; looked.size === 0 && waited < 20_000; waited += 50) await pass(50, 50);
  await pass(6_000, 50);
  assert.ok(looked.size >= 8 && looked.size <= 8 + 4, `${looked.size} of 60`);
  away = false;
});

test("F-46 sessions of a newer release are left to it, and keep no others from being refreshed", async () => {
  world = background(1);
  refreshes();
  for (let n = 0; n < 24; n++) await world.signIn({ refreshToken: `refresh-of-${n}` });
  for (const row of (await rows()).slice(0, 20))
    await world.store.put({ ...row, version: row.version + 1, body: '{"format":2}' }, row.version);
  await pass(LIFETIME - 60_000);
  world.clock.advance(60_000);
  for (let waited = 0; world.provider.calls.length < 4 && waited < 20_000; waited += 50) await pass(50, 50);
  assert.equal(world.provider.calls.length, 4);
  const told = world.told("store.failed");
  assert.deepEqual(told, []);
});
