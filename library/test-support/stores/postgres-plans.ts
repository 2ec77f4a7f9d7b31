/** By which plans a server carries the statements of the store out. */
import assert from "node:assert/strict";
import type pg from "pg";
import type { PostgresName } from "../../../tools/suite/postgres-server.ts";
import { statementsOf } from "../../src/stores/postgres/statements.ts";
import { postgresSchema } from "../../src/stores/postgres.ts";
import { START } from "../../src/testing/store-suite/rows.ts";
import { freshSchema } from "./postgres-schemas.ts";
import { startPostgres } from "./postgres-server.ts";

/** Rows and markers in the tables, of which hardly any has expired, as in use. */
export const ROWS = 100_000;
const EXPIRES = START + ROWS;

/** A schema with so many rows on a server, which are disposed of together. */
async function filled(name: PostgresName) {
  await using open = new AsyncDisposableStack();
  const server = open.use(await startPostgres({}, name));
  const schema = freshSchema();
  await server.sql(`${postgresSchema(schema)}
    INSERT INTO ${schema}.sessions (id, secret_hash, previous_until, version, kind, owner, issuer, sid, created, seen, expires, renew_at, body)
      SELECT 'id' || n, 'hash', 0, 1, 'browser', 'o' || n / 3, 'i', 's' || n, ${START}, ${START}, ${START} + n, ${START} + n, repeat('b', 900)
      FROM generate_series(1, ${ROWS}) AS n;
    INSERT INTO ${schema}.marks SELECT 'k' || n, ${START} + n, '', true FROM generate_series(1, ${ROWS}) AS n;`);
  await server.sql(`ANALYZE ${schema}.sessions, ${schema}.marks`);
  const client = server.client();
  await client.connect();
  open.defer(() => client.end());
  const disposing = open.move();
  return { schema, client, [Symbol.asyncDispose]: () => disposing.disposeAsync() };
}

const NUMBERS = Array.from({ length: 200 }, (_, n) => n + 1);
const IDS = `'{${NUMBERS.map((n) => `id${100 * n}`).join(",")}}'`;
const ROW = `'id7', 'h', NULL, 0, 2, 'browser', 'o', 'i', 's', 1, 1, 1, 1, 1, NULL, NULL, NULL, 'b'`;
/** Values of each statement, as it is used. */
const VALUES = {
  get: ["'id7'"],
  getAll: [IDS],
  insert: [ROW],
  update: [ROW, "1"],
  updateEnding: [ROW, "1"],
  touch: ["'id7'", "1"],
  touchAll: [IDS, `'{${NUMBERS.join(",")}}'`],
  endId: ["1", "'admin'", "'id7'"],
  endOwner: ["1", "'admin'", "'o7'", "NULL"],
  endSid: ["1", "'admin'", "'i'", "'s7'"],
  listOwner: ["1", "100", "'o7'"],
  listSid: ["1", "100", "'i'", "'s7'"],
  listDue: ["1", "100", `${START + 500}`],
  mark: ["'k7'", "1", "''", "1"],
  marked: ["'k7'", "1"],
  sweep: [`${START + 500}`, "250"],
  scanRows: ["'id7'", "500"],
  scanMarks: ["'k7'", "500"],
  survey: [`${START + 500}`, "250", `${EXPIRES}`, `${START}`],
} as const;

/** The time of the server. */
const READS_NO_ROW = "now";

const hasValues = (name: string): name is keyof typeof VALUES => Object.hasOwn(VALUES, name);

/** The plan by which a statement is carried out, which `EXPLAIN` only looks at. */
async function planOf(client: pg.Client, name: string, text: string, values: readonly string[]): Promise<string> {
  await client.query(`PREPARE ${name} AS ${text}`);
  const { rows } = await client.query(`EXPLAIN EXECUTE ${name} (${values.join(", ")})`);
  await client.query(`DEALLOCATE ${name}`);
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

/** Holds that a server finds the rows of each statement by an index, by either kind of plan. */
export async function findsByIndex(server: PostgresName): Promise<void> {
  await using at = await filled(server);
  for (const mode of ["force_generic_plan", "force_custom_plan"]) {
    await at.client.query(`SET plan_cache_mode = ${mode}`);
    const statements = statementsOf(at.schema, true);
    for (const name of Object.keys(statements)) assert.ok(hasValues(name) || name === READS_NO_ROW, name);
    for (const name of Object.keys(statements).filter(hasValues)) {
      const values = VALUES[name];
      const plan = await planOf(at.client, name, statements[name].text, values);
      assert.doesNotMatch(plan, /Seq Scan on (?:sessions|marks)/, `${name}, ${mode}:\n${plan}`);
      if (name !== "insert" && name !== "mark") assert.match(plan, /Index Cond: /, `${name}, ${mode}:\n${plan}`);
    }
  }
}
