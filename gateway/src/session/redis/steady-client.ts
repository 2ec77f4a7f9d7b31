/** A client that goes on trying to connect where its library gives up, and says what did not answer. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RedisClient } from "coatcheck/redis";

/** How long the first connection may take before the start goes on without it, and one command, in milliseconds. */
export const PATIENCE = 3_000;

/** Between two attempts to connect, in milliseconds. */
const PAUSE = 500;
/**
 * How long one attempt may take. A client of a cluster waits for all masters that a node names, also for one that has
 * just failed and that the others still have to replace.
 */
const ATTEMPT = 5_000;
/** How long the client may take to close, in milliseconds. */
const CLOSING = 1_000;

/** What is needed of a client of the package `redis`. */
type Connecting = RedisClient & {
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: string, hear: (told: unknown) => void): unknown;
};

export class SteadyClient {
  readonly client: Connecting;
  readonly #closed = new AbortController();
  #why = "";

  constructor(client: Connecting) {
    this.client = client;
    // What goes wrong later is told by the calls that it fails.
    for (const event of ["error", "node-error"]) {
      client.on(event, (told) => {
        this.#why = wordsOf(told) || this.#why;
      });
    }
  }

  /** Answers why it is not connected after a while, if it is not; it goes on trying until it is closed. */
  async connect(): Promise<string | undefined> {
    const connected = this.#run().then(() => true);
    return (await before(PATIENCE, connected, this.#closed.signal)) ? undefined : this.#why || "no answer";
  }

  async close(): Promise<void> {
    this.#closed.abort();
    // One that is just connecting ends that first.
    await before(CLOSING, this.#destroyed());
  }

  /** Resolves when it is connected, or was closed. */
  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const attempt = this.client.connect().then(
        () => true,
        (error: unknown) => {
          this.#why ||= wordsOf(error);
          return false;
        },
      );
      if (await before(ATTEMPT, attempt, signal)) return;
      // Only of a cluster a new attempt can do what this one cannot.
      if ("nodeClient" in this.client && !signal.aborted) await this.#destroyed();
      if (await attempt) return;
      await sleep(PAUSE, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #destroyed(): Promise<void> {
    try {
      await this.client.destroy();
    } catch {
      // It was never open.
    }
  }
}

/** What a promise that rejects for nobody comes to, or `undefined` once the time is over. */
async function before<T>(limit: number, work: Promise<T>, stop?: AbortSignal): Promise<T | undefined> {
  const late = new AbortController();
  const signal = stop === undefined ? late.signal : AbortSignal.any([late.signal, stop]);
  const over = sleep(limit, undefined, { signal }).catch(() => undefined);
  const answer = await Promise.race([work, over]);
  late.abort();
  return answer;
}

/** In a few words. What a client is told besides, in texts and objects, it is told as an error as well. */
function wordsOf(told: unknown): string {
  if (told instanceof AggregateError) return wordsOf(told.errors[0]);
  return told instanceof Error ? told.message : "";
}
