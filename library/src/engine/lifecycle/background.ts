/** Work that outlives its request, and the drain that waits for it. */
import type { Background, Report } from "../../contracts.ts";

/** Work that outlives its request, until `drain` has seen the last of it. */
export interface DrainableBackground extends Background {
  /** Resolves when all work, also what is added meanwhile, has ended. */
  drain(): Promise<void>;
}

export function createBackground(report: Report): DrainableBackground {
  let running = 0;
  let idle: PromiseWithResolvers<void> | null = null;
  // The same two functions for all work, so that nothing is allocated for each.
  const ended = (): void => {
    running -= 1;
    if (running > 0) return;
    idle?.resolve();
    idle = null;
  };
  const failed = (error: unknown): void => {
    try {
      report({ name: "background.failed", level: "error", error });
    } finally {
      ended();
    }
  };
  return {
    waitUntil(work) {
      running += 1;
      work.then(ended, failed);
    },
    async drain() {
      while (running > 0) {
        idle ??= Promise.withResolvers();
        await idle.promise;
      }
    },
  };
}
