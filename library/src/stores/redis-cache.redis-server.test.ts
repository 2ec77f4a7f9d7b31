import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "redis";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { eventually } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, ioredis, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { way } from "../../test-support/stores/redis-way.ts";
import type { SessionStore } from "../contracts.ts";
import type { Duration } from "../core/options/settings.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
import { redis } from "./redis.ts";

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server[Symbol.asyncDispose]());
const address = () => ({ host: "127.0.0.1", port: server.port });

storeSuite("redis that keeps rows", {
  make: () => handlesOf(nodeRedis(address), { cache: { staleness: "1m" } }),
  rows: 30,
});

/** A handle that keeps rows, on a way that can be cut, and another on the server itself. */
async function cached(staleness: Duration, run: (given: Given) => Promise<void>) {
  const through = await way(server.port);
  const { store: other, dispose } = await handlesOf(ioredis(address), { prefix: "cut" });
  const socket = { host: "127.0.0.1", port: through.port };
  const client = await createClient({ socket })
    .on("error", () => {})
    .connect();
  const store = redis({ client, prefix: "cut", cache: { staleness }, onWarning: () => {} });
  const row = sampleRow();
  try {
    assert.equal(await other.put(row, "absent"), true);
    await store.get(row.id);
    // The subscription stands: what is read from here on is kept, and no gap clears it.
    await eventually("a row stays", async () => {
      if (store.recent?.(row.id) !== undefined) return true;
      await store.get(row.id);
      return false;
    });
    await run({ store, other, id: row.id, through });
  } finally {
    await store.close();
    await other.close();
    client.destroy();
    through.close();
    await dispose?.();
  }
}

interface Given {
  readonly store: SessionStore;
  readonly other: SessionStore;
  readonly id: string;
  readonly through: Awaited<ReturnType<typeof way>>;
}

/** How long from now on the row was let in last, in milliseconds, however long this process stood still between. */
async function keptFor(store: SessionStore, id: string): Promise<number> {
  const begun = performance.now();
  let last = begun;
  for (let asked = begun; store.recent?.(id) !== undefined; asked = performance.now()) {
    last = asked;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return last - begun;
}

test("LO-10 what another process ends is gone at once, by its word, long before the bound", () =>
  cached("1m", async ({ store, other, id }) => {
    assert.deepEqual(await other.end({ id }, "logout", START), [id]);
    assert.ok((await keptFor(store, id)) < 30_000);
    assert.equal((await store.get(id))?.reason, "logout");
  }));

test("LO-10 what another process ends is gone within the bound, if nothing is heard any more", () =>
  cached("500ms", async ({ store, other, id, through }) => {
    through.swallow();
    assert.deepEqual(await other.end({ id }, "logout", START), [id]);
    assert.ok((await keptFor(store, id)) <= 500);
  }));

test("LO-10 a server that stands still lets nobody in past the bound", () =>
  cached("500ms", async ({ store, id }) => {
    await server.kill("SIGSTOP");
    const took = await keptFor(store, id);
    const asked = store.get(id);
    await server.kill("SIGCONT");
    assert.ok(took <= 500, `${took} ms`);
    assert.equal((await asked)?.id, id);
  }));

test("LO-10 a gap in what is heard drops all that is kept", () =>
  cached("1m", async ({ store, id }) => {
    const client = await createClient({ socket: address() }).connect();
    await client.sendCommand(["CLIENT", "KILL", "TYPE", "pubsub"]);
    client.destroy();
    assert.ok((await keptFor(store, id)) < 30_000);
    assert.equal((await store.get(id))?.id, id);
  }));
