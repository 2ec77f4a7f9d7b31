import type { Background, Clock, EndReason, SessionRow, SessionStore } from "../contracts.ts";
import type { SessionPolicy } from "../core/policy.ts";
import { overReason } from "../core/policy.ts";

/** The reason of an aborted `session.signal`. */
export class SessionEnded extends Error {
  static {
    SessionEnded.prototype.name = "SessionEnded";
  }
  readonly reason: EndReason;

  constructor(reason: EndReason) {
    super(`the session ended: ${reason}`);
    this.reason = reason;
  }
}

/** Hears once why a session is over. */
export type EndListener = (reason: EndReason) => void;

/** What the hub is made of. */
export interface EndingsOptions {
  readonly store: Pick<SessionStore, "get" | "watch">;
  readonly clock: Clock;
  readonly policy: SessionPolicy;
  readonly background: Background;
}

/** What is under watch is looked at this often, in milliseconds, so that an end is heard of within a second. */
const TICK = 500;
/** Where the store tells of endings by itself, each session is looked at only this often; what it tells is best effort. */
const ROUND = 5_000;
/** Most look-ups of one tick; more sessions than that take more rounds. */
const MOST_LOOKUPS = 1_000;

interface Watched {
  readonly listeners: Set<EndListener>;
  /** When the store is asked next. */
  due: number;
}

/**
 * Tells of sessions that end or run out, on whichever replica: for sockets, event streams, `session.signal`, and requests that wait for a
 * renewal. The store pushes where it can; every session under watch is looked at as well. While the store does not answer nothing ends.
 */
export class Endings {
  readonly #options: EndingsOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #signals = new Map<string, AbortController>();
  #running: AbortController | null = null;
  #stopPush: (() => void) | null = null;
  #closed = false;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** Calls `listener` once when the session is over. Answers how to stop. */
  watch(id: string, listener: EndListener): () => void {
    if (this.#closed) return () => undefined;
    const watched = this.#watched.get(id) ?? { listeners: new Set(), due: 0 };
    watched.listeners.add(listener);
    this.#watched.set(id, watched);
    if (this.#running === null) this.#start();
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size > 0 || this.#watched.get(id) !== watched) return;
      this.#watched.delete(id);
      if (this.#watched.size === 0) this.#stop();
    };
  }

  /** Aborted when the session is over. One for all requests of a session, so that its listeners are what grows, and no more. */
  signalOf(id: string): AbortSignal {
    const known = this.#signals.get(id);
    if (known !== undefined) return known.signal;
    const controller = new AbortController();
    this.#signals.set(id, controller);
    this.watch(id, (reason) => {
      this.#signals.delete(id);
      controller.abort(new SessionEnded(reason));
    });
    return controller.signal;
  }

  /** A session ended, as this process knows. */
  tell(id: string, reason: EndReason): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    this.#watched.delete(id);
    if (this.#watched.size === 0) this.#stop();
    for (const listener of watched.listeners) listener(reason);
  }

  close(): void {
    this.#closed = true;
    this.#watched.clear();
    this.#signals.clear();
    this.#stop();
  }

  #start(): void {
    const { store, background } = this.#options;
    const running = new AbortController();
    this.#running = running;
    this.#stopPush = store.watch?.(({ id, reason }) => this.tell(id, reason)) ?? null;
    background.waitUntil(this.#run(running.signal));
  }

  #stop(): void {
    this.#stopPush?.();
    this.#stopPush = null;
    this.#running?.abort();
    this.#running = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look();
      await this.#options.clock.sleep(TICK, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const now = this.#options.clock.now();
    let left = MOST_LOOKUPS;
    for (const [id, watched] of [...this.#watched]) {
      if (watched.due > now) continue;
      if (left === 0) return;
      left -= 1;
      await this.#ask(id, watched);
    }
  }

  async #ask(id: string, watched: Watched): Promise<void> {
    const { store, clock, policy } = this.#options;
    try {
      const row = await store.get(id);
      const now = clock.now();
      const over = row === undefined ? "expired" : overReason(row, now, policy);
      if (over !== null || row === undefined) this.tell(id, over ?? "expired");
      else watched.due = Math.min(now + (this.#stopPush === null ? TICK : ROUND), runsOut(row, policy));
    } catch {
      // An outage ends nobody; the next tick asks again.
    }
  }
}

function runsOut(row: SessionRow, policy: SessionPolicy): number {
  return Math.min(row.expires, row.seen + policy.idle + 1);
}
