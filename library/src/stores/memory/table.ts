/** All rows of the memory store, packed outside the heap, and their indexes by id, owner, sid and time. */
import type { EndTarget, SessionRow, Survey } from "../../contracts.ts";
import { HotRows, hashOf, hashOfText } from "../../core/hot-rows.ts";
import type { Handle } from "./cells.ts";
import { NOWHERE } from "./cells.ts";
import { HashIndex } from "./index-table.ts";
import { headsBy, headsIn, RowLists } from "./lists.ts";
import { BY_EXPIRY, BY_OWNER, BY_REFRESH, BY_SID, RowCells } from "./row-cells.ts";

/** Indexes by time have one list for each minute. */
const BUCKET_MS = 60_000;
/** Rows that are cached as objects: three kilobytes each, with what callers cache about them. */
const HOT_ROWS = 8_192;

/** Stores rows, and checks no conditions. */
export class RowTable {
  readonly #cells = new RowCells();
  readonly #hot = new HotRows(HOT_ROWS);
  readonly #byId = new HashIndex((handle, id) => this.#cells.isOf(handle, id));
  readonly #ownerHeads = new HashIndex((handle, owner) => this.#cells.read(handle).owner === owner);
  readonly #sidHeads = new HashIndex((handle, key) => sidKeyOf(this.#cells.read(handle)) === key);
  readonly #expiryHeads = new Map<number, Handle>();
  readonly #refreshHeads = new Map<number, Handle>();
  readonly #byOwner = new RowLists(this.#cells, BY_OWNER, headsIn(this.#ownerHeads));
  readonly #bySid = new RowLists(this.#cells, BY_SID, headsIn(this.#sidHeads));
  readonly #byExpiry = new RowLists(this.#cells, BY_EXPIRY, headsBy(this.#expiryHeads));
  readonly #byRefresh = new RowLists(this.#cells, BY_REFRESH, headsBy(this.#refreshHeads));

  get size(): number {
    return this.#cells.count;
  }

  /** The row; the same object while it is read often and does not change. */
  get(id: string): SessionRow | undefined {
    const hash = hashOf(id);
    return this.#hot.get(id, hash) ?? this.#read(id, hash);
  }

