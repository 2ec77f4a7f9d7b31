/** Measures look-ups in a PostgreSQL that it starts, in a process of its own; says one {@link PostgresFigures}. */
import type { SessionRow } from "coatcheck/contracts";
import { postgres } from "coatcheck/postgres";
import pg from "pg";
import { startPostgresProcess, TEST_USER } from "../../../tools/suite/postgres-server.ts";
import { say } from "../../harness/talk.ts";
import { gathered, oneByOne } from "../floors/gathered-postgres.ts";
import { cpuMicros, given, wanted } from "../serving.ts";
import { storedRow } from "./stored-row.ts";

/** Microseconds of this process for a call, with {@link AT_ONCE} under way. */
export interface PostgresFigures {
  readonly get: number;
  /** The same by hand. */
  readonly gatheredGet: number;
  /** One statement each, by `pg` alone. */
  readonly plainGet: number;
  readonly touch: number;
}

const AT_ONCE = 64;
const { sessions } = wanted();
const rounds = Number(given());

/** One round of calls on random ids, microseconds of each. */
async function measure(ids: readonly string[], call: (id: string, n: number) => Promise<unknown>): Promise<number> {
  let n = 0;
  const before = cpuMicros();
  const caller = async (): Promise<void> => {
    while (n < ids.length) {
      n += 1;
      await call(ids[Math.floor(Math.random() * ids.length)] ?? "", n);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return (cpuMicros() - before) / ids.length;
}

const median = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? 0;

async function measured(): Promise<PostgresFigures> {
  await using server = await startPostgresProcess();
  const pool = new pg.Pool({ host: server.folder, ...TEST_USER, max: 8 });
  // Connections that are being closed hear of the server's stop.
  pool.on("error", () => undefined);
  const store = postgres({ pool, onWarning: () => undefined });
  const rows: SessionRow[] = Array.from({ length: sessions }, (_, index) => storedRow(index));
  for (let at = 0; at < rows.length; at += 500)
    await Promise.all(rows.slice(at, at + 500).map((row) => store.put(row, "absent")));
  await pool.query("VACUUM ANALYZE coatcheck.sessions");

  const ids = rows.map(({ id }) => id);
  const [byHand, plain] = [gathered(pool), oneByOne(pool)];
  const figures: { readonly [name in keyof PostgresFigures]: number[] } = { get: [], gatheredGet: [], plainGet: [], touch: [] };
  // The first round warms up; they take turns, since the machine is never the same for long.
  for (let round = 0; round <= rounds; round++) {
    const found = {
      get: await measure(ids, async (id) => store.get(id)),
      gatheredGet: await measure(ids, byHand),
      plainGet: await measure(ids, plain),
      touch: await measure(ids, async (id, n) => store.touch(id, Date.now() + n)),
    };
    if (round === 0) continue;
    figures.get.push(found.get);
    figures.gatheredGet.push(found.gatheredGet);
    figures.plainGet.push(found.plainGet);
    figures.touch.push(found.touch);
  }
  await store.close();
  await pool.end();
  return {
    get: median(figures.get),
    gatheredGet: median(figures.gatheredGet),
    plainGet: median(figures.plainGet),
    touch: median(figures.touch),
  };
}

// Once the server has stopped: whoever hears of it may end this process.
say(await measured());
