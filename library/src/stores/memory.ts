/** `coatcheck/memory`: sessions in the memory of one process. */
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
import { CoatcheckError } from "../core/errors.ts";
import { hear } from "../core/hear.ts";
import { knownOptions } from "../core/options/option-names.ts";
import { emptied } from "../core/record.ts";
import { Groups } from "./memory/groups.ts";
import { RowTable } from "./memory/table.ts";

/**
 * Options of {@link memory}.
 *
 * @example
 * ```ts
 * // About 1 KB for each session: refuse new ones with 503 before the process runs out of memory.
 * const store = memory({ maxSessions: 200_000 });
 * ```
 */
export interface MemoryOptions {
  /**
   * The most rows, live and ended together. A full store first drops rows that have expired; if that frees nothing, a
   * new session is refused with `ERR_STORE_UNAVAILABLE` (503). No live session is ever dropped for a new one. Default
   * 1,000,000.
   */
  readonly maxSessions?: number;
}

/** Markers are indexed by their expiry: all that expire within the same minute are in one bucket. */
const BUCKET_MS = 60_000;
const SWEEP_WHEN_FULL = 1_000;

/** A one-time marker: the replay guard of logins and logouts. */
interface Marker {
  readonly until: number;
  readonly value: string;
}
type Listener = (ended: { readonly id: string; readonly reason: EndReason }) => void;

/**
 * Keeps sessions in this process, and loses them with it: for tests, development, and single processes in which a
 * restart may sign all users out. `get` returns the same frozen row while the row is read often and does not change.
 *
 * @example
 * ```ts
 * const auth = coatcheck({ store: memory(), … });
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
  readonly #maxSessions: number;
  readonly #rows = new RowTable();
  readonly capabilities: StoreCapabilities = Object.freeze({
    shared: false,
    durable: false,
    watch: true,
    keepsRows: (row: SessionRow): boolean => this.#rows.keeps(row),
  });
  readonly #markers = new Map<string, Marker>();
  readonly #markerExpiry = new Groups<number>();
  readonly #listeners = new Set<Listener>();
  #closed = false;
  #secret: string | undefined;

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  developmentSecret(make: () => string): string {
    this.#secret ??= make();
    return this.#secret;
  }

  get(id: string): SessionRow | undefined {
    if (this.#closed) throw closed();
    return this.#rows.get(id);
  }

  put(row: SessionRow, condition: PutCondition): boolean {
    this.#open();
    const stored = this.#rows.peek(row.id);
    if (condition === "absent") {
      if (stored !== undefined) return false;
      this.#makeRoom(row.created);
      this.#rows.set(row);
      return true;
    }
    if (stored === undefined || stored.ended !== null || stored.version !== condition) return false;
    this.#rows.set(row.seen < stored.seen ? { ...row, seen: stored.seen } : row);
    if (row.ended !== null && row.reason !== null) this.#tell(row.id, row.reason);
    return true;
  }

  touch(id: string, seen: number): boolean {
    this.#open();
    return this.#rows.touch(id, seen);
  }

  end(target: EndTarget, reason: EndReason, now: number): readonly string[] {
    this.#open();
    const ended: string[] = [];
    for (const id of this.#rows.targeted(target)) {
      const stored = this.#rows.peek(id);
      if (stored === undefined || stored.ended !== null) continue;
      this.#rows.set(emptied(stored, reason, now));
      ended.push(id);
    }
    for (const id of ended) this.#tell(id, reason);
    return ended;
  }

  list(query: ListQuery, limit: number, now: number): readonly SessionRow[] {
    this.#open();
    const most = Math.max(0, limit);
    if ("owner" in query) return this.#rows.ofOwner(query.owner, most, now);
    if ("sid" in query) return this.#rows.ofSid(query.issuer, query.sid, most, now);
    return this.#rows.dueForRefresh(query.renewBefore, most, now);
  }

  mark(key: string, until: number, now: number, value = ""): boolean {
    this.#open();
    const stored = this.#markers.get(key);
    if (stored !== undefined) this.#markerExpiry.remove(bucketOf(stored.until), key);
    this.#markers.set(key, { until, value });
    this.#markerExpiry.add(bucketOf(until), key);
    return stored === undefined || stored.until <= now;
  }

  marked(key: string, now: number): string | undefined {
    this.#open();
    const stored = this.#markers.get(key);
    return stored !== undefined && stored.until > now ? stored.value : undefined;
  }

  survey(from: number, limit: number, now: number, seenBefore: number): Survey {
    this.#open();
    return this.#rows.survey(from, limit, now, seenBefore);
  }

  /** Rows and markers by the minute in which they expire. */
  scan(position: string | null, limit: number): ScanPage {
    this.#open();
    const bucket = Number(position?.slice(1) ?? Number.NEGATIVE_INFINITY);
    if (position?.startsWith(MARKERS) === true) return this.#markersFrom(bucket, limit);
    const { rows, next } = this.#rows.scan(bucket, limit);
    return { rows, markers: [], next: next === null ? `${MARKERS}${Number.NEGATIVE_INFINITY}` : `r${next}` };
  }

  #markersFrom(from: number, limit: number): ScanPage {
    const buckets = [...this.#markerExpiry.entries()].filter(([bucket]) => bucket >= from).sort(([a], [b]) => a - b);
    const markers: ({ readonly key: string } & Marker)[] = [];
    for (const [bucket, keys] of buckets) {
      if (markers.length >= limit) return { rows: [], markers, next: MARKERS + bucket };
      for (const key of keys) markers.push({ key, ...(this.#markers.get(key) ?? GONE) });
    }
    return { rows: [], markers, next: null };
  }

  sweep(limit: number, now: number): number {
    this.#open();
    const rows = this.#rows.sweep(limit, now);
    const markers = this.#expiredMarkers(limit - rows, now);
    for (const key of markers) {
      this.#markerExpiry.remove(bucketOf(this.#markers.get(key)?.until ?? 0), key);
      this.#markers.delete(key);
    }
    return rows + markers.length;
  }

  /** An exception of a listener is dropped: the session has ended, whatever the listener does. */
  watch(listener: Listener): () => void {
    this.#open();
    const own: Listener = (ended) => listener(ended);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  close(): void {
    this.#closed = true;
    this.#rows.clear();
    this.#markers.clear();
    this.#markerExpiry.clear();
    this.#listeners.clear();
  }

  #open(): void {
    if (this.#closed) throw closed();
  }

  /** @param now `created` of the new row: the store has no clock */
  #makeRoom(now: number): void {
    if (this.#rows.size < this.#maxSessions || this.sweep(SWEEP_WHEN_FULL, now) > 0) {
      if (this.#rows.size < this.#maxSessions) return;
    }
    const message = `The memory store is full: it holds ${this.#rows.size} sessions (maxSessions).`;
    throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message });
  }

  #expiredMarkers(limit: number, now: number): readonly string[] {
    const found: string[] = [];
    for (const [bucket, keys] of this.#markerExpiry.entries()) {
      if (bucket * BUCKET_MS >= now) continue;
      for (const key of keys) {
        if (found.length >= limit) return found;
        if ((this.#markers.get(key)?.until ?? now) < now) found.push(key);
      }
    }
    return found;
  }

  #tell(id: string, reason: EndReason): void {
    for (const listener of this.#listeners) hear(listener, { id, reason });
  }
}

/** How positions among markers begin. */
const MARKERS = "m";
const GONE: Marker = { until: 0, value: "" };
const bucketOf = (time: number): number => Math.floor(time / BUCKET_MS);
const closed = (): CoatcheckError => new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "The memory store is closed." });
