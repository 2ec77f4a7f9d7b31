/**
 * Detects a database file that replaced another one whose write-ahead log is still there. SQLite would replay that log
 * into the new file, which damages it or mixes the two.
 */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { CoatcheckError } from "../../../core/errors.ts";
import { text } from "../rows.ts";

/** The size of a log's header: a log of this size or less holds no frame. */
const HEADER = 32;
/** The marker that holds the identity: of this file alone, so it goes nowhere else. */
export const FILE_KEY = "store:file";
/** Past every sweep. */
const FOR_EVER = 8_640_000_000_000_000;

/** Tries, and milliseconds between them: another process may be writing down the file's identity at this moment. */
const TRIES = 5;
const PAUSE = 50;
const CORRUPT = 11;

/**
 * Compares the file with the identity that the database stores about itself. Opened read-only, since the last
 * connection that closes would write the log into the file, and a restored copy has to stay as it is.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` if the log beside it was written for another file
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

/** Stores the file's identity. A database that moved and has no foreign log was copied completely. */
export function noteFile(db: DatabaseSync, path: string): void {
  const here = placeOf(path);
  if (knownPlace(db) !== here) {
    db.prepare("INSERT OR REPLACE INTO marks (key, until, value) VALUES (?, ?, ?)").run(FILE_KEY, FOR_EVER, here);
  }
}

function hasLog(path: string): boolean {
  const found = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return found !== undefined && found.size > HEADER;
}

/** `null` if the file does not tell; opening it for use then reports what is wrong. */
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
  const found = db.prepare("SELECT value FROM marks WHERE key = ?").get(FILE_KEY);
  return found === undefined ? null : text(Object.values(found)[0]);
}

/** Inode and time of birth. Not the device, whose number may change when the machine restarts. */
function placeOf(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true });
  return `${ino} ${birthtimeNs}`;
}

/** One of the two is enough: some file systems renumber their files, and some store no time of birth. */
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
