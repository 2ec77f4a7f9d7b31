import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, renewalWorld, SOMEBODY, view, type World } from "../../../test-support/refresh/renewals.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";

let world: World;
afterEach(() => world.close());

test("F-46 a token that lives on for long is given without another look at its row", async () => {
  const inner = memory();
  let reads = 0;
  const store = overStore(inner, {
    get: (id) => {
      reads += 1;
      return inner.get(id);
    },
  });
  world = renewalWorld(1, { store, refresh: { policy: "on-demand" } });
  const cookie = await world.signIn();
  reads = 0;
  const asked = await world.replicas[0]?.ask(cookie);
  assert.equal(await asked?.exchange.session.accessToken(), "access-0");
  await world.quiet();
  assert.equal(reads, 1);
  world.clock.advance(LIFETIME - 1);
  const late = await world.replicas[0]?.ask(cookie);
  assert.equal(await late?.exchange.session.accessToken(), "access-0");
  await world.quiet();
  assert.ok(reads > 2, "one that runs out in a moment is renewed ahead");
});

test("F-46 a token that has nearly expired is refreshed early, but not if the request refreshes nothing", async () => {
  world = renewalWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME - 1);
  const engine = world.replicas[0]?.auth.engine;
  const admitted = async (renews: boolean): Promise<string | undefined> =>
    (await (await engine?.open(view(cookie)))?.admit({ ...SOMEBODY, refreshes: renews }))?.kind;
  assert.equal(await admitted(false), "proceed");
  await world.quiet();
  assert.equal(world.provider.spends.length, 0);
  assert.equal(await admitted(true), "proceed");
  await world.quiet();
  assert.equal(world.provider.spends.length, 1);
});
