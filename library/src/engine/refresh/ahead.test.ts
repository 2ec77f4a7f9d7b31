import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { REQUIRE_USER, view } from "../../../test-support/requests.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

test("F-46 a token that lives on for long is given without another look at its row", async () => {
  const { store, calls, count } = failingStore();
  world = refreshWorld(1, { store, refresh: { policy: "on-demand" } });
  const cookie = await world.signIn();
  calls.length = 0;
  const asked = await world.replica().ask(cookie);
  assert.equal(await asked.exchange.session.accessToken(), "access-0");
  await world.quiet();
  assert.equal(count("get"), 1);
  world.clock.advance(LIFETIME - 1);
  const late = await world.replica().ask(cookie);
  assert.equal(await late.exchange.session.accessToken(), "access-0");
  await world.quiet();
  assert.ok(count("get") > 2, "one that runs out in a moment is refreshed ahead");
});

test("F-46 a token that has nearly expired is refreshed early, but not if the request refreshes nothing", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME - 1);
  const engine = world.replica().auth.engine;
  const admitted = async (refreshes: boolean): Promise<string> =>
    (await (await engine.open(view(cookie))).admit({ ...REQUIRE_USER, refreshes })).kind;
  assert.equal(await admitted(false), "proceed");
  await world.quiet();
  assert.equal(world.provider.calls.length, 0);
  assert.equal(await admitted(true), "proceed");
  await world.quiet();
  assert.equal(world.provider.calls.length, 1);
});
