import type { Clock } from "coatcheck";

/** The system's clock, which a test can put forward. */
export interface MovingClock extends Clock {
  /** So much time passes, for all that have this clock. What sleeps goes on sleeping. */
  pass(milliseconds: number): void;
  /** From now on time passes by {@link pass} alone, however long a busy machine takes. */
  stand(): void;
}

export function movingClock(): MovingClock {
  let passed = 0;
  let stood: number | undefined;
  return {
    now: () => (stood ?? Date.now()) + passed,
    monotonic: () => performance.now() + passed,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = (): void => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", abort);
          resolve();
        }, milliseconds).unref();
        signal?.addEventListener("abort", abort, { once: true });
      }),
    pass(milliseconds) {
      passed += milliseconds;
    },
    stand() {
      stood ??= Date.now();
    },
  };
}
