import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

/**
 * Another replica edits a session while its refresh waits for the provider, and from then on the store takes no result
 * of a refresh.
 */
async function editedMeanwhile() {
  const state = { failing: false };
  const inner = memory();
  const store = overStore(inner, {
    put: (row, condition) => {
      if (state.failing && (row.tokenExpires ?? 0) > world.clock.now()) throw new Error("the store is away");
      return inner.put(row, condition);
    },
  });
  world = refreshWorld(2, { store });
  const [one, other] = [world.replica(0), world.replica(1)];
  const cookie = await world.signIn();
  const early = await other.ask(cookie);
  world.clock.advance(LIFETIME);
  state.failing = true;
  const refreshing = one.ask(cookie);
  const call = await world.provider.next();
  // The row is leased, and this edit makes it the next version.
  early.exchange.session.set({ theirs: 1 });
  assert.equal((await early.exchange.settle(200)).refusal, null);
  return { state, one, cookie, refreshing, call };
}

test("RF-04 S-18 going on with a result that the store has not taken undoes nothing written meanwhile", async () => {
  const { state, one, cookie, refreshing, call } = await editedMeanwhile();
  call.answer(world.refreshed(1));
  const { exchange, decision } = await refreshing;
  assert.equal(decision.kind, "proceed");
  state.failing = false;
  exchange.session.set({ ours: 1 });
  assert.equal((await exchange.settle(200)).refusal, null);
  assert.deepEqual((await one.ask(cookie)).exchange.session.data, { theirs: 1, ours: 1 });
});

test("RF-04 S-18 a caller who waits for a result not yet stored is shown what was stored when they came", async () => {
  const { state, one, cookie, call } = await editedMeanwhile();
  const late = one.ask(cookie);
  await world.quiet();
  call.answer(world.refreshed(1));
  const { exchange, decision } = await late;
  state.failing = false;
  assert.equal(decision.kind, "proceed");
  assert.deepEqual(exchange.session.data, { theirs: 1 });
  assert.equal(await exchange.session.accessToken(), "access-1");
});

/** Alice's token is being refreshed, and the store takes nothing more once its lease is written. */
async function heldBack() {
  const { store, failing } = failingStore();
  world = refreshWorld(1, { store });
  const replica = world.replica();
  const cookie = await world.signIn();
  const first = (await replica.ask(cookie)).exchange.session.accessToken({ rejected: "access-0" });
  const call = await world.provider.next();
  failing.add("put");
  return { failing, replica, cookie, first, call };
}

test("F-46 RF-04 a caller who read the leased row and wants a new token is given the one not yet stored", async () => {
  const { failing, replica, cookie, first, call } = await heldBack();
  const second = (await replica.ask(cookie)).exchange.session.accessToken({ rejected: "access-0" });
  await world.quiet();
  call.answer(world.refreshed(1));
  assert.deepEqual(await Promise.all([first, second]), ["access-1", "access-1"]);
  assert.equal(world.provider.calls.length, 1);
  failing.clear();
});

test("F-46 RF-04 a token that the store has not taken is given until the millisecond in which it runs out", async () => {
  const { failing, replica, cookie, first, call } = await heldBack();
  call.answer(world.refreshed(1, { expires: world.clock.now() + LIFETIME + 1_000 }));
  assert.equal(await first, "access-1");
  world.clock.advance(LIFETIME + 999);
  await world.quiet();
  const last = await replica.ask(cookie);
  assert.equal(await last.exchange.session.accessToken(), "access-1");
  world.clock.advance(1);
  const { exchange } = await replica.ask(cookie);
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE", retryAfter: 1 });
  failing.clear();
});
