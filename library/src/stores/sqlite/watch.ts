/** Tells listeners which sessions have ended, whichever process ended them: a poll of the table `endings`. */
import { clearImmediate, clearInterval, setImmediate, setInterval } from "node:timers";
import type { EndReason } from "../../contracts.ts";
import { hear } from "../../core/hear.ts";

/** One entry of the table `endings`. */
export interface Ending {
  /** Later endings have higher numbers. */
  readonly number: number;
  readonly id: string;
  /** `null`: a newer release wrote a reason that this one does not know. */
  readonly reason: EndReason | null;
}

export type EndingListener = (ended: { readonly id: string; readonly reason: EndReason }) => void;

/** What the watcher reads. If a call throws, it is repeated later. */
export interface EndingSource {
  /** Changes when another connection commits. */
  dataVersion(): number;
  /** The number of the newest ending, 0 if there is none. */
  newest(): number;
  /** The first `limit` endings after this number, in order. */
  after(number: number, limit: number): readonly Ending[];
}

/** How often the file is polled for writes of other connections, in milliseconds. A poll costs a few microseconds. */
const INTERVAL = 100;
/** The most endings that are told at once; the rest waits for the next turn of the event loop. */
const BATCH = 500;

/**
 * Tells listeners of the endings in the file, whichever process wrote them. The timer runs only while there is a
 * listener.
 */
export class EndingWatcher {
  readonly #source: EndingSource;
  /** Each listener, and the newest ending from before it listened. */
  readonly #listeners = new Map<EndingListener, number>();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #version = -1;
  #cursor = 0;

  constructor(source: EndingSource) {
    this.#source = source;
  }

  /** Returns the function that stops it. Throws if the file cannot be read. */
  watch(listener: EndingListener): () => void {
    const since = this.#source.newest();
    const own: EndingListener = (ended) => listener(ended);
    if (this.#listeners.size === 0) this.#start(since);
    this.#listeners.set(own, since);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.close();
    };
  }

  /** This connection ended a session, which does not change its own data version. */
  wrote(): void {
    if (this.#timer !== undefined) this.#lookSoon();
  }

  close(): void {
    this.#listeners.clear();
    clearInterval(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
  }

  #start(since: number): void {
    this.#cursor = since;
    this.#version = -1;
    this.#timer = setInterval(() => this.#poll(), INTERVAL).unref();
  }

  #lookSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#attempt(() => this.#look());
    });
  }

  #poll(): void {
    this.#attempt(() => {
      // Read before the endings: a commit in between changes it again.
      const version = this.#source.dataVersion();
      if (version === this.#version) return;
      this.#look();
      this.#version = version;
    });
  }

  #look(): void {
    const endings = this.#source.after(this.#cursor, BATCH);
    for (const ending of endings) {
      this.#cursor = ending.number;
      this.#tell(ending);
    }
    if (endings.length === BATCH && this.#timer !== undefined) this.#lookSoon();
  }

  #tell({ number, id, reason }: Ending): void {
    if (reason === null) return;
    for (const [listener, since] of this.#listeners) {
      if (number > since) hear(listener, { id, reason });
    }
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch {
      // The file is locked or fails. The next poll tells the rest, since the version is forgotten.
      this.#version = -1;
    }
  }
}
