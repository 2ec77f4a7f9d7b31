import type { Background, Report } from "../contracts.ts";

/** Work that outlives its request, until `drain` has seen the last of it. */
export interface DrainableBackground extends Background {
  /** Resolves when all work, also what is added meanwhile, has ended. */
  drain(): Promise<void>;
}

export function createBackground(report: Report): DrainableBackground {
  const running = new Set<Promise<unknown>>();
  return {
    waitUntil(work) {
      const tracked = work
        .catch((error: unknown) => report({ name: "background.failed", level: "error", error }))
        .finally(() => running.delete(tracked));
      running.add(tracked);
    },
    async drain() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
