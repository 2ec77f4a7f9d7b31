/** Fills a Redis server and measures the store on it, in a process of its own. Says one {@link RedisFigures}. */
import { redis } from "coatcheck/redis";
import { createClient } from "redis";
import { startRedis } from "../../../tools/suite/redis-server.ts";
import { say } from "../../harness/talk.ts";
import { cpuMicros, given, wanted } from "../serving.ts";
import { storedRow } from "./stored-row.ts";

export interface RedisFigures {
  /** Bytes of a session in the server, with its keys and sets. */
  readonly bytes: number;
  /** Microseconds of this process for a look-up, {@link TOGETHER} at once, and for a plain `GET` of the same row. */
  readonly get: number;
  readonly bareGet: number;
  /** Microseconds for a row that the store kept. */
  readonly hit: number;
}

/** So many of the rows are looked up in a round. */
const LOOKED_UP = 20_000;
/** So many rows are kept, and asked for so often in a round. */
const KEPT = 5_000;
const HITS = 200_000;
/** Look-ups under way at once. */
const TOGETHER = 64;
/** The tokens of a usual row, sealed, in characters. */
const TOKENS = "x".repeat(420);
const { sessions: many } = wanted();
const rounds = Number(given());
const start = Date.now();

await using server = await startRedis();
const client = createClient({ socket: { host: "127.0.0.1", port: server.port } });
await client.connect();
const store = redis({ client, onWarning: () => {} });

async function usedMemory(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await client.sendCommand(["INFO", "memory"])))?.[1]);
}

/** Does this for each number below the count, so many at once. */
async function each(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
}

async function microsOf(look: (id: string) => Promise<unknown>): Promise<number> {
  const before = cpuMicros();
  const count = Math.min(LOOKED_UP, ids.length);
  await each(count, async (index) => {
    if ((await look(ids[(index * 7_919) % ids.length] ?? "")) == null) throw new Error("a row is missing");
  });
  return (cpuMicros() - before) / count;
}

/** Of a store that keeps as many rows as it is asked for, in the best round. */
async function microsOfHits(): Promise<number> {
  const keeping = redis({ client, cache: { staleness: "1m" }, onWarning: () => {} });
  // What is kept before its subscription stands is dropped when it does.
  await new Promise<void>((resolve) => keeping.watch?.(() => {}, resolve));
  const kept = ids.slice(0, KEPT);
  await each(kept.length, async (index) => keeping.get(kept[index] ?? ""));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = cpuMicros();
    let found = 0;
    for (let hit = 0; hit < HITS; hit++) if (keeping.recent?.(kept[(hit * 7_919) % kept.length] ?? "") !== undefined) found++;
    best = Math.min(best, (cpuMicros() - before) / HITS);
    if (found < HITS) throw new Error("a row is not kept");
  }
  await keeping.close();
  return best;
}

const before = await usedMemory();
const ids: string[] = [];
await each(many, async (index) => {
  const row = storedRow(index, start);
  ids.push(row.id);
  const body = row.body.replace('"tokens":null', `"tokens":"${TOKENS}"`);
  await store.put({ ...row, body, expires: row.expires + 86_400_000 }, "absent");
});
const bytes = ((await usedMemory()) - before) / many;

let [get, bareGet] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
for (let round = 0; round < rounds; round++) {
  get = Math.min(get, await microsOf(async (id) => store.get(id)));
  bareGet = Math.min(bareGet, await microsOf((id) => client.get(`cc:s:{${id}}`)));
}
const hit = await microsOfHits();
await store.close();
client.destroy();
// Before it says anything: whoever hears it ends this process, which would leave the server behind.
await server[Symbol.asyncDispose]();
say({ bytes, get, bareGet, hit } satisfies RedisFigures);
