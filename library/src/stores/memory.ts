import type { EndReason, EndTarget, ListQuery, PutCondition, SessionRow, SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { knownOptions } from "../core/option-names.ts";
import { Groups } from "./memory-groups.ts";
import { emptied, frozen } from "./memory-rows.ts";

/** Options of {@link memory}. */
export interface MemoryOptions {
  /**
   * How many rows fit, live and ended together. A full store first drops rows that have expired; where that frees nothing a
   * new session is refused with `ERR_STORE_UNAVAILABLE` (503). Nobody's session is ever dropped for another's. Default 1,000,000.
   */
  readonly maxSessions?: number;
}

/** What is indexed by when it expires: all that ends within the same minute lies in one bucket. */
const BUCKET_MS = 60_000;
const SWEEP_WHEN_FULL = 1_000;

interface Mark {
  readonly until: number;
  readonly value: string;
}
type Listener = (ended: { readonly id: string; readonly reason: EndReason }) => void;

/**
 * Keeps sessions in this process, and loses them with it: for tests, development, and single processes that may sign everybody
 * out at a restart. `get` hands out the same frozen row until it changes.
 *
 * @example
 * ```ts
 * const auth = coatcheck({ store: memory(), … })
 * ```
 */
export function memory(options: MemoryOptions = {}): SessionStore {
  knownOptions<MemoryOptions>("", options, { maxSessions: true });
  const maxSessions = options.maxSessions ?? 1_000_000;
  if (!(maxSessions > 0)) throw new TypeError(`memory({ maxSessions }) takes a number above 0, not ${String(maxSessions)}`);
  return new MemoryStore(maxSessions);
}

class MemoryStore implements SessionStore {
  readonly name = "memory";
  readonly capabilities = Object.freeze({ shared: false, durable: false, watch: true, keepsRows: true });
  readonly #maxSessions: number;
  readonly #rows = new Map<string, SessionRow>();
  readonly #marks = new Map<string, Mark>();
  /** Ids of live rows by owner, and by issuer and sid. */
  readonly #byOwner = new Groups<string>();
  readonly #bySid = new Groups<string>();
  readonly #rowExpiry = new Groups<number>();
  readonly #markExpiry = new Groups<number>();
  /** Ids of live rows that have something to renew. */
  readonly #renewable = new Set<string>();
  readonly #listeners = new Set<Listener>();
  #closed = false;

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  get(id: string): SessionRow | undefined {
    if (this.#closed) throw closed();
    return this.#rows.get(id);
  }

  put(row: SessionRow, condition: PutCondition): boolean {
    this.#open();
    const stored = this.#rows.get(row.id);
    if (condition === "absent") {
      if (stored !== undefined) return false;
      this.#makeRoom(row.created);
      this.#store(frozen(row, row.seen));
      return true;
    }
    if (stored === undefined || stored.ended !== null || stored.version !== condition) return false;
    this.#replace(stored, frozen(row, Math.max(stored.seen, row.seen)));
    if (row.ended !== null && row.reason !== null) this.#tell(row.id, row.reason);
    return true;
  }

  touch(id: string, seen: number): boolean {
    this.#open();
    const stored = this.#rows.get(id);
    if (stored === undefined || stored.ended !== null) return false;
    // No index holds `seen`, so the row alone is exchanged.
    if (seen > stored.seen) this.#rows.set(id, frozen(stored, seen));
    return true;
  }

  end(target: EndTarget, reason: EndReason, now: number): readonly string[] {
    this.#open();
    const ended: string[] = [];
    for (const id of this.#targeted(target)) {
      const stored = this.#rows.get(id);
      if (stored === undefined || stored.ended !== null) continue;
      this.#replace(stored, emptied(stored, reason, now));
      ended.push(id);
    }
    for (const id of ended) this.#tell(id, reason);
    return ended;
  }

  list(query: ListQuery, limit: number, now: number): readonly SessionRow[] {
    this.#open();
    const due = "renewBefore" in query ? query.renewBefore : null;
    const found: SessionRow[] = [];
    for (const id of this.#listed(query)) {
      const row = this.#rows.get(id);
      if (row === undefined || row.expires <= now) continue;
      if (due === null || (row.renewAt !== null && row.renewAt < due)) found.push(row);
    }
    found.sort(due === null ? newestFirst : mostUrgentFirst);
    return found.slice(0, Math.max(0, limit));
  }

  mark(key: string, until: number, now: number, value = ""): boolean {
    this.#open();
    const stored = this.#marks.get(key);
    if (stored !== undefined) this.#markExpiry.remove(bucketOf(stored.until), key);
    this.#marks.set(key, { until, value });
    this.#markExpiry.add(bucketOf(until), key);
    return stored === undefined || stored.until <= now;
  }

  marked(key: string, now: number): string | undefined {
    this.#open();
    const stored = this.#marks.get(key);
    return stored !== undefined && stored.until > now ? stored.value : undefined;
  }

  sweep(limit: number, now: number): number {
    this.#open();
    const rows = this.#expired(this.#rowExpiry, limit, now, (id) => this.#rows.get(id)?.expires);
    for (const id of rows) this.#drop(id);
    const marks = this.#expired(this.#markExpiry, limit - rows.length, now, (key) => this.#marks.get(key)?.until);
    for (const key of marks) {
      this.#markExpiry.remove(bucketOf(this.#marks.get(key)?.until ?? 0), key);
      this.#marks.delete(key);
    }
    return rows.length + marks.length;
  }

  /** A listener must not throw: what it throws is dropped, for the ending has happened. */
  watch(listener: Listener): () => void {
    this.#open();
    const own: Listener = (ended) => listener(ended);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  close(): void {
    this.#closed = true;
    this.#rows.clear();
    this.#marks.clear();
    for (const groups of [this.#byOwner, this.#bySid, this.#rowExpiry, this.#markExpiry]) groups.clear();
    this.#renewable.clear();
    this.#listeners.clear();
  }

  #open(): void {
    if (this.#closed) throw closed();
  }

  /** The store has no clock; a new row's `created` is the latest time that it was told. */
  #makeRoom(now: number): void {
    if (this.#rows.size < this.#maxSessions || this.sweep(SWEEP_WHEN_FULL, now) > 0) {
      if (this.#rows.size < this.#maxSessions) return;
    }
    const message = `The memory store is full: it holds ${this.#rows.size} sessions (maxSessions).`;
    throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message });
  }

  #targeted(target: EndTarget): readonly string[] {
    if ("id" in target) return [target.id];
    if ("owner" in target) return [...this.#byOwner.of(target.owner)].filter((id) => id !== target.except);
    return [...this.#bySid.of(sidKey(target.issuer, target.sid))];
  }

  #store(row: SessionRow): void {
    this.#rows.set(row.id, row);
    this.#rowExpiry.add(bucketOf(row.expires), row.id);
    if (row.ended !== null) return;
    if (row.owner !== null) this.#byOwner.add(row.owner, row.id);
    if (row.issuer !== null && row.sid !== null) this.#bySid.add(sidKey(row.issuer, row.sid), row.id);
    if (row.renewAt !== null) this.#renewable.add(row.id);
  }

  #drop(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    this.#rowExpiry.remove(bucketOf(row.expires), id);
    if (row.owner !== null) this.#byOwner.remove(row.owner, id);
    if (row.issuer !== null && row.sid !== null) this.#bySid.remove(sidKey(row.issuer, row.sid), id);
    this.#renewable.delete(id);
  }

  #replace(stored: SessionRow, row: SessionRow): void {
    this.#drop(stored.id);
    this.#store(row);
  }

  #expired(groups: Groups<number>, limit: number, now: number, end: (key: string) => number | undefined): readonly string[] {
    const found: string[] = [];
    for (const [bucket, keys] of groups.entries()) {
      if (bucket * BUCKET_MS >= now) continue;
      for (const key of keys) {
        if (found.length >= limit) return found;
        if ((end(key) ?? now) < now) found.push(key);
      }
    }
    return found;
  }

  #listed(query: ListQuery): Iterable<string> {
    if ("owner" in query) return this.#byOwner.of(query.owner);
    return "sid" in query ? this.#bySid.of(sidKey(query.issuer, query.sid)) : this.#renewable;
  }

  #tell(id: string, reason: EndReason): void {
    for (const listener of this.#listeners) {
      try {
        listener({ id, reason });
      } catch {
        // The session has ended, whatever a listener makes of it.
      }
    }
  }
}

const bucketOf = (time: number): number => Math.floor(time / BUCKET_MS);
/** Unambiguous whatever the two strings hold. */
const sidKey = (issuer: string, sid: string): string => `${issuer.length}:${issuer}${sid}`;
const newestFirst = (a: SessionRow, b: SessionRow): number => b.created - a.created;
const mostUrgentFirst = (a: SessionRow, b: SessionRow): number => (a.renewAt ?? 0) - (b.renewAt ?? 0);
const closed = (): CoatcheckError => new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "The memory store is closed." });
