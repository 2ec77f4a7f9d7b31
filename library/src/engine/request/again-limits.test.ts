/** Which sessions an order to end them meant when it was given, if the store takes it only later (F-61, S-65). */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { ISSUER } from "../../../test-support/refresh/scripted-provider.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import type { SessionDirectory } from "../../contracts.ts";

let world: RefreshWorld;
afterEach(() => world.close());

const ORDERS: { readonly [what: string]: (sessions: SessionDirectory, now: number) => Promise<number> } = {
  "all of an owner": (sessions) => sessions.endAll(`${ISSUER} alice`, "admin"),
  "a notice by sid": (sessions, issuedAt) => sessions.signedOut({ issuer: ISSUER, subject: "alice", sid: "sid-1", issuedAt }),
  "a notice by subject": (sessions, issuedAt) => sessions.signedOut({ issuer: ISSUER, subject: "alice", sid: null, issuedAt }),
};

for (const [what, order] of Object.entries(ORDERS)) {
  test(`F-46 ${what}: at the second try too it ends what began until that moment, and nothing later`, async () => {
    const { store, failing } = failingStore();
    world = refreshWorld(1, { store });
    const replica = world.replica();
    const before = await world.signIn();
    for (const method of ["list", "mark", "marked"] as const) failing.add(method);
    await assert.rejects(order(replica.auth.sessions, world.clock.now()), { code: "ERR_STORE_UNAVAILABLE" });
    failing.clear();
    world.clock.advance(1);
    const after = await world.signIn();
    world.clock.advance(1_000);
    await world.quiet();
    const kinds = [(await replica.ask(before)).decision.kind, (await replica.ask(after)).decision.kind];
    assert.deepEqual(kinds, ["refuse", "proceed"]);
  });
}
