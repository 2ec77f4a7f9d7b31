/** Unhandled rejections and uncaught exceptions of the process. */
import type { Observer } from "../../observe/observer.ts";

interface ProcessFaults {
  /** Resolves after an uncaught exception: what the process holds may be half done, and it has to end. */
  readonly fatal: Promise<"fatal">;
}

/**
 * Handles failures that nothing else in the gateway handled. A rejected promise belongs to one request or one task,
 * and the state of others is whole: it is reported, counted, and the process goes on. An uncaught exception has
 * unwound a stack in an unknown state: the process stops in good order, and its supervisor starts another. `bound`:
 * the longest wait for that stop, in milliseconds.
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
