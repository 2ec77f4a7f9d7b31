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
  /** The number of the newest ending that was ever written, 0 if there is none. Numbers follow each other. */
  newest(): number;
  /** The first `limit` endings after this number, in order. */
  after(number: number, limit: number): readonly Ending[];
}

/** The newest ending from before a listener listened, and whom it tells that some were missed. */
interface Since {
  readonly number: number;
  readonly gap: (() => void) | undefined;
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
  readonly #listeners = new Map<EndingListener, Since>();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #version = -1;
  #cursor = 0;

  constructor(source: EndingSource) {
    this.#source = source;
  }

  /**
   * Returns the function that stops it. Throws if the file cannot be read.
   * @param gap called when endings were swept before they were read here: this process stood still for a minute
   */
  watch(listener: EndingListener, gap?: () => void): () => void {
    const number = this.#source.newest();
    const own: EndingListener = (ended) => listener(ended);
    if (this.#listeners.size === 0) this.#start(number);
    this.#listeners.set(own, { number, gap });
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
    // Read first: what is not found although it has a number by now was swept.
    const newest = this.#source.newest();
    const endings = this.#source.after(this.#cursor, BATCH);
    let missed = false;
    for (const ending of endings) {
      missed ||= ending.number > this.#cursor + 1;
      this.#cursor = ending.number;
      this.#tell(ending);
    }
    if (endings.length === BATCH) {
      if (this.#timer !== undefined) this.#lookSoon();
    } else if (this.#cursor < newest) {
      missed = true;
      this.#cursor = newest;
    }
    if (missed) this.#tellGap();
  }

  #tellGap(): void {
    for (const { gap } of this.#listeners.values()) if (gap !== undefined) hear(gap, undefined);
  }

  #tell({ number, id, reason }: Ending): void {
    if (reason === null) return;
    for (const [listener, since] of this.#listeners) {
      if (number > since.number) hear(listener, { id, reason });
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
