/** Tells listeners and `session.signal` that a session ended or ran out, on any replica. */
import type { Background, Clock, EndReason, SessionRow, SessionStore } from "../../contracts.ts";
import { detached } from "../../core/detached.ts";
import type { SessionPolicy } from "../../core/policy.ts";
import { overReason } from "../../core/policy.ts";
import { parentOf } from "../../core/record.ts";

/**
 * The reason of an aborted `session.signal`.
 *
 * @example
 * ```ts
 * import { SessionEnded } from "coatcheck";
 * const { signal } = session;
 * signal.addEventListener("abort", () => {
 *   if (signal.reason instanceof SessionEnded) console.log(signal.reason.reason); // "logout", "admin", …
 * });
 * ```
 */
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

/** Called once when a session is over, with the reason. */
type EndListener = (reason: EndReason) => void;

/** The dependencies of {@link Endings}. */
interface EndingsOptions {
  readonly store: Pick<SessionStore, "get" | "watch">;
  readonly clock: Clock;
  readonly policy: SessionPolicy;
  readonly background: Background;
}

/** How often watched sessions are checked, milliseconds, so that listeners hear of an end within a second. */
const TICK = 500;
/** If the store pushes endings, each session is checked only this often; it is, since push is best effort. */
const ROUND = 5_000;
/**
 * The most look-ups of one tick: first sessions that ran out, then those that wait longest. The rest takes more ticks.
 */
const MOST_LOOKUPS = 1_000;
/** The bound of the cache of aborted signals, for requests that read theirs after the end. */
const MOST_ABORTED = 1_000;
/** Concurrent look-ups; between two batches requests are answered. */
const LOT = 50;

interface Watched {
  /** Nearly always one. */
  readonly listeners: EndListener[];
  /** When the session runs out by itself, as far as this process knows. */
  runsOut: number;
  /** When the store is asked next, on the monotonic clock. */
  due: number;
  /** Stops to watch the session that an agent's token hangs on. */
  stopParent: (() => void) | null;
}

/**
 * Tells of sessions that end or run out, on any replica: for sockets, event streams, `session.signal`, and requests
 * that wait for a refresh. Stores that can push endings; every watched session is polled as well. While the store does
 * not answer, no session counts as ended.
 */
