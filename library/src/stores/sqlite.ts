/** `coatcheck/sqlite`: sessions in a SQLite file, shared by the processes of one machine. */
import type { DatabaseSync } from "node:sqlite";
import type {
  EndReason,
  EndTarget,
  ListQuery,
  PutCondition,
  ScanPage,
  SessionRow,
  SessionStore,
  StoreCapabilities,
  Survey,
} from "../contracts.ts";
import { detached } from "../core/detached.ts";
import { isEndReason } from "../core/row-columns.ts";
import { BusyTimeout } from "./sqlite/busy-timeout.ts";
import { RowCache } from "./sqlite/cache.ts";
import { Checkpointer } from "./sqlite/checkpointer.ts";
import { secretBeside } from "./sqlite/file/development-secret.ts";
import { exposedMode } from "./sqlite/file/file-mode.ts";
import { FileWatch, fileIdentity } from "./sqlite/file/file-watch.ts";
import { FileMap } from "./sqlite/file/memory-map.ts";
import type { SqliteOptions } from "./sqlite/options.ts";
import { sqliteOptions } from "./sqlite/options.ts";
import { listed, scanned } from "./sqlite/queries.ts";
import { ReadHold } from "./sqlite/read-hold.ts";
import type { Written } from "./sqlite/row.ts";
import { INDEX_PAGES, insertRow, readRow, sweepRows, updateRow } from "./sqlite/row.ts";
import { cellsIn, integer, rowOf, text } from "./sqlite/rows.ts";
import { createFile, DUE_INDEX, isBusy, openDatabase, unavailable } from "./sqlite/schema.ts";
import type { Statements } from "./sqlite/statements.ts";
import { prepareAll } from "./sqlite/statements.ts";
import type { Ending, EndingListener } from "./sqlite/watch.ts";
import { EndingWatcher } from "./sqlite/watch.ts";

export type { SqliteOptions } from "./sqlite/options.ts";

/**
 * Keeps sessions in a file, through `node:sqlite`, for any number of processes on one machine. Calls return at once,
 * without a promise.
 *
 * @throws TypeError for options that mean nothing.
 * @throws CoatcheckError `ERR_STORE_INVALID` if the file is not a database, not ours, newer than this release or not
 * writable; `ERR_STORE_UNAVAILABLE`, from any call, if SQLite could not carry it out.
 * @example
 * ```ts
 * const auth = coatcheck({ store: sqlite("/var/lib/app/sessions.db"), … });
 * ```
 */
export function sqlite(options: string | SqliteOptions): SessionStore {
  const { path, cacheRows, busyTimeout, onFileLost, onExposed, ...pragmas } = sqliteOptions(options);
  createFile(path);
  const identity = fileIdentity(path);
  const db = openDatabase(path, { ...pragmas, busyTimeout });
  const file = new FileWatch(path, identity, onFileLost);
  try {
    // The file was opened by its path: if the path leads to another file now, it may have done so then.
    file.check();
    const exposed = exposedMode(path);
    if (exposed !== null) onExposed(exposed);
    const map = new FileMap(db, path, pragmas.mmap);
    return new SqliteStore({ db, path, cacheRows, file, map, busy: new BusyTimeout(db, busyTimeout) });
  } catch (error) {
    file.close();
    db.close();
    throw error;
  }
}

interface Opened {
  readonly db: DatabaseSync;
  readonly path: string;
  readonly cacheRows: number;
  readonly file: FileWatch;
  readonly map: FileMap;
  readonly busy: BusyTimeout;
}

/** How long endings stay in the file for processes that have not read them yet, in milliseconds. */
const ENDINGS_KEPT = 60_000;

class SqliteStore implements SessionStore {
  readonly name = "sqlite";
  readonly capabilities: StoreCapabilities;
  readonly developmentSecret: NonNullable<SessionStore["developmentSecret"]>;
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #cache: RowCache | undefined;
  readonly #checkpointer: Checkpointer;
  readonly #busy: BusyTimeout;
  readonly #endings: EndingWatcher;
  readonly #hold: ReadHold;
  readonly #file: FileWatch;
  readonly #map: FileMap;
  #listsDue = false;

