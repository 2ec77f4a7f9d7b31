import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { cookieOf } from "../../../test-support/cookies.ts";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import type { RequestExchange } from "./exchange.ts";

let world: RefreshWorld;
afterEach(() => world.close());

/** Exchanges the secret, and gives the browser's cookie. */
async function rotated(exchange: RequestExchange<Record<string, unknown>>): Promise<string> {
  exchange.session.rotate();
  const settled = await exchange.settle(200);
  assert.equal(settled.refusal, null);
  return cookieOf(settled);
}

test("F-63 SE-07 a caller who waited while another replica exchanged the secret gets the same one", async () => {
  world = refreshWorld(2);
  const [here, there] = [world.replica(0), world.replica(1)];
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const first = here.ask(cookie);
  await world.quiet();
  const second = there.ask(cookie);
  await world.quiet();
  world.provider.calls[0]?.answer(world.refreshed(1));
  const one = await rotated((await first).exchange);
  assert.ok(one !== "" && one !== cookie);
  // The other replica looks again, and finds new tokens and the new secret at once.
  world.clock.advance(250);
  const two = await rotated((await second).exchange);
  assert.equal(two, one);
  const third = await here.ask(cookie);
  assert.equal(third.exchange.session.owner, "https://provider.test alice");
  assert.equal(await rotated(third.exchange), one);
  assert.equal((await there.ask(one)).exchange.session.owner, "https://provider.test alice");
});
