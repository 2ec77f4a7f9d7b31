/** Opens and creates the SQLite file: its schema, its migrations, and what is wrong with a file that cannot be used. */
import { closeSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CoatcheckError } from "../../core/errors.ts";
import { noteFile, refuseForeignLog } from "./file/own-log.ts";
import { cellsIn, integer } from "./rows.ts";

/** `COAT`: distinguishes our files from other applications'. */
const APPLICATION_ID = 0x434f_4154;

/**
 * The steps from one version of the file to the next; the first makes version 1. Released steps never change: a change
 * of the schema is a new step at the end.
 *
 * A rowid table with 1 KB rows is a third of the size of one WITHOUT ROWID. Owner and sid have partial indexes, since
 * only live rows have them. `seen`, which every touch writes, has none, and `renew_at` gets one when a caller first
 * lists by it ({@link DUE_INDEX}).
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    owner TEXT,
    issuer TEXT,
    sid TEXT,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    renew_at INTEGER,
    token_expires INTEGER,
    ended INTEGER,
    reason TEXT,
    lease TEXT,
    previous_hash TEXT,
    previous_until INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sessions_owner ON sessions (owner, created) WHERE owner IS NOT NULL;
  CREATE INDEX sessions_sid ON sessions (issuer, sid) WHERE sid IS NOT NULL;
  CREATE INDEX sessions_expires ON sessions (expires);
  CREATE TABLE marks (
    key TEXT NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX marks_until ON marks (until);`,
  // What processes tell one another. AUTOINCREMENT never reuses a number, so that a reader's position stays valid while
  // the table is swept.
  `CREATE TABLE endings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER sessions_ended AFTER UPDATE OF ended ON sessions
  WHEN OLD.ended IS NULL AND NEW.ended IS NOT NULL AND NEW.reason IS NOT NULL
  BEGIN
    INSERT INTO endings (id, reason, ended) VALUES (NEW.id, NEW.reason, NEW.ended);
  END;`,
];

/** For lists by `renew_at`. The first list creates it: it costs every refresh two pages, and few apps need it. */
export const DUE_INDEX = "CREATE INDEX IF NOT EXISTS sessions_renew ON sessions (renew_at) WHERE renew_at IS NOT NULL";

interface OpenOptions {
  readonly busyTimeout: number;
  readonly durability: "normal" | "full";
  readonly mmap: number;
}

/**
 * Opens our file, creates it (0600) if there is none, and migrates it to the newest version. A file that is not ours is
 * left exactly as it is.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` (not ours, newer, not writable, no directory), `ERR_STORE_UNAVAILABLE`
 * (locked for too long).
 */
export function openDatabase(path: string, options: OpenOptions, migrations: readonly string[] = MIGRATIONS): DatabaseSync {
  try {
    createFile(path);
    refuseForeignLog(path);
    const db = new DatabaseSync(path);
    try {
      prepare(db, path, options, migrations);
      noteFile(db, path);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw explained(error, path);
  }
}

function prepare(db: DatabaseSync, path: string, options: OpenOptions, migrations: readonly string[]): void {
  db.exec(`PRAGMA busy_timeout = ${options.busyTimeout}; PRAGMA trusted_schema = OFF`);
  // Checked before any write, in one transaction: another process may be creating the file at this moment.
  db.exec("BEGIN");
  ours(db, path, migrations.length);
  db.exec("COMMIT");
  whileLocked(options.busyTimeout, () => {
    const [mode] = cellsIn(db.prepare("PRAGMA journal_mode = WAL").get() ?? []);
    if (mode !== "wal") throw invalid(path, "is on a file system that several processes cannot share (no write-ahead log)");
  });
  db.exec(`PRAGMA synchronous = ${options.durability.toUpperCase()};
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA secure_delete = ON;
    PRAGMA cache_size = -16384;
    PRAGMA mmap_size = ${options.mmap}`);
  migrate(db, path, migrations);
}

/** Applies the missing steps in one transaction, which also proves that the file can be written. */
function migrate(db: DatabaseSync, path: string, migrations: readonly string[]): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    // Read again, now under the lock: another process may have migrated it meanwhile.
    const version = ours(db, path, migrations.length);
    for (const step of migrations.slice(version)) db.exec(step);
    if (version < migrations.length) {
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
    }
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** The version of the file, 0 for an empty one. Throws if the file is not ours. */
function ours(db: DatabaseSync, path: string, newest: number): number {
  const ask = (sql: string): number => integer(cellsIn(db.prepare(sql).get() ?? [])[0]);
  const application = ask("PRAGMA application_id");
  const version = ask("PRAGMA user_version");
  const empty = application === 0 && version === 0 && ask("SELECT count(*) FROM sqlite_schema") === 0;
  if (empty) return 0;
  if (application !== APPLICATION_ID)
    throw invalid(path, "is another application's database; name a file of its own for sessions");
  if (version <= newest) return version;
  throw invalid(path, `is of version ${version}, written by a newer release; this one reads up to ${newest}`);
}

/**
 * Creates the file if there is none. Never opens an existing one: closing it would drop the locks that this process
 * holds on it through SQLite.
 */
export function createFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw invalid(path, `cannot be made: there is no directory ${dirname(path)}`, error);
    if (code !== "EEXIST") throw invalid(path, `cannot be made: ${String(code)}`, error);
    if (!statSync(path).isFile()) throw invalid(path, "is not a file");
  }
}

/** Retries while the file is locked: the change to the write-ahead log ignores the busy timeout. */
function whileLocked(timeout: number, work: () => void): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += 10) {
    try {
      work();
      return;
    } catch (error) {
      if (resultCode(error) !== SQLITE_BUSY || waited >= timeout) throw error;
      Atomics.wait(never, 0, 0, 10);
    }
  }
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const UNUSABLE: { readonly [code: number]: string } = {
  3: "is not writable by this user",
  8: "is not writable by this user",
  11: "is damaged",
  14: "cannot be opened, or its directory is not writable",
  26: "is not a SQLite database",
};

/** The primary result code of SQLite, or `undefined` for other errors. */
function resultCode(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** Whether another connection held the file. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

const invalid = (path: string, what: string, cause?: unknown): CoatcheckError =>
  new CoatcheckError("ERR_STORE_INVALID", { message: `The session store ${path} ${what}.`, cause });

function explained(error: unknown, path: string): unknown {
  if (error instanceof CoatcheckError) return error;
  if (isBusy(error)) return unavailable(error);
  return invalid(path, UNUSABLE[resultCode(error) ?? 0] ?? "cannot be used", error);
}

/** For a call that SQLite could not carry out. */
export function unavailable(cause: unknown): CoatcheckError {
  return cause instanceof CoatcheckError ? cause : new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
}
