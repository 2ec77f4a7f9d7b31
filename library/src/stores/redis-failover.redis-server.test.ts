import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isDone } from "../../test-support/stores/failover/done.ts";
import { drawnFor, failingOver } from "../../test-support/stores/failover/redis-failing-over.ts";
import { tokensAround } from "../../test-support/stores/failover/tokens-around.ts";
import { type ClusterGroup, startCluster } from "../../test-support/stores/redis-groups.ts";
import type { SessionRow, SessionStore } from "../contracts.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import type { RedisOptions } from "./redis.ts";

let cluster: ClusterGroup;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster[Symbol.asyncDispose]());

/** What is written before a master fails, all of it in one shard. */
interface Written {
  readonly ended: SessionRow;
  readonly rotated: SessionRow;
  readonly leased: SessionRow;
  readonly refreshed: SessionRow;
  readonly fresh: SessionRow;
  readonly marker: string;
}

/** Each kind of write, as the table of docs/stores.md has them; the rows are there before. */
function kinds(store: SessionStore, { ended, rotated, leased, refreshed, fresh, marker }: Written) {
  return {
    "a new session": () => store.put(fresh, "absent"),
    "an ending": () => store.end({ id: ended.id }, "logout", START),
    "a rotation": () => store.put({ ...rotated, version: 2, secretHash: "new", previousHash: rotated.secretHash }, 1),
    "a lease": () => store.put({ ...leased, version: 2, lease: "held" }, 1),
    "renewed tokens": () => store.put({ ...refreshed, version: 2, body: "renewed" }, 1),
    "a marker": () => store.mark(marker, START + 1, START),
  };
}

/** What is left of each kind. */
async function left(store: SessionStore, { ended, rotated, leased, refreshed, fresh, marker }: Written) {
  const row = async ({ id }: SessionRow): Promise<SessionRow | undefined> => store.get(id);
  return {
    "a new session": (await row(fresh)) !== undefined,
    "an ending": (await row(ended))?.ended === START,
    "a rotation": (await row(rotated))?.secretHash === "new",
    "a lease": (await row(leased))?.lease === "held",
    "renewed tokens": (await row(refreshed))?.body === "renewed",
    "a marker": (await store.marked(marker, START)) !== undefined,
  };
}

const all = (value: boolean) => ({
  "a new session": value,
  "an ending": value,
  "a rotation": value,
  "a lease": value,
  "renewed tokens": value,
  "a marker": value,
});

/** Lets a master fail after writes of each kind, and of tokens of ours, and says what came of each. */
const failing = (options: Partial<RedisOptions>, cut: boolean) =>
  failingOver(cluster, options, cut, {
    async prepare(store, shard) {
      const row = () => drawnFor(shard, sampleRow, ({ id }) => shard.keys.row(id));
      const marker = drawnFor(
        shard,
        () => sampleRow().id,
        (one) => shard.keys.marker(one),
      );
      const rows: Written = { ended: row(), rotated: row(), leased: row(), refreshed: row(), fresh: row(), marker };
      for (const one of [rows.ended, rows.rotated, rows.leased, rows.refreshed]) await store.put(one, "absent");
      return { rows, tokens: await tokensAround.prepare(store, shard) };
    },
    async write(store, { rows, tokens }) {
      const outcomes = Object.entries(kinds(store, rows)).map(async ([kind, write]) => [kind, await isDone(write)] as const);
      return { rows: Object.fromEntries(await Promise.all(outcomes)), tokens: await tokensAround.write(store, tokens) };
    },
    look: async (store, { rows, tokens }) => ({ rows: await left(store, rows), tokens: await tokensAround.look(store, tokens) }),
    throughout: ({ rows }) => rows.ended.id,
  });

const ofTokens = (value: boolean) => ({ family: value, personal: value, exchange: value, revocation: value });

test("S-19 without confirmation, what a cut-off replica has not got is lost when it takes over, each kind", async () => {
  const { answered, left } = await failing({ replicas: 0 }, true);
  assert.deepEqual(answered, { rows: all(true), tokens: ofTokens(true) }, "each was answered as done");
  const lost = { family: 401, personal: 401, newest: 401, before: 200, revoked: 200 };
  assert.deepEqual(left, { rows: all(false), tokens: lost });
});

test("SE-12 S-19 with confirmation, what no replica has got is an outage and was never answered as done", async () => {
  const { answered, left } = await failing({ replicas: 1, confirmTimeout: 100 }, true);
  assert.deepEqual(answered, { rows: all(false), tokens: ofTokens(false) });
  assert.deepEqual(left.rows, all(false));
});

test("SE-12 S-19 with confirmation, what was answered as done is there after a failover, each kind", async () => {
  const { answered, left } = await failing({ replicas: 1 }, false);
  assert.deepEqual(answered, { rows: all(true), tokens: ofTokens(true) });
  const kept = { family: 200, personal: 200, newest: 200, before: 401, revoked: 401 };
  assert.deepEqual(left, { rows: all(true), tokens: kept });
});