  constructor({ db, path, cacheRows, file, map, busy }: Opened) {
    this.#map = map;
    this.developmentSecret = (make) => secretBeside(path, make);
    this.#busy = busy;
    this.#file = file;
    this.#db = db;
    const sql = prepareAll(db);
    this.#sql = sql;
    const dataVersion = (): number => {
      file.known();
      return integer(cellsIn(sql.dataVersion.get() ?? [])[0]);
    };
    const newest = (): number => Number(cellsIn(sql.newestEnding.get() ?? [])[0] ?? 0);
    const after = (number: number, limit: number) => sql.endingsAfter.all(number, limit).map(endingOf);
    this.#endings = new EndingWatcher({ dataVersion, newest, after });
    this.#hold = new ReadHold(path, dataVersion);
    const cache = cacheRows === 0 ? undefined : new RowCache(cacheRows, dataVersion);
    this.#cache = cache;
    const keepsRows = cache === undefined ? false : (row: SessionRow): boolean => cache.keeps(row);
    this.capabilities = Object.freeze({ shared: true, durable: true, watch: true, keepsRows });
    this.#checkpointer = new Checkpointer(path, (cause) => {
      const detail = cause instanceof Error ? cause.message : String(cause);
      process.emitWarning(`Checkpoints of ${path} run on the event loop: ${detail}`, { code: "COATCHECK_CHECKPOINT" });
      if (db.isOpen) db.exec("PRAGMA wal_autocheckpoint = 1000");
    });
  }

  get(id: string): SessionRow | undefined {
    this.#file.known();
    this.#hold.reads();
    try {
      return this.#cache === undefined ? readRow(this.#sql, id) : this.#readThrough(this.#cache, id);
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  put(row: SessionRow, condition: PutCondition): boolean {
    const taken = this.#cache?.take(row.id);
    const absent = condition === "absent";
    const written = this.#write(() => (absent ? insertRow(this.#sql, row) : updateRow(this.#sql, row, condition)));
    if (written && !absent && taken !== undefined) this.#cache?.follow(taken, row, condition);
    if (written && row.ended !== null) this.#endings.wrote();
    return written;
  }

  touch(id: string, seen: number): boolean {
    this.#cache?.drop(id);
    return this.#write(() => ({ changes: this.#sql.touch.run(seen, id).changes, pages: 1 }));
  }

  end(target: EndTarget, reason: EndReason, now: number): readonly string[] {
    return this.#change(() => {
      const ended = this.#endAll(target, reason, now).map((result) => text(cellsIn(result)[0]));
      for (const id of ended) this.#cache?.drop(id);
      this.#logged(ended.length * INDEX_PAGES);
      if (ended.length > 0) this.#endings.wrote();
      return ended;
    });
  }

  list(query: ListQuery, limit: number, now: number): readonly SessionRow[] {
    const most = bounded(limit);
    if ("renewBefore" in query && !this.#listsDue) this.#indexDue();
    return this.#attempt(() => listed(this.#sql, query, now, most).map((result) => rowOf(cellsIn(result))));
  }

  mark(key: string, until: number, now: number, value = ""): boolean {
    return this.#change(() => {
      this.#logged(INDEX_PAGES);
      // One statement decides which caller is first. An existing marker is replaced, unless a sweep deleted it
      // meanwhile.
      for (;;) {
        if (this.#sql.markFirst.run(key, until, value, now).changes === 1) return true;
        if (this.#sql.markAgain.run(until, value, key).changes === 1) return false;
      }
    });
  }

  marked(key: string, now: number): string | undefined {
    return this.#attempt(() => {
      const result = this.#sql.marked.get(key, now);
      return result === undefined ? undefined : text(cellsIn(result)[0]);
    });
  }

  scan(position: string | null, limit: number): ScanPage {
    return this.#attempt(() => scanned(this.#sql, position, Math.max(1, bounded(limit))));
  }

  sweep(limit: number, now: number): number {
    const most = bounded(limit);
    return this.#change(() => {
      const rows = sweepRows(this.#sql, most, now);
      if (rows > 0) this.#cache?.clear();
      const markers = rows < most ? Number(this.#sql.sweepMarks.run(now, most - rows).changes) : 0;
      this.#sql.sweepEndings.run(now - ENDINGS_KEPT, most);
      this.#logged(rows + markers);
      return rows + markers;
    });
  }

  survey(from: number, limit: number, now: number, seenBefore: number): Survey {
    const most = Math.max(1, bounded(limit));
    const found = this.#attempt(() => this.#sql.survey.all(now, seenBefore, from, most).map(cellsIn));
    const last = integer(found.at(-1)?.[0] ?? from);
    const idle = found.filter((cells) => integer(cells[2]) === 1);
    const deleted = idle.length === 0 ? 0 : this.#change(() => this.#sweepIdle(from, last, seenBefore));
    const stays = found.filter((cells) => integer(cells[2]) === 0);
    const live = stays.filter((cells) => integer(cells[1]) === 1).length;
    return { deleted, live, dead: stays.length - live, next: found.length < most ? null : last };
  }

  #sweepIdle(from: number, last: number, seenBefore: number): number {
    const rows = Number(this.#sql.sweepIdle.run(from, last, seenBefore).changes);
    this.#cache?.clear();
    this.#logged(rows);
    return rows;
  }

  /** An exception of a listener is dropped: the session has ended, whatever the listener does. */
  watch(listener: EndingListener, gap?: () => void): () => void {
    return this.#attempt(() => this.#endings.watch(listener, gap));
  }

  /** The worker's connection, if there is one, closes last: the last connection empties the write-ahead log. */
  close(): Promise<void> | undefined {
    this.#file.close();
    this.#endings.close();
    this.#hold.close();
    if (this.#db.isOpen) this.#db.close();
    this.#cache?.clear();
    return this.#checkpointer.close();
  }

  #readThrough(cache: RowCache, id: string): SessionRow | undefined {
    const cached = cache.get(id);
    if (cached !== undefined) return cached;
    // The id is a slice of the request's header, which would otherwise stay in memory with it.
    const row = readRow(this.#sql, detached(id));
    return row === undefined ? undefined : cache.keep(row);
  }

  #logged(pages: number): void {
    if (this.#checkpointer.wrote(pages)) this.#map.follow();
  }

  #write(work: () => Written): boolean {
    return this.#change(() => {
      const { changes, pages } = work();
      if (changes === 1) this.#logged(pages);
      return changes === 1;
    });
  }

  /** Idempotent: does nothing if this or another process has made the index already. */
  #indexDue(): void {
    this.#change(() => this.#db.exec(DUE_INDEX));
    this.#listsDue = true;
  }

  #endAll(target: EndTarget, reason: EndReason, now: number): readonly object[] {
    if ("id" in target) return this.#sql.endId.all(now, reason, target.id);
    if ("owner" in target) return this.#sql.endOwner.all(now, reason, target.owner, target.except ?? null);
    return this.#sql.endSid.all(now, reason, target.issuer, target.sid);
  }

  /** Runs a call that writes, and so may have to wait for another process. */
  #change<Answer>(work: () => Answer): Answer {
    this.#file.check();
    try {
      const answer = work();
      // A write to a file that was deleted or replaced meanwhile is lost.
      this.#file.check();
      this.#hold.wrote();
      this.#busy.succeeded();
      return answer;
    } catch (cause) {
      if (isBusy(cause)) this.#busy.expired();
      throw unavailable(cause);
    }
  }

  #attempt<Answer>(work: () => Answer): Answer {
    this.#file.check();
    try {
      return work();
    } catch (cause) {
      throw unavailable(cause);
    }
  }
}

function endingOf(result: object): Ending {
  const [number, id, reason] = cellsIn(result);
  const known = text(reason);
  return { number: integer(number), id: text(id), reason: isEndReason(known) ? known : null };
}

/** SQLite reads a negative limit as none. */
const bounded = (limit: number): number => Math.max(0, Math.min(Math.floor(limit), 1_000_000_000));
