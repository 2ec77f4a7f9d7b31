/** How the move works: several rows at once, and patiently while a store is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { CoatcheckError } from "../core/errors.ts";

/** How often a call is tried again, and the longest pause before, in milliseconds: about a minute in all. */
const MOST_AGAIN = 20;
const LONGEST_PAUSE = 4_000;

/** Does it for each item, several at once. The first error ends it, when those under way are over. */
export async function eachOf<Item>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failed = ended.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/** The same call again while a store does not answer. Every step of a move may be repeated. */
export async function patiently<T>(call: () => T | Promise<T>): Promise<T> {
  for (let again = 0; ; again++) {
    try {
      return await call();
    } catch (error) {
      const isAway = error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE";
      if (!isAway || again === MOST_AGAIN) throw error;
      await sleep(Math.min(100 * 2 ** again, LONGEST_PAUSE));
    }
  }
}
