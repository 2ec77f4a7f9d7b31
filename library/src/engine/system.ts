/** The system's clock. */
import type { Clock } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";

const yieldOnce = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  // Not every runtime has one.
  ...omitUndefined({ yield: typeof setImmediate === "function" ? yieldOnce : undefined }),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      // Waiting must not keep a process alive that has nothing else to do.
      if (typeof timer === "object" && "unref" in timer) timer.unref();
      signal?.addEventListener("abort", abort, { once: true });
    }),
};

/** Keeps the process alive until this is done: a script that waits for it has nothing else to do, and sleeps do not. */
export async function keptAlive<Answer>(work: Promise<Answer>): Promise<Answer> {
  const timer = setInterval(() => undefined, 60_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
