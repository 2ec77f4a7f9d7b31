import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, renewalWorld, tokens, type World } from "../../test-support/renewals.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";

let world: World;
afterEach(() => world.close());

test("RF-04 S-18 who goes on with a result that the store has not taken undoes nothing that another wrote meanwhile", async () => {
  let failing = false;
  const inner = memory();
  const store = overStore(inner, {
    put: (row, condition) => {
      if (failing && (row.tokenExpires ?? 0) > world.clock.now()) throw new Error("the store is away");
      return inner.put(row, condition);
    },
  });
  world = renewalWorld(2, { store });
  const [one, other] = world.replicas;
  assert.ok(one && other);
  const cookie = await world.signIn();
  const early = await other.ask(cookie);
  world.clock.advance(LIFETIME);
  failing = true;
  const renewing = one.ask(cookie);
  const spend = await world.provider.next();
  // The row is leased, and this edit makes it the next version.
  early.exchange.session.set({ theirs: 1 });
  assert.equal((await early.exchange.settle(200)).refusal, null);
  spend.answer({ kind: "renewed", tokens: tokens(1, world.clock.now() + LIFETIME), claims: null });
  const { exchange, decision } = await renewing;
  assert.equal(decision.kind, "proceed");
  failing = false;
  exchange.session.set({ ours: 1 });
  assert.equal((await exchange.settle(200)).refusal, null);
  assert.deepEqual((await one.ask(cookie)).exchange.session.data, { theirs: 1, ours: 1 });
});

test("RF-04 S-18 who waits for a result that the store has not taken is shown what was stored when they came", async () => {
  let failing = false;
  const inner = memory();
  const store = overStore(inner, {
    put: (row, condition) => {
      if (failing && (row.tokenExpires ?? 0) > world.clock.now()) throw new Error("the store is away");
      return inner.put(row, condition);
    },
  });
  world = renewalWorld(2, { store });
  const [one, other] = world.replicas;
  assert.ok(one && other);
  const cookie = await world.signIn();
  const early = await other.ask(cookie);
  world.clock.advance(LIFETIME);
  failing = true;
  void one.ask(cookie);
  const spend = await world.provider.next();
  early.exchange.session.set({ theirs: 1 });
  assert.equal((await early.exchange.settle(200)).refusal, null);
  const late = one.ask(cookie);
  await world.quiet();
  spend.answer({ kind: "renewed", tokens: tokens(1, world.clock.now() + LIFETIME), claims: null });
  const { exchange, decision } = await late;
  failing = false;
  assert.equal(decision.kind, "proceed");
  assert.deepEqual(exchange.session.data, { theirs: 1 });
  assert.equal(await exchange.session.accessToken(), "access-1");
});
