/** Sealed cookies whose markers are in real servers: two replicas, each with a handle of its own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RedisServer, startRedis } from "../../../../tools/suite/redis-server.ts";
import { type SealedBrowser, sealedWorld } from "../../../test-support/sealed-world.ts";
import { onSchema } from "../../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../../test-support/stores/postgres-server.ts";
import { handlesOf, nodeRedis } from "../../../test-support/stores/redis-handles.ts";
import type { StoreUnderTest } from "../../testing/store-suite/case.ts";

let database: PostgresServer;
let cache: RedisServer;
const open = new AsyncDisposableStack();
before(async () => {
  database = open.use(await startPostgres());
  cache = open.use(await startRedis());
});
after(() => open.disposeAsync());

const STORES: readonly (readonly [name: string, make: () => Promise<StoreUnderTest>])[] = [
  ["PostgreSQL", () => onSchema(database)],
  ["Redis", () => handlesOf(nodeRedis(() => ({ host: "127.0.0.1", port: cache.port })))],
];

const statuses = (browsers: readonly SealedBrowser[]): Promise<readonly number[]> =>
  Promise.all(browsers.map(async (browser) => (await browser.ask("/me", 1)).status));

for (const [name, make] of STORES) {
  test(`SE-08 SE-13 CR-14 markers in ${name} end sealed sessions, and refuse older states of them`, async () => {
    const { store, another, dispose } = await make();
    const handle = await another?.();
    assert.ok(handle);
    const world = sealedWorld(store, {}, {}, handle);
    const signedIn = async (subject: string): Promise<SealedBrowser> => {
      const browser = world.browser();
      assert.equal((await browser.ask(`/login?value=${subject}`)).status, 200);
      return browser;
    };
    const [alice, tablet, bob] = [await signedIn("alice"), await signedIn("alice"), await signedIn("bob")];
    const older = alice.copy();

    const changes = [alice.slowly("/add?value=one"), alice.slowly("/add?value=two", 1)];
    const answered = await Promise.all(changes);
    assert.deepEqual(answered.map(({ shown }) => shown.status).toSorted(), [200, 503]);
    for (const { arrive } of answered) arrive();
    assert.equal((await older.ask("/me", 1)).status, 200, "on its way when it was replaced");
    world.clock.advance(10_000);
    assert.deepEqual(await statuses([older, alice, tablet, bob]), [401, 200, 200, 200]);

    const copy = alice.copy();
    assert.equal((await alice.ask("/logout", 0)).status, 200);
    assert.deepEqual(await statuses([copy, tablet, bob]), [401, 200, 200]);
    await world.replicas[0]?.endAll("app alice");
    assert.deepEqual(await statuses([tablet, bob, await signedIn("alice")]), [401, 200, 200]);

    for (const replica of world.replicas) await replica.close();
    for (const one of [store, handle]) await one.close();
    await dispose?.();
  });
}
