import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import type { RefreshOutcome } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

const away: RefreshOutcome = { kind: "unavailable", retryAfter: null, cause: new Error("down") };

/** A world whose store counts what is read of each row. */
function counting() {
  const inner = memory();
  const reads = new Map<string, number>();
  const store = overStore(inner, {
    get: (id) => {
      reads.set(id, (reads.get(id) ?? 0) + 1);
      return inner.get(id);
    },
  });
  return { world: refreshWorld(1, { store }), reads };
}

/** Lets the provider fail all, until all turns have come. */
async function finished(asked: readonly unknown[]): Promise<void> {
  world.provider.always(() => away);
  for (const call of world.provider.calls) call.answer(away);
  for (let passed = 0; passed < 60; passed++) {
    world.clock.advance(5);
    await world.quiet();
  }
  await Promise.all(asked);
}

/** What comes without time passing; fails, and does not wait, if it takes more than that. */
async function atOnce<T>(asked: Promise<T> | undefined): Promise<T | undefined> {
  const late = Symbol("late");
  const first = await Promise.race([asked, world.quiet().then(() => late)]);
  assert.notEqual(first, late, "it waits for its turn");
  return asked;
}

test("F-71 of a crowd due at once each looks at its row when its turn comes, and keeps none of it before", async () => {
  const made = counting();
  world = made.world;
  const cookies: string[] = [];
  for (let n = 0; n < 40; n++) cookies.push(await world.signIn({ refreshToken: `refresh-of-${n}` }));
  world.clock.advance(LIFETIME);
  made.reads.clear();
  const asked = cookies.map((cookie) => world.replica().ask(cookie));
  await world.quiet();
  // Each was read for its request; those whose turn has come once more, for their lease.
  const again = (): number => [...made.reads.values()].filter((reads) => reads > 1).length;
  assert.equal(made.reads.size, 40);
  assert.equal(again(), world.provider.calls.length);
  assert.ok(again() < 10, `${again()} of 40 have looked`);
  await finished(asked);
  assert.equal(again(), 40);
  assert.equal(world.provider.calls.length, 40);
});

test("F-71 a session that is left alone for now is answered at once, however many wait for their turns", async () => {
  const { world: made } = counting();
  world = made;
  world.provider.always(() => away);
  const paused = await world.signIn({ refreshToken: "refresh-of-the-paused" });
  world.clock.advance(LIFETIME - 60_000);
  const cookies: string[] = [];
  for (let n = 0; n < 20; n++) cookies.push(await world.signIn({ refreshToken: `refresh-of-${n}` }));
  world.clock.advance(60_000);
  await world.replica().ask(paused);
  world.clock.advance(240_000);
  world.provider.always(null);
  await world.quiet();
  const before = world.provider.calls.length;
  world.provider.always(() => away);
  await world.replica().ask(paused);
  world.provider.always(null);
  const waiting = cookies.map((cookie) => world.replica().ask(cookie));
  await world.quiet();
  const calls = world.provider.calls.length;
  assert.ok(calls - before < 20, "the others wait for their turns");
  const asked = await atOnce(world.replica().ask(paused));
  assert.equal(asked?.decision.kind, "proceed");
  assert.equal(world.provider.calls.length, calls);
  await finished(waiting);
});

test("F-34 a request whose refresh failed just now begins no other one behind it", async () => {
  const made = counting();
  world = made.world;
  world.provider.always(() => away);
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  made.reads.clear();
  await world.replica().ask(cookie);
  await world.quiet();
  // Once for the request, and once for the lease.
  assert.deepEqual([...made.reads.values()], [2]);
});

test("F-46 F-71 a crowd whose tokens another process has refreshed waits out no turn for nothing", async () => {
  world = refreshWorld(1);
  const cookies: string[] = [];
  for (let n = 0; n < 200; n++) cookies.push(await world.signIn({ refreshToken: `refresh-of-${n}` }));
  world.clock.advance(LIFETIME);
  const answered: string[] = [];
  const asked = cookies.map((cookie) =>
    world
      .replica()
      .ask(cookie)
      .then(() => answered.push(cookie)),
  );
  await world.quiet();
  const begun = world.provider.calls.length;
  assert.ok(begun < 10, `${begun} have begun`);
  const now = world.clock.now();
  for (const row of await world.store.list({ renewBefore: now }, 1_000, now)) {
    if (row.lease !== null) continue;
    const refreshed = { ...row, version: row.version + 1, tokenExpires: now + LIFETIME, renewAt: now + LIFETIME / 2 };
    assert.equal(await world.store.put(refreshed, row.version), true);
  }
  // Two hundred turns would take a second.
  for (let passed = 0; passed < 700; passed += 5) {
    world.clock.advance(5);
    await world.quiet();
  }
  assert.deepEqual([answered.length, world.provider.calls.length], [200 - begun, begun]);
  await finished(asked);
});

test("F-71 a crowd that waits for its turns has one timer for all, and none once all have had theirs", async () => {
  world = counting().world;
  const cookies: string[] = [];
  for (let n = 0; n < 150; n++) cookies.push(await world.signIn({ refreshToken: `refresh-of-${n}` }));
  world.clock.advance(LIFETIME);
  const before = world.clock.sleeping;
  const asked = cookies.map((cookie) => world.replica().ask(cookie));
  await world.quiet();
  // Those whose turn comes next sleep until then, 64 at most; and what looks for sessions that end.
  assert.ok(world.clock.sleeping - before <= 66, `${world.clock.sleeping - before} timers`);
  for (let passed = 0; passed < 5; passed++) await finished(asked.slice(0, 0));
  await Promise.all(asked);
  assert.equal(world.provider.calls.length, 150);
  assert.equal(world.clock.sleeping, before);
});