export class Endings {
  readonly #options: EndingsOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #signals = new Map<string, AbortController>();
  readonly #aborted = new Map<string, AbortSignal>();
  #running: AbortController | null = null;
  #stopPush: (() => void) | null = null;
  /** Ends the pause between two ticks. */
  #wake: (() => void) | null = null;
  /** How often the store said that it may have missed endings. */
  #gaps = 0;
  /** Ticks that follow each other at once, until all that is watched was looked at since the last gap. */
  #catchUp = 0;
  #closed = false;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /**
   * Calls `listener` once when the session is over, never before this call returned. Answers a function that stops.
   * @param row as it was read just now: if the store pushes endings, it is not asked for this row again so soon
   */
  watch(id: string, listener: EndListener, row?: SessionRow): () => void {
    if (this.#closed) return () => undefined;
    // A caller without a row may have read it long ago.
    const due = row === undefined ? 0 : Number.POSITIVE_INFINITY;
    let watched = this.#watched.get(id);
    if (watched === undefined) {
      watched = { listeners: [listener], runsOut: Number.POSITIVE_INFINITY, due, stopParent: null };
      this.#watched.set(detached(id), watched);
    } else {
      watched.listeners.push(listener);
      watched.due = Math.min(watched.due, due);
    }
    if (this.#running === null) this.#start();
    if (row !== undefined && watched.due === due) this.#hasRead(row, watched);
    const added = watched;
    let stopped = false;
    return () => {
      if (!stopped) this.#unwatch(id, added, listener);
      stopped = true;
    };
  }

  #unwatch(id: string, watched: Watched, listener: EndListener): void {
    watched.listeners.splice(watched.listeners.indexOf(listener), 1);
    if (watched.listeners.length > 0 || this.#watched.get(id) !== watched) return;
    this.#watched.delete(id);
    watched.stopParent?.();
    if (this.#watched.size === 0) this.#stop();
  }

  /**
   * Aborted when the session is over. One signal for all requests of a session, so that only its listeners grow in
   * number. Held until then: a listener to a signal does not keep its controller alive.
   */
  signalOf(presented: string): AbortSignal {
    const known = this.#signals.get(presented)?.signal ?? this.#aborted.get(presented);
    if (known !== undefined) return known;
    const id = detached(presented);
    const controller = new AbortController();
    if (this.#closed) return controller.signal;
    this.#signals.set(id, controller);
    this.watch(id, (reason) => {
      this.#signals.delete(id);
      this.#remember(id, controller.signal);
      // mutant: deaf-signal
      controller.abort(new SessionEnded(reason));
    });
    return controller.signal;
  }

  /** This process knows that a session ended. */
  tell(id: string, reason: EndReason): void {
    const watched = this.#watched.get(id);
    const listeners = [...(watched?.listeners ?? [])];
    watched?.stopParent?.();
    if (this.#watched.delete(id) && this.#watched.size === 0) this.#stop();
    for (const listener of listeners) {
      try {
        listener(reason);
      } catch (error) {
        // The session is over even if a listener throws. Its error is reported as failed work in the background.
        this.#options.background.waitUntil(Promise.reject(error));
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#watched.clear();
    this.#signals.clear();
    this.#aborted.clear();
    this.#stop();
  }

  #remember(id: string, signal: AbortSignal): void {
    const [oldest] = this.#aborted.keys();
    if (oldest !== undefined && this.#aborted.size >= MOST_ABORTED) this.#aborted.delete(oldest);
    this.#aborted.set(id, signal);
  }

  #start(): void {
    const running = new AbortController();
    this.#running = running;
    this.#options.background.waitUntil(this.#run(running.signal));
  }

  #stop(): void {
    this.#stopPush?.();
    this.#stopPush = null;
    this.#running?.abort();
    this.#running = null;
    this.#wake?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#listen();
      await this.#look(signal);
      if (!signal.aborted) await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const nap = new AbortController();
    const wake = (): void => nap.abort();
    this.#wake = wake;
    const catchesUp = this.#catchUp > 0;
    if (catchesUp) this.#catchUp -= 1;
    await this.#options.clock.sleep(catchesUp ? 0 : TICK, nap.signal).catch(() => undefined);
    if (this.#wake === wake) this.#wake = null;
  }

  /** The store may have missed endings: every watched session is looked at, now. */
  readonly #onGap = (): void => {
    this.#gaps += 1;
    // mutant: gap-unheeded
    for (const watched of this.#watched.values()) watched.due = Number.NEGATIVE_INFINITY;
    this.#catchUp = Math.ceil(this.#watched.size / MOST_LOOKUPS);
    this.#wake?.();
  };

  /** If the store cannot push at the moment, it is tried again with the next tick. */
  #listen(): void {
    try {
      this.#stopPush ??= this.#options.store.watch?.(({ id, reason }) => this.tell(id, reason), this.#onGap) ?? null;
    } catch {
      // Until then sessions are polled.
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const found = this.#toAsk(clock.now(), clock.monotonic());
    for (let first = 0; first < found.length && !signal.aborted; first += LOT) {
      if (first > 0) await clock.sleep(0, signal).catch(() => undefined);
      await Promise.all(found.slice(first, first + LOT).map(([id, watched]) => this.#ask(id, watched)));
    }
  }

  #toAsk(now: number, steady: number): readonly (readonly [id: string, watched: Watched])[] {
    const urgency = ({ runsOut, due }: Watched): number => (runsOut <= now ? -1 : due);
    const found = [...this.#watched].filter(([, watched]) => urgency(watched) <= steady);
    if (found.length > MOST_LOOKUPS) found.sort(([, a], [, b]) => urgency(a) - urgency(b));
    return found.slice(0, MOST_LOOKUPS);
  }

  async #ask(id: string, watched: Watched): Promise<void> {
    const { store, clock, policy } = this.#options;
    try {
      // The time before the read: a touch may have been written while the answer was on its way.
      const now = clock.now();
      const gaps = this.#gaps;
      const row = await store.get(id);
      const over = row === undefined ? "expired" : overReason(row, now, policy);
      // mutant: early-signal
      if (row === undefined || over !== null) {
        this.tell(id, over ?? "expired");
        return;
      }
      // What was asked before a gap may have been answered before the ending that was missed.
      if (gaps === this.#gaps) this.#hasRead(row, watched);
    } catch {
      // An outage ends no session; the next tick asks again.
    }
  }

  #hasRead(row: SessionRow, watched: Watched): void {
    const { clock, policy } = this.#options;
    watched.runsOut = runsOut(row, policy);
    const parent = parentOf(row);
    if (parent !== null) watched.stopParent ??= this.watch(parent, (reason) => this.tell(row.id, reason));
    // Without push it is due with the next tick, the row that was read last as the last.
    watched.due = clock.monotonic() + (this.#stopPush === null ? TICK / 2 : ROUND);
  }
}

/** When a live row may run out by itself, to the millisecond: from then on it is checked with every tick. */
function runsOut({ expires, seen, renewAt, tokenExpires }: SessionRow, { idle, endsWithToken }: SessionPolicy): number {
  const token = endsWithToken && renewAt === null && tokenExpires !== null ? tokenExpires : expires;
  return Math.min(expires, seen + idle, token);
}
