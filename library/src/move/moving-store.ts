/** A store that serves two while sessions are moved from one to the other. */
import type {
  Clock,
  EndReason,
  EndTarget,
  ListQuery,
  PutCondition,
  SessionRow,
  SessionStore,
  StoreCapabilities,
} from "../contracts.ts";
import { knownOptions } from "../core/options/option-names.ts";
import type { Way } from "./hand-over.ts";
import { handOver, isLocked, isMoved, unlocked } from "./hand-over.ts";
import { MovingMarkers } from "./moving-markers.ts";
import { Phase, SERVED_EVERY } from "./phase.ts";

/**
 * Options of {@link moving}.
 *
 * @example
 * ```ts
 * import type { MovingOptions } from "coatcheck/move";
 *
 * const options: MovingOptions = { from: sqlite("old.db"), to: sqlite("new.db") };
 * ```
 */
export interface MovingOptions {
  /** The store that all processes used until now. */
  readonly from: SessionStore;
  /** The store that all are to use afterwards: empty at the beginning. */
  readonly to: SessionStore;
  /** Tells the time. Default: the machine's. */
  readonly clock?: Pick<Clock, "now">;
}

/**
 * Serves the sessions of two stores while `moveSessions` moves them, so that no user is signed out: each session is
 * read and written where it is at that moment. Until the move begins it is the old store, with nothing in the new one.
 * Give it to every process before the move begins, and until it is done.
 *
 * What one of the two cannot do, it does not do: it is `shared`, `durable` or tells of endings (`watch`) if both are or
 * do. Idle sessions are not deleted meanwhile (`survey`). Closing it closes both.
 *
 * @throws TypeError for options that mean nothing.
 * @throws CoatcheckError from calls: what the stores throw; `ERR_STORE_INVALID` if the old store is moved elsewhere.
 * @example
 * ```ts
 * import { moving } from "coatcheck/move";
 *
 * const store = moving({ from: sqlite("old.db"), to: sqlite("new.db") });
 * const auth = coatcheck({ store, … });
 * ```
 */
export function moving(options: MovingOptions): SessionStore {
  knownOptions<MovingOptions>("", options, { from: true, to: true, clock: true });
  const { from, to, clock = Date } = options;
  if (from === to) throw new TypeError("moving({ from, to }) takes two stores, and these are one");
  return new MovingStore({ from, to, clock });
}

type Listener = (ended: { readonly id: string; readonly reason: EndReason }) => void;

class MovingStore implements SessionStore {
  readonly name = "moving";
  readonly capabilities: StoreCapabilities;
  /** Exists if both tell. */
  readonly watch?: (listener: Listener, gap?: () => void) => () => void;
  readonly #way: Way;
  readonly #phase: Phase;
  readonly #markers: MovingMarkers;
  readonly #served: NodeJS.Timeout;

  constructor(way: Way) {
    const { from, to } = way;
    this.#way = way;
    this.#phase = new Phase(way);
    this.#markers = new MovingMarkers(way, this.#phase);
    const both = (can: (of: StoreCapabilities) => boolean | undefined): boolean =>
      can(from.capabilities) === true && can(to.capabilities) === true;
    if (from.watch !== undefined && to.watch !== undefined) this.watch = (listener, gap) => this.#watch(listener, gap);
    this.capabilities = Object.freeze({
      shared: both(({ shared }) => shared),
      durable: both(({ durable }) => durable),
      watch: this.watch !== undefined,
      expires: both(({ expires }) => expires),
    });
    // If it cannot be said now, it is said later.
    const serve = (): void => void this.#phase.serve().catch(() => undefined);
    serve();
    this.#served = setInterval(serve, SERVED_EVERY).unref();
  }

