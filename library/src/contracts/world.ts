/** What the environment provides: values of JSON, time, randomness, work that outlives its request. */

/** A value, or a promise of it. The engine makes no promise of its own if an interface answers with a value. */
export type MaybePromise<T> = T | Promise<T>;

/** What JSON can say. Claims and session data are such values. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
/** An object of JSON values. */
export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Time. Injected everywhere, so that tests and the simulation decide what time it is.
 *
 * @example
 * ```ts
 * import type { Clock } from "coatcheck";
 * const clock: Clock = manualClock(Date.UTC(2030, 0, 1)); // of `coatcheck/testing`
 * const auth = coatcheck({ clock, … });
 * ```
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** A clock that never jumps, milliseconds from an arbitrary start. Leases are watched on it. */
  monotonic(): number;
  /**
   * Resolves after `ms`; rejects with the signal's reason when it is aborted first. Must not keep the process alive.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Processor time that this process has used, milliseconds. The rate of refreshes follows it; without it that rate is
   * fixed.
   */
  cpu?(): number;
  /**
   * Resolves after one round of the event loop (`scheduler.yield()`, `setImmediate`). Refreshes that come together take
   * turns by it; without it they follow each other at once.
   */
  yield?(): Promise<void>;
}

/** Randomness of a cryptographic quality. Throws when there is none; never answers with fewer bytes (S-08). */
export interface Entropy {
  /** Fresh random bytes; the caller owns the returned array. */
  bytes(length: number): Uint8Array;
}

/** Keeps track of work that outlives its request; drained by `auth.close()`. */
export interface Background {
  /** Runs to its end even when the client has gone. A rejection is reported, never thrown. */
  waitUntil(work: Promise<unknown>): void;
}