  #read(id: string, hash: number): SessionRow | undefined {
    const handle = this.#byId.find(hash, id);
    return handle === NOWHERE ? undefined : this.#hot.keep(this.#cells.read(handle), hash);
  }

  /** Whether `get` will return this very object again. */
  keeps(row: SessionRow): boolean {
    return this.#hot.keeps(row);
  }

  /** The row, without caching it. */
  peek(id: string): SessionRow | undefined {
    const handle = this.#byId.find(hashOf(id), id);
    return handle === NOWHERE ? undefined : this.#cells.read(handle);
  }

  /** Stores a row, and replaces the one of its id. If there is no memory it throws, and the old row stays. */
  set(row: SessionRow): void {
    const hash = hashOf(row.id);
    const before = this.#byId.find(hash, row.id);
    const handle = this.#cells.write(row, hash);
    try {
      // Allocates first: nothing after this throws.
      this.#reserve(row, hash);
    } catch (cause) {
      this.#cells.drop(handle);
      throw cause;
    }
    if (before === NOWHERE) this.#byId.add(hash, handle);
    else {
      this.#unlink(this.#cells.read(before), before);
      this.#byId.replace(hash, before, handle);
      this.#hot.drop(row.id, hash);
      this.#cells.drop(before);
    }
    this.#link(row, handle);
  }

  /** Moves `seen` forward; `false` if there is no live row of this id. */
  touch(id: string, seen: number): boolean {
    const hash = hashOf(id);
    const handle = this.#byId.find(hash, id);
    if (handle === NOWHERE || !this.#cells.lives(handle)) return false;
    // No list is ordered by `seen`.
    if (seen > this.#cells.seen(handle)) {
      this.#cells.touch(handle, seen);
      this.#hot.drop(id, hash);
    }
    return true;
  }

  delete(id: string): void {
    const hash = hashOf(id);
    const handle = this.#byId.find(hash, id);
    if (handle === NOWHERE) return;
    this.#unlink(this.#cells.read(handle), handle);
    this.#byId.replace(hash, handle, NOWHERE);
    this.#hot.drop(id, hash);
    this.#cells.drop(handle);
  }

  /** Makes room in the indexes for one more row. */
  #reserve(row: SessionRow, hash: number): void {
    this.#byId.reserve(hash);
    if (row.owner !== null) this.#ownerHeads.reserve(hashOfText(row.owner));
    const sid = sidKeyOf(row);
    if (sid !== null) this.#sidHeads.reserve(hashOfText(sid));
  }

  /** Adds a row to its lists. */
  #link(row: SessionRow, handle: Handle): void {
    this.#byExpiry.add(bucketOf(row.expires), handle);
    if (row.ended !== null) return;
    if (row.owner !== null) this.#byOwner.add(row.owner, handle);
    const sid = sidKeyOf(row);
    if (sid !== null) this.#bySid.add(sid, handle);
    if (row.renewAt !== null) this.#byRefresh.add(bucketOf(row.renewAt), handle);
  }

  /** Removes a row from its lists. */
  #unlink(row: SessionRow, handle: Handle): void {
    this.#byExpiry.remove(bucketOf(row.expires), handle);
    if (row.ended !== null) return;
    if (row.owner !== null) this.#byOwner.remove(row.owner, handle);
    const sid = sidKeyOf(row);
    if (sid !== null) this.#bySid.remove(sid, handle);
    if (row.renewAt !== null) this.#byRefresh.remove(bucketOf(row.renewAt), handle);
  }

  /** Ids of live rows. */
  targeted(target: EndTarget): readonly string[] {
    if ("id" in target) return [target.id];
    if ("sid" in target) return [...this.#bySid.of(sidKey(target.issuer, target.sid))].map((handle) => this.#cells.id(handle));
    return [...this.#byOwner.of(target.owner)].map((handle) => this.#cells.id(handle)).filter((id) => id !== target.except);
  }

  /** Live rows of an owner that expire after `now`, the newest first. */
  ofOwner(owner: string, limit: number, now: number): readonly SessionRow[] {
    const found = [...this.#byOwner.of(owner)].filter((handle) => this.#cells.expires(handle) > now);
    found.sort((a, b) => this.#cells.created(b) - this.#cells.created(a));
    return found.slice(0, limit).map((handle) => this.#cells.read(handle));
  }

  /** Live rows of a provider's session that expire after `now`, in any order. */
  ofSid(issuer: string, sid: string, limit: number, now: number): readonly SessionRow[] {
    const found = [...this.#bySid.of(sidKey(issuer, sid))].filter((handle) => this.#cells.expires(handle) > now);
    return found.slice(0, limit).map((handle) => this.#cells.read(handle));
  }

  /** Live rows whose tokens are to be refreshed before a time and that expire after `now`, the most urgent first. */
  dueForRefresh(before: number, limit: number, now: number): readonly SessionRow[] {
    const due = (handle: Handle): number => this.#cells.renewAt(handle) ?? before;
    const found: Handle[] = [];
    for (const bucket of this.#refreshHeads.keys()) {
      if (bucket * BUCKET_MS >= before) continue;
      for (const handle of this.#byRefresh.of(bucket)) {
        if (due(handle) < before && this.#cells.expires(handle) > now) found.push(handle);
      }
    }
    found.sort((a, b) => due(a) - due(b));
    return found.slice(0, limit).map((handle) => this.#cells.read(handle));
  }

  /** Deletes rows that expired before `now`, at most so many; answers how many. */
  sweep(limit: number, now: number): number {
    const expired: string[] = [];
    for (const bucket of this.#expiryHeads.keys()) {
      if (bucket * BUCKET_MS >= now) continue;
      for (const handle of this.#byExpiry.of(bucket)) {
        if (expired.length >= limit) break;
        if (this.#cells.expires(handle) < now) expired.push(this.#cells.id(handle));
      }
      if (expired.length >= limit) break;
    }
    for (const id of expired) this.delete(id);
    return expired.length;
  }

  /** Rows by the minute in which they expire, about as many, and the minute that follows. */
  scan(from: number, limit: number): { readonly rows: readonly SessionRow[]; readonly next: number | null } {
    const rows: SessionRow[] = [];
    for (const bucket of this.#bucketsFrom(from)) {
      if (rows.length >= limit) return { rows, next: bucket };
      for (const handle of this.#byExpiry.of(bucket)) rows.push(this.#cells.read(handle));
    }
    return { rows, next: null };
  }

  #bucketsFrom(from: number): readonly number[] {
    return [...this.#expiryHeads.keys()].filter((bucket) => bucket >= from).sort((a, b) => a - b);
  }

  /** Walks over rows by the minute in which they expire: deletes idle ones, counts the others. */
  survey(from: number, limit: number, now: number, seenBefore: number): Survey {
    const buckets = this.#bucketsFrom(from);
    const idle: string[] = [];
    let [looked, live, dead] = [0, 0, 0];
    let next: number | null = null;
    for (const bucket of buckets) {
      if (looked >= limit) {
        next = bucket;
        break;
      }
      for (const handle of this.#byExpiry.of(bucket)) {
        looked++;
        const ended = !this.#cells.lives(handle);
        if (!ended && this.#cells.seen(handle) < seenBefore && !this.#cells.leased(handle)) idle.push(this.#cells.id(handle));
        else if (ended || this.#cells.expires(handle) <= now) dead++;
        else live++;
      }
    }
    for (const id of idle) this.delete(id);
    return { deleted: idle.length, live, dead, next };
  }

  clear(): void {
    this.#cells.clear();
    this.#hot.clear();
    for (const index of [this.#byId, this.#ownerHeads, this.#sidHeads]) index.clear();
    this.#expiryHeads.clear();
    this.#refreshHeads.clear();
  }
}

const bucketOf = (time: number): number => Math.floor(time / BUCKET_MS);
/** The length prefix makes it unambiguous whatever the two strings hold. */
const sidKey = (issuer: string, sid: string): string => `${issuer.length}:${issuer}${sid}`;
const sidKeyOf = ({ issuer, sid }: SessionRow): string | null => (issuer === null || sid === null ? null : sidKey(issuer, sid));
