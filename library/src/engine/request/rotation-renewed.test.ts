import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, renewalWorld, tokens, type World } from "../../../test-support/refresh/renewals.ts";
import type { RequestExchange } from "./exchange.ts";

let world: World;
afterEach(() => world.close());

/** Exchanges the secret, and gives the browser's cookie. */
async function rotated(exchange: RequestExchange<Record<string, unknown>> | undefined): Promise<string | undefined> {
  exchange?.session.rotate();
  const settled = await exchange?.settle(200);
  assert.equal(settled?.refusal, null);
  return settled?.cookies[0]?.replace(/;.*/, "");
}

test("F-63 SE-07 a caller who waited while another replica exchanged the secret gets the same one", async () => {
  world = renewalWorld(2);
  const [here, there] = world.replicas;
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const first = here?.ask(cookie);
  await world.quiet();
  const second = there?.ask(cookie);
  await world.quiet();
  world.provider.spends[0]?.answer({ kind: "refreshed", tokens: tokens(1, world.clock.now() + LIFETIME), claims: null });
  const one = await rotated((await first)?.exchange);
  assert.ok(one !== undefined && one !== cookie);
  // The other replica looks again, and finds new tokens and the new secret at once.
  world.clock.advance(250);
  const two = await rotated((await second)?.exchange);
  assert.equal(two, one);
  const third = await here?.ask(cookie);
  assert.equal(third?.exchange.session.owner, "https://provider.test alice");
  assert.equal(await rotated(third?.exchange), one);
  assert.equal((await there?.ask(one))?.exchange.session.owner, "https://provider.test alice");
});
