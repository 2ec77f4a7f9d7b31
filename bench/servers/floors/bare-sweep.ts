/**
 * What SQLite itself takes to delete as many rows of the same file, with no session layer round it: the floor of a
 * sweep.
 */
import { DatabaseSync } from "node:sqlite";

/** Rows of one statement: so many that what each statement costs by itself is next to nothing. */
const TOGETHER = 1_000;
/** Statements between two checkpoints, which are not counted: the library's are a thread's of their own. */
const CHECKPOINT = 5;

/**
 * The same columns, the same indexes, `secure_delete` and cache as the library's. Answers microseconds for each row, as
 * long as it held its thread.
 */
export function measureBareSweep(path: string, until: number, most: number): number {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON;
    PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824`);
  const sweep = db.prepare(
    `DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires < ? ORDER BY expires LIMIT ${TOGETHER})`,
  );
  let [millis, rows] = [0, 0];
  for (let batch = 0, deleted = TOGETHER; deleted === TOGETHER && rows < most; batch++) {
    const began = performance.now();
    deleted = Number(sweep.run(until).changes);
    millis += performance.now() - began;
    rows += deleted;
    if (batch % CHECKPOINT === 0) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  db.close();
  return (millis * 1_000) / rows;
}