  async get(id: string): Promise<SessionRow | undefined> {
    const { from, to } = this.#way;
    const row = await from.get(id);
    if (row !== undefined && !isMoved(row)) return unlocked(row);
    if (row === undefined && !(await this.#phase.hasBegun())) return undefined;
    const there = await to.get(id);
    if (row === undefined || there === undefined || there.ended !== null || there.seen >= row.seen) return there;
    return { ...there, seen: row.seen };
  }

  async put(row: SessionRow, condition: PutCondition): Promise<boolean> {
    const { from, to } = this.#way;
    if (condition === "absent") return this.#insert(row);
    if (await from.put(row, condition)) return true;
    if (!(await this.#phase.hasBegun())) return false;
    const stored = await from.get(row.id);
    if (stored !== undefined && !isMoved(stored)) {
      // An ended row stays as it is, and one of another version has changed.
      if (!isLocked(stored)) return false;
      const left = await handOver(this.#way, row.id);
      if (left !== undefined && !isMoved(left)) return false;
    }
    return to.put(row, condition);
  }

  async #insert(row: SessionRow): Promise<boolean> {
    const { from, to } = this.#way;
    if (this.#phase.isKnown) return to.put(row, "absent");
    const written = await from.put(row, "absent");
    // The move may have begun, and have looked through the old store already.
    // mutant: begins-in-the-old-store
    if (written && (await this.#phase.hasBegun())) await handOver(this.#way, row.id);
    return written;
  }

  async touch(id: string, seen: number): Promise<boolean> {
    const { from, to } = this.#way;
    if (await from.touch(id, seen)) return true;
    return (await this.#phase.hasBegun()) ? to.touch(id, seen) : false;
  }

  /** The old store first: what is not found there any more is in the new one. */
  async end(target: EndTarget, reason: EndReason, now: number): Promise<readonly string[]> {
    const { from, to } = this.#way;
    const ended = await from.end(target, reason, now);
    // mutant: ends-in-the-old-store
    if (!(await this.#phase.hasBegun())) return ended;
    return [...new Set([...ended, ...(await to.end(target, reason, now))])];
  }

  async list(query: ListQuery, limit: number, now: number): Promise<readonly SessionRow[]> {
    const { from, to } = this.#way;
    const before = (await from.list(query, limit, now)).map(unlocked);
    if (!(await this.#phase.hasBegun())) return before;
    const ids = new Set(before.map(({ id }) => id));
    const others = (await to.list(query, limit, now)).filter(({ id }) => !ids.has(id));
    const own = await Promise.all(others.map(({ id }) => this.#isThere(id)));
    const rows = [...before, ...others.filter((_, index) => own[index])];
    const isDue = "renewBefore" in query;
    const order = (a: SessionRow, b: SessionRow): number =>
      isDue ? Number(a.renewAt) - Number(b.renewAt) : b.created - a.created;
    return rows.toSorted(order).slice(0, Math.max(0, limit));
  }

  /** Whether the new store decides about it: a copy may be there before, and for a moment after it ended. */
  async #isThere(id: string): Promise<boolean> {
    const row = await this.#way.from.get(id);
    return row === undefined || isMoved(row);
  }

  mark(key: string, until: number, now: number, value = ""): Promise<boolean> {
    return this.#markers.mark(key, until, now, value);
  }

  marked(key: string, now: number): Promise<string | undefined> {
    return this.#markers.marked(key, now);
  }

  async sweep(limit: number, now: number): Promise<number> {
    const { from, to } = this.#way;
    const swept = await from.sweep(limit, now);
    return swept < limit && (await this.#phase.hasBegun()) ? swept + (await to.sweep(limit - swept, now)) : swept;
  }

  async close(): Promise<void> {
    clearInterval(this.#served);
    await this.#way.from.close();
    await this.#way.to.close();
  }

  #watch(listener: Listener, gap: (() => void) | undefined): () => void {
    const { from, to } = this.#way;
    const stops = [from.watch?.(listener, gap), to.watch?.(listener, gap)];
    return () => {
      for (const stop of stops) stop?.();
    };
  }
}
