/** Creates the tables of the PostgreSQL store, brings them up to date, and refuses a server that cannot be used. */
import type { Attempt } from "./database.ts";
import { invalid, isMissing } from "./failures.ts";
import { type Index, lackingIndexes, usableIndexes } from "./indexes.ts";
import type { CheckedOptions } from "./options.ts";
import { checkedSchema } from "./options.ts";
import { integerOf, textOf } from "./rows.ts";
import { lockOf } from "./statements.ts";

/** One step from a version of the schema to the next. */
interface Step {
  readonly sql: (schema: string) => string;
  /** The oldest version of a release that can still work with the tables after this step. */
  readonly oldest: number;
}

/**
 * The steps from one version of the schema to the next; the first makes version 1. Released steps never change: a
 * change of the schema is a new step at the end. Replicas of the release before go on while one step is taken: it adds,
 * with defaults, and `oldest` stays.
 *
 * Texts compare by bytes (`COLLATE "C"`). `seen` is in no index and pages have room, so that a touch stays on its page.
 */
export const STEPS: readonly Step[] = [
  {
    oldest: 1,
    sql: (schema) => `
    CREATE TABLE "${schema}".sessions (
      id text COLLATE "C" PRIMARY KEY,
      secret_hash text NOT NULL,
      previous_hash text,
      previous_until bigint NOT NULL,
      version bigint NOT NULL,
      kind text NOT NULL,
      owner text COLLATE "C",
      issuer text COLLATE "C",
      sid text COLLATE "C",
      created bigint NOT NULL,
      seen bigint NOT NULL,
      expires bigint NOT NULL,
      renew_at bigint,
      token_expires bigint,
      lease text,
      ended bigint,
      reason text,
      body text NOT NULL
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
    BEGIN
      ALTER TABLE "${schema}".sessions ALTER body SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported THEN
      NULL; -- this server was built without it
    END;
    CREATE INDEX sessions_owner ON "${schema}".sessions (owner, created DESC) WHERE owner IS NOT NULL;
    CREATE INDEX sessions_sid ON "${schema}".sessions (issuer, sid) WHERE sid IS NOT NULL;
    CREATE INDEX sessions_renew ON "${schema}".sessions (renew_at) WHERE renew_at IS NOT NULL;
    CREATE INDEX sessions_expires ON "${schema}".sessions (expires);
    CREATE TABLE "${schema}".marks (
      key text COLLATE "C" PRIMARY KEY,
      until bigint NOT NULL,
      value text NOT NULL,
      fresh boolean NOT NULL
    );
    CREATE INDEX marks_until ON "${schema}".marks (until);`,
  },
];

/**
 * The SQL that makes the tables or brings them up to date, for a role that may create them: one statement, that does
 * nothing where there is nothing to do. Then a store with `migrate: false` works with the rights to select, insert,
 * update and delete.
 *
 * @throws TypeError for a schema's name that cannot be used.
 * @example
 * ```ts
 * import { postgresSchema } from "coatcheck/postgres";
 * console.log(postgresSchema("coatcheck"));
 * ```
 */
export function postgresSchema(schema?: string): string {
  return migrationOf(checkedSchema(schema), STEPS);
}

/** The same, by other steps. */
export function migrationOf(schema: string, steps: readonly Step[]): string {
  const meta = `"${schema}".meta`;
  const taken = steps.map(
    ({ sql, oldest }, index) => `
  IF (SELECT version FROM ${meta}) < ${index + 1} THEN
    ${sql(schema).trim()}
    UPDATE ${meta} SET version = ${index + 1}, oldest = ${oldest};
  END IF;`,
  );
  return `DO $coatcheck$
BEGIN
  PERFORM pg_advisory_xact_lock(${lockOf(schema, "migrate")}); -- one process at a time
  IF to_regnamespace('"${schema}"') IS NULL THEN
    CREATE SCHEMA "${schema}";
  END IF;
  IF to_regclass('${meta}') IS NULL THEN
    CREATE TABLE ${meta} (one boolean PRIMARY KEY DEFAULT true CHECK (one), version int NOT NULL, oldest int NOT NULL);
    INSERT INTO ${meta} (version, oldest) VALUES (0, 0);
  END IF;${taken.join("")}
END
$coatcheck$;`;
}

/** The oldest server that is used: 14. */
const OLDEST_SERVER = 140_000;

/**
 * Looks at the server and its tables, and migrates them where that is wanted. Answers which indexes are lacking. Throws
 * errors of the client, or ours.
 */
export async function prepare(
  attempt: Attempt,
  options: CheckedOptions,
  steps: readonly Step[] = STEPS,
): Promise<readonly Index[]> {
  const { schema, migrate, onWarning } = options;
  await checkServer(attempt, onWarning);
  const { version, lacking } = await stateOf(attempt, schema, steps);
  if (version === steps.length) return lacking;
  if (!migrate) {
    throw invalid(
      `The schema ${schema} of the session store is not up to date, and migrate is false. Run, as a role that may create tables:  npx coatcheck-gateway migrate --print (or postgresSchema() of coatcheck/postgres).`,
    );
  }
  // A snapshot from before the wait for the lock would not show what the process with the lock has done.
  const text = `SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n${migrationOf(schema, steps)}`;
  await attempt({ text, rowMode: "array" });
  return (await stateOf(attempt, schema, steps)).lacking;
}

async function checkServer(attempt: Attempt, onWarning: (message: string) => void): Promise<void> {
  const names = ["server_version_num", "server_encoding", "fsync", "synchronous_commit"];
  const { rows } = await attempt({
    text: `SELECT ${names.map((name) => `current_setting('${name}')`).join(", ")}`,
    values: [],
    rowMode: "array",
  });
  const [version, encoding, fsync, commit] = (rows[0] ?? []).map(textOf);
  if (Number(version) < OLDEST_SERVER) {
    throw invalid(
      `The session store needs PostgreSQL 14 or later; this server's version is ${Math.floor(Number(version) / 10_000)}.`,
    );
  }
  if (encoding !== "UTF8") throw invalid(`The session store needs a database in UTF8; this one is in ${encoding}.`);
  if (fsync === "off" || commit === "off") {
    const setting = fsync === "off" ? "fsync" : "synchronous_commit";
    onWarning(`PostgreSQL has ${setting} = off: a crash undoes its last writes, and sessions that were logged out live again.`);
  }
}

/** The tables as they are. */
interface State {
  /** Their version, capped at the newest that this release knows; 0 if there are none. */
  readonly version: number;
  readonly lacking: readonly Index[];
}

async function stateOf(attempt: Attempt, schema: string, steps: readonly Step[]): Promise<State> {
  const text = `SELECT version, oldest, (${usableIndexes(schema)}) FROM "${schema}".meta`;
  try {
    const { rows } = await attempt({ text, values: [], rowMode: "array" });
    const [found, wants, usable] = rows[0] ?? [0, 0];
    const [version, oldest] = [integerOf(found), integerOf(wants)];
    if (oldest <= steps.length) return { version: Math.min(version, steps.length), lacking: lackingIndexes(usable) };
    throw invalid(
      `The schema ${schema} of the session store is of version ${version}, written by a newer release; this one reads up to ${steps.length}.`,
    );
  } catch (error) {
    if (isMissing(error)) return { version: 0, lacking: [] };
    throw error;
  }
}
