/** A time limit around a promise. */
import type { Clock } from "../contracts.ts";

/**
 * What `work` comes to, or what `late` answers or throws once `limit` milliseconds are over. What the work comes to
 * afterwards counts no more; it is for `late` to stop it.
 */
export async function within<T>(clock: Pick<Clock, "sleep">, limit: number, work: PromiseLike<T>, late: () => T): Promise<T> {
  const done = new AbortController();
  try {
    // The limit first: its end must be heard also if the work is something that cannot be waited for.
    // A clock that fails sets no limit.
    return await Promise.race([clock.sleep(limit, done.signal).then(late, () => work), work]);
  } finally {
    // With a reason: an exception for each abort would cost more than the waiting.
    done.abort("over");
  }
}
