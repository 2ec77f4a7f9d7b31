import type { Observer } from "../observe/observer.ts";

export interface ProcessFaults {
  /** Resolves when something was thrown that nobody caught: what the process holds may be half done, and it has to end. */
  readonly fatal: Promise<"fatal">;
}

/**
 * What becomes of failures that nothing in the gateway handled. A rejected promise belongs to one request or one task, and what others hold is
 * whole: it is reported, counted, and the process goes on. An exception that nobody caught has unwound a stack that is not ours to judge: the
 * process stops in good order, and whoever started it starts another. `bound`: milliseconds after which it no longer waits for that.
 */
export function watchProcess(observer: Observer, bound: number): ProcessFaults {
  process.on("unhandledRejection", (error) => observer.notice("process.unhandled-rejection", { error }));
  const fatal = new Promise<"fatal">((resolve) => {
    let seen = false;
    process.on("uncaughtException", (error) => {
      observer.notice("process.uncaught-exception", { error });
      // Stopping goes wrong too: there is no order left to keep.
      if (seen) process.exit(1);
      seen = true;
      setTimeout(() => process.exit(1), bound).unref();
      resolve("fatal");
    });
  });
  return { fatal };
}
