/**
 * Fills stores and measures them by themselves, in a process of its own. Run with `--expose-gc`; says one {@link
 * StoreFigures}.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionStore } from "coatcheck/contracts";
import { memory } from "coatcheck/memory";
import { sqlite } from "coatcheck/sqlite";
import { say } from "../../harness/talk.ts";
import { measureBareSweep } from "../floors/bare-sweep.ts";
import { cpuMicros, given, wanted } from "../serving.ts";
import { measureSweep } from "./measure-sweep.ts";
import { storedRow } from "./stored-row.ts";

export interface StoreFigures {
  /** Bytes of a session in memory beyond its own texts. */
  readonly memoryBytes: number;
  /** A full collection with all of them, milliseconds. */
  readonly collectionMillis: number;
  /** Microseconds of a look-up. */
  readonly memoryGet: number;
  readonly fewGet: number;
  readonly manyGet: number;
  /** Microseconds of a row that is swept, and milliseconds of the longest batch but for one in a hundred. */
  readonly sweptMicros: number;
  /** The same by SQLite alone, from a copy of the file. */
  readonly bareSweptMicros: number;
  readonly batchMillis: number;
}

const FEW = 10_000;
/** A sweep's floor is taken from so many of all rows: one of ten. */
const BARE_PART = 10;
const { directory, sessions: many } = wanted();
const rounds = Number(given());
const start = Date.now();

async function fill(store: SessionStore, count: number): Promise<{ readonly ids: readonly Buffer[]; readonly bytes: number }> {
  const ids: Buffer[] = [];
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const row = storedRow(index, start);
    for (const text of [row.id, row.secretHash, row.owner, row.issuer, row.sid, row.body]) bytes += text?.length ?? 0;
    await store.put(row, "absent");
    // Some are asked for; a list of all would be counted with the store.
    if (index % Math.ceil(count / FEW) === 0) ids.push(Buffer.from(row.id, "latin1"));
    if (index % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { ids, bytes: bytes / count };
}

/** The quickest of several rounds, microseconds of each. */
async function lookUps(store: SessionStore, ids: readonly Buffer[]): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const asked = Array.from(ids, () => ids[Math.floor(Math.random() * ids.length)]?.toString("latin1") ?? "");
    const before = cpuMicros();
    for (const id of asked) if (store.get(id) === undefined) throw new Error("a row is missing");
    best = Math.min(best, (cpuMicros() - before) / asked.length);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return best;
}

function collect(): number {
  const before = performance.now();
  globalThis.gc?.();
  return performance.now() - before;
}

function used(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const before = used();
const inMemory = memory();
const kept = await fill(inMemory, many);
const memoryBytes = (used() - before) / many - kept.bytes;
const collections = Array.from({ length: 5 }, collect).toSorted((a, b) => a - b);
const memoryGet = await lookUps(inMemory, kept.ids);
await inMemory.close();

const few = sqlite(join(directory, "few.db"));
const file = join(directory, "many.db");
const full = sqlite(file);
const fewIds = (await fill(few, Math.min(FEW, many))).ids;
const manyIds = (await fill(full, many)).ids;
const [fewGet, manyGet] = [await lookUps(few, fewIds), await lookUps(full, manyIds)];
await few.close();
await full.close();

const half = start + 3_600_000 + (many / 2) * 30;
const copy = join(directory, "copy.db");
copyFileSync(file, copy);
const bareSweptMicros = measureBareSweep(copy, half, many / BARE_PART);
const sweeping = sqlite(file);
const { swept, batches } = await measureSweep(sweeping, half);
await sweeping.close();
const sorted = batches.toSorted((a, b) => a - b);
say({
  memoryBytes,
  collectionMillis: collections[2] ?? 0,
  memoryGet,
  fewGet,
  manyGet,
  bareSweptMicros,
  sweptMicros: (batches.reduce((sum, millis) => sum + millis, 0) * 1000) / swept,
  batchMillis: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
} satisfies StoreFigures);
