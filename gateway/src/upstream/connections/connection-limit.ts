/** Limits the connections to one upstream, and queues requests for them. */
import { stopwatch } from "../../observe/observer.ts";

/** A request that waits for a connection. */
export interface Waiter {
  /** A connection is free, and is taken for it. */
  go(): void;
  /** It waited for as long as it may. */
  tooLate(): void;
}

interface ConnectionLimits {
  /** The most connections for requests on which something moves. */
  readonly connections: number;
  /** The most for what lasts: WebSockets, event streams, answers whose reader stands still. */
  readonly streams: number;
  /** How long a request waits for a connection, in milliseconds. */
  readonly queueTimeout: number;
}

/** How many connections to an upstream are in use, and who waits for one. */
export interface ConnectionUse {
  readonly upstream: string;
  readonly busy: number;
  readonly lasting: number;
  readonly waiting: number;
}

/**
 * The connections to one upstream. Streams have a limit of their own: a few hundred event streams, or clients that
 * read nothing, would else hold every connection, and no further request would be sent. An answer that stands still
 * counts as a stream until it goes on, and then as busy again, past the limit too: it has its connection.
 */
export class ConnectionLimit {
  readonly #limits: ConnectionLimits;
  readonly #upstream: string;
  /** Who waits, and since when; the longest first. */
  readonly #waiting = new Map<Waiter, number>();
  #busy = 0;
  #lasting = 0;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(upstream: string, limits: ConnectionLimits) {
    this.#upstream = upstream;
    this.#limits = limits;
  }

  get use(): ConnectionUse {
    return { upstream: this.#upstream, busy: this.#busy, lasting: this.#lasting, waiting: this.#waiting.size };
  }

  /** Takes a connection; `false`: there is none, and the waiter hears of it later. */
  take(waiter: Waiter): boolean {
    if (this.#busy < this.#limits.connections) {
      this.#busy++;
      return true;
    }
    this.#waiting.set(waiter, stopwatch());
    this.#watch();
    return false;
  }

  /** Waits no longer. */
  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Gives back a connection that was taken. */
  give(): void {
    this.#busy--;
    this.#next();
  }

  /** Takes one for what lasts from the beginning; `false`: there are as many as there may be. */
  takeLasting(): boolean {
    if (this.#lasting >= this.#limits.streams) return false;
    this.#lasting++;
    return true;
  }

  giveLasting(): void {
    this.#lasting--;
  }

  /** A connection that was taken turns out to last; `false`: there are too many of those, and it stays what it was. */
  outlast(): boolean {
    if (!this.takeLasting()) return false;
    this.give();
    return true;
  }

  /** What stood still moves again. */
  moveOn(): void {
    this.#lasting--;
    this.#busy++;
  }

  #next(): void {
    if (this.#waiting.size === 0 || this.#busy >= this.#limits.connections) return;
    const [first] = this.#waiting.keys();
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#busy++;
    first.go();
  }

  /** One timer for all: the request that waits longest is told first. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const [since] = this.#waiting.values();
    if (since === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        for (const [waiter, waited] of this.#waiting) {
          if (stopwatch() - waited < this.#limits.queueTimeout - 1) break;
          this.#waiting.delete(waiter);
          waiter.tooLate();
        }
        this.#watch();
      },
      Math.max(0, since + this.#limits.queueTimeout - stopwatch()),
    ).unref();
  }
}

/** The connection of one exchange: whether it has one, and how that counts. */
export class Slot {
  readonly #limit: ConnectionLimit;
  readonly #waiter: Waiter;
  #state: "none" | "waiting" | "busy" | "still" | "stream" = "none";

  constructor(limit: ConnectionLimit, waiter: Waiter) {
    this.#limit = limit;
    this.#waiter = waiter;
  }

  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  /** Asks for a connection. The waiter's `go` follows, at once or later, or `tooLate`. */
  take(): void {
    this.#state = "waiting";
    if (this.#limit.take(this)) this.go();
  }

  /** Asks for one that lasts; `false`: there is none to be had. */
  takeStream(): boolean {
    if (!this.#limit.takeLasting()) return false;
    this.#state = "stream";
    return true;
  }

  go(): void {
    this.#state = "busy";
    this.#waiter.go();
  }

  tooLate(): void {
    this.#state = "none";
    this.#waiter.tooLate();
  }

  /** The answer is a stream; `false`: there are too many. */
  becomeStream(): boolean {
    if (this.#state !== "busy") return true;
    if (!this.#limit.outlast()) return false;
    this.#state = "stream";
    return true;
  }

  /** Its reader stands still. */
  pause(): void {
    if (this.#state === "busy" && this.#limit.outlast()) this.#state = "still";
  }

  resume(): void {
    if (this.#state !== "still") return;
    this.#state = "busy";
    this.#limit.moveOn();
  }

  /** Gives back whatever it has. */
  free(): void {
    const state = this.#state;
    this.#state = "none";
    if (state === "busy") this.#limit.give();
    else if (state === "waiting") this.#limit.leave(this);
    else if (state !== "none") this.#limit.giveLasting();
  }
}
