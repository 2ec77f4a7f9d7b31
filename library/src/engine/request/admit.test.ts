import assert from "node:assert/strict";
import { test } from "node:test";
import { engineOf } from "../../../test-support/engine/inside.ts";
import { LIFETIME, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { view } from "../../../test-support/requests.ts";

test("F-46 a request whose session its refresh has ended is authenticated by nothing any more", async () => {
  const world = refreshWorld();
  const cookie = await world.signIn();
  world.provider.always(() => ({ kind: "refused", cause: null }));
  world.clock.advance(LIFETIME);
  const exchange = await engineOf(world.replica().auth).open(view(cookie));
  assert.equal(exchange.by, "session");
  const decision = await exchange.admit({ require: "none" });
  assert.deepEqual(
    [decision.kind, exchange.by, exchange.session.via, exchange.session.endedReason],
    ["proceed", null, null, "provider"],
  );
  await world.close();
});
