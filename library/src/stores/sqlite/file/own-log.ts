/**
 * Tells a database that was put in another's place beside the log of that one: SQLite would replay the log into it, and what
 * comes of it is damaged, or a mixture of two.
 */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { CoatcheckError } from "../../../core/errors.ts";
import { text } from "../rows.ts";

/** A log that holds no frame is its header alone, or empty. */
const HEADER = 32;
const KEY = "store:file";
/** No sweep takes it. */
const FOR_EVER = 8_640_000_000_000_000;

/** How often, and after how many milliseconds, it is asked again: another process may be taking note at this moment. */
const TRIES = 5;
const PAUSE = 50;
const CORRUPT = 11;

/**
 * The database knows which file it is in. Read without any right to write, for whoever closes a database last writes the log
 * into it: a copy that was put in its place shall stay what it was.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` where the log beside it was written for another file
 */
export function refuseForeignLog(path: string): void {
  if (!hasLog(path)) return;
  const here = placeOf(path);
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < TRIES; tries += 1) {
    const known = placeIn(path);
    if (known === null || (known !== "damaged" && isSame(known, here))) return;
    Atomics.wait(never, 0, 0, PAUSE);
  }
  throw notItsLog(path);
}

/** Without such a log a database that has moved was copied whole, and takes note of where it is now. */
export function noteFile(db: DatabaseSync, path: string): void {
  const here = placeOf(path);
  if (knownPlace(db) !== here) {
    db.prepare("INSERT OR REPLACE INTO marks (key, until, value) VALUES (?, ?, ?)").run(KEY, FOR_EVER, here);
  }
}

function hasLog(path: string): boolean {
  const found = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return found !== undefined && found.size > HEADER;
}

/** `null` where nothing can be told: whoever opens it says what is wrong. */
function placeIn(path: string): string | "damaged" | null {
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      return knownPlace(db);
    } finally {
      db.close();
    }
  } catch (error) {
    const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
    return code === CORRUPT ? "damaged" : null;
  }
}

function knownPlace(db: DatabaseSync): string | null {
  const found = db.prepare("SELECT value FROM marks WHERE key = ?").get(KEY);
  return found === undefined ? null : text(Object.values(found)[0]);
}

/** Inode and birth. Of the device nothing: its number may be another after the machine has started again. */
function placeOf(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true });
  return `${ino} ${birthtimeNs}`;
}

/** One of the two is enough: there are file systems that number their files anew, and some that know no birth. */
function isSame(known: string, here: string): boolean {
  const [inode, birth] = known.split(" ");
  const [inodeHere, birthHere] = here.split(" ");
  return inode === inodeHere || birth === birthHere;
}

function notItsLog(path: string): CoatcheckError {
  const message =
    `The session store ${path} is not the file that ${path}-wal belongs to. If a copy was put in its place, delete ` +
    `${path}-wal and ${path}-shm; if all of them were copied together, run once: sqlite3 ${path} "PRAGMA wal_checkpoint(TRUNCATE)"`;
  return new CoatcheckError("ERR_STORE_INVALID", { message });
}
