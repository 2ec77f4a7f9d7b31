/** A clock that a test moves. */
import type { Clock } from "../contracts.ts";

/** A {@link Clock} that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves both clocks forward by `ms`, and resolves all sleeps that end by then, in their order. Their continuations
   * run in the next microtasks.
   *
   * @example
   * ```ts
   * const clock = manualClock();
   * const auth = coatcheck({ clock, session: { idle: "15m" }, … });
   * clock.advance(15 * 60_000); // every session has been idle for too long
   * ```
   */
  advance(ms: number): void;
  /**
   * Sets the wall clock alone, back or forth, as an operator or a time server would; no sleeper wakes.
   *
   * @example
   * ```ts
   * const clock = manualClock();
   * clock.setNow(clock.now() - 3_600_000); // the operator set the machine's clock back
   * ```
   */
  setNow(now: number): void;
  /** How many sleep. */
  readonly sleeping: number;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/**
 * A clock for tests: time passes when the test says so.
 *
 * @param start wall clock at the beginning, milliseconds since the epoch; default 2030-01-01T00:00:00Z.
 * @example
 * ```ts
 * const clock = manualClock()
 * clock.advance(60_000)
 * ```
 */
export function manualClock(start: number = Date.UTC(2030, 0, 1)): ManualClock {
  let wall = start;
  let steady = 0;
  const sleepers = new Set<Sleeper>();

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = { due: steady + Math.max(0, ms), wake };
      const abort = (): void => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      function wake(): void {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", abort);
        resolve();
      }
      if (sleeper.due <= steady) return resolve();
      signal?.addEventListener("abort", abort, { once: true });
      sleepers.add(sleeper);
    });
  }

  return {
    now: () => wall,
    monotonic: () => steady,
    sleep,
    advance(ms) {
      if (!(ms >= 0)) throw new TypeError(`time moves forward: advance(${String(ms)})`);
      wall += ms;
      steady += ms;
      const due = [...sleepers].filter((sleeper) => sleeper.due <= steady);
      for (const sleeper of due.sort((a, b) => a.due - b.due)) sleeper.wake();
    },
    setNow(now) {
      wall = now;
    },
    get sleeping() {
      return sleepers.size;
    },
  };
}
