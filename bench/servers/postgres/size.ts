/**
 * Measures what a look-up costs in a small table and in a large one, in a process of its own; says {@link SizeFigures}.
 * The large one is filled by the server, with a row as the library writes it.
 */
import { readFileSync } from "node:fs";
import { postgres } from "coatcheck/postgres";
import { startPostgresProcess } from "../../../tools/suite/postgres-server.ts";
import { median } from "../../harness/measure.ts";
import { say } from "../../harness/talk.ts";
import { storedRow } from "../coatcheck/stored-row.ts";
import { cpuMicros, given, wanted } from "../serving.ts";
import { poolAt } from "./pool.ts";

/** Microseconds of this process and of the server for a look-up, {@link AT_ONCE} at once. */
export interface SizeFigures {
  readonly few: number;
  readonly many: number;
  readonly rows: { readonly few: number; readonly many: number };
}

const AT_ONCE = 64;
const MOST_FEW = 10_000;
/** Look-ups of a round. */
const LOOKS = 20_000;
const many = wanted().sessions;
const rounds = Number(given());

await using server = await startPostgresProcess({ shared_buffers: "256MB", maintenance_work_mem: "256MB", max_wal_size: "4GB" });
const pool = poolAt(server.folder);
const template = storedRow(0);
const bytes = (text: string): string => `translate(rtrim(encode(${text}, 'base64'), '='), E'+/\\n', '-_')`;
/** Of the number n: as coarse as the library's, which begin with their end. */
const ENDS = `${template.expires} + n * 30`;
const ID = bytes(`int4send(((${ENDS}) / 64000 * 64)::int) || substring(sha256(int8send(n)), 1, 12)`);

/** Makes a schema of the library's with so many rows. Its indexes are made afterwards, as a copy would be restored. */
async function filled(schema: string, count: number): Promise<readonly string[]> {
  const store = postgres({ pool, schema, onWarning: () => undefined });
  await store.put(template, "absent");
  await store.close();
  const { rows: indexes } = await pool.query<{ readonly indexdef: string; readonly indexname: string }>(
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = 'sessions' AND indexname <> 'sessions_pkey'",
    [schema],
  );
  for (const { indexname } of indexes) await pool.query(`DROP INDEX ${schema}.${indexname}`);
  await pool.query(`ALTER TABLE ${schema}.sessions SET UNLOGGED, SET (autovacuum_enabled = off)`);
  await pool.query(`INSERT INTO ${schema}.sessions
    (id, secret_hash, previous_until, version, kind, owner, issuer, sid, created, seen, expires, renew_at, token_expires, body)
    SELECT ${ID}, ${bytes("sha256(int8send(n))")}, 0, 1, kind, replace(owner, 'user-000000', 'user-' || n), issuer,
      substring(md5(n::text), 1, 24), created, seen, ${ENDS}, created + n, created + n + 1, replace(body, 'user-000000', 'user-' || n)
    FROM ${schema}.sessions, generate_series(1, ${count - 1}) AS n`);
  for (const { indexdef } of indexes) await pool.query(indexdef);
  await pool.query(`VACUUM (ANALYZE) ${schema}.sessions`);
  const ids = `SELECT ${ID} AS id FROM (SELECT 1 + floor(random() * ${count - 1})::bigint AS n FROM generate_series(1, ${LOOKS})) AS picked`;
  return (await pool.query<{ readonly id: string }>(ids)).rows.map(({ id }) => id);
}

/** Processor time that the server's connections have used, in microseconds; a tick of the system's is 10 ms. */
async function serverMicros(): Promise<number> {
  const { rows } = await pool.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'");
  const ticks = rows.map(({ pid }) => {
    const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/ \(.*\) | /);
    return Number(fields[10]) + Number(fields[11]);
  });
  return 10_000 * ticks.reduce((sum, used) => sum + used, 0);
}

async function microsOf(store: ReturnType<typeof postgres>, ids: readonly string[]): Promise<number> {
  let next = 0;
  const before = cpuMicros() + (await serverMicros());
  const caller = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      if ((await store.get(id)) === undefined) throw new Error(`there is no row ${id}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return (cpuMicros() + (await serverMicros()) - before) / ids.length;
}

const few = Math.min(MOST_FEW, many);
const tables = { few: await filled("few", few), many: await filled("many", many) };
const stores = {
  few: postgres({ pool, schema: "few", onWarning: () => undefined }),
  many: postgres({ pool, schema: "many", onWarning: () => undefined }),
};
const found: { readonly few: number[]; readonly many: number[] } = { few: [], many: [] };
// The first round warms up; they take turns, since the machine is never the same for long.
for (let round = 0; round <= rounds; round++) {
  const micros = { few: await microsOf(stores.few, tables.few), many: await microsOf(stores.many, tables.many) };
  if (round === 0) continue;
  found.few.push(micros.few);
  found.many.push(micros.many);
}
await stores.few.close();
await stores.many.close();
await pool.end();
// Before it says anything: whoever hears it ends this process, which would leave the server behind.
await server[Symbol.asyncDispose]();
say({ few: median(found.few), many: median(found.many), rows: { few, many } } satisfies SizeFigures);
