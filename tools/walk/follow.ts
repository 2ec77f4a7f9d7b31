/** Follows a call through its sources, by the debugger of this process: nothing is compiled otherwise for it. */
import { Worker } from "node:worker_threads";
import type { Followed, Pause } from "./pause.ts";

function followed(): void {}

/**
 * Every place at which a debugger that steps into each call holds the program while `act` runs. Only one at a time.
 *
 * @param sources the folder whose functions are followed, as a URL with a slash at its end
 */
export async function follow(act: () => Promise<unknown>, sources: URL): Promise<readonly Pause[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Pause[]>();
  const workerData: Followed = { sources: sources.href, until: followed.name };
  const worker = new Worker(new URL("stepper.ts", import.meta.url), { workerData });
  worker.once("error", reject);
  worker.on("message", (message: "begin" | readonly Pause[]) => {
    if (message === "begin") void act().then(followed, reject);
    else resolve(message);
  });
  try {
    return await promise;
  } finally {
    await worker.terminate();
  }
}
