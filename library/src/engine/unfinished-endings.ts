/** Endings that the store would not take: tried again, with backoff, until they are done. What is promised to a person who signs out. */
import type { Background, Clock, EndReason, Entropy, Report, SessionRow, SessionStore } from "../contracts.ts";
import { emptied } from "../core/record.ts";
import { equalHash } from "../crypto/equal.ts";
import type { Announce } from "./announce.ts";
import { chance } from "./renewal-options.ts";
import { Slots } from "./slots.ts";

export interface UnfinishedOptions {
  readonly store: Pick<SessionStore, "get" | "put">;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly announce: Announce;
  readonly report: Report;
  readonly background: Background;
  /** Most endings that wait for the store; past it one more is dropped, and said so. */
  readonly most: number;
}

/** One session that is to end. */
export interface Unfinished {
  readonly id: string;
  readonly reason: EndReason;
  /** The row when ending it was tried. */
  readonly before?: SessionRow;
  /** Hash of the secret that was shown, where the store could not say whether it is the session's: nobody's session ends by its id alone. */
  readonly shown?: string;
  /** The record of a login that is written again: its tokens are those of the next one, and stay good. */
  readonly grantLivesOn?: true;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;
/** A store that has come back has other work to do. */
const ATTEMPTS = { most: 4, burst: 4, gap: 10 };
/** How long the end of the process waits for the store, milliseconds. */
const CLOSING_LIMIT = 5_000;

/**
 * Holds a bounded number of them. Each is one asynchronous loop of its own, so that it belongs to whoever wanted the ending. Events: `ending.held`,
 * `ending.completed`, and `ending.dropped` (`full`, `closed`).
 */
export class UnfinishedEndings {
  readonly #options: UnfinishedOptions;
  readonly #waiting = new Map<string, Promise<void>>();
  /** By id: whether somebody here has said meanwhile that the session ended. */
  readonly #told = new Map<string, { said: boolean }>();
  readonly #slots: Slots;
  readonly #closing = new AbortController();

  constructor(options: UnfinishedOptions) {
    this.#options = options;
    this.#slots = new Slots(ATTEMPTS, options.clock);
  }

  /** Goes on trying to end this session. `false`: there is no room, so that nobody may be promised anything. */
  end(ending: Unfinished): boolean {
    const { clock } = this.#options;
    const wanted = { ...ending, at: clock.now() };
    const grantLivesOn = ending.grantLivesOn === true;
    // Ours may have taken effect although its answer was lost; then nobody else has said that the session ended.
    let { before } = ending;
    const told = this.#told.get(ending.id) ?? { said: false };
    this.#told.set(ending.id, told);
    const held = this.again(`${ending.shown ?? ""} ${ending.id}`, async () => {
      for (;;) {
        const row = await this.#options.store.get(ending.id);
        if (row === undefined || !isMeant(row, wanted)) break;
        if (row.ended !== null) {
          const ours = !told.said && before !== undefined && row.version === before.version + 1 && row.reason === ending.reason;
          if (ours) this.#options.announce({ id: row.id, reason: ending.reason, row: before, grantLivesOn });
          break;
        }
        before = row;
        if (await this.#options.store.put(emptied(row, ending.reason, clock.now()), row.version)) {
          this.#options.announce({ id: row.id, reason: ending.reason, row, grantLivesOn });
          break;
        }
      }
      told.said = true;
      this.#told.delete(ending.id);
    });
    if (!held) this.#told.delete(ending.id);
    return held;
  }

  /** Somebody said that this session ended: what waits to end it need not say so again. */
  said(id: string): void {
    const told = this.#told.get(id);
    if (told !== undefined) told.said = true;
  }

  /** Does this again until it does not throw. The same key twice is one. */
  again(key: string, attempt: () => Promise<unknown>): boolean {
    if (this.#waiting.has(key)) return true;
    const { report, most, background } = this.#options;
    if (this.#closing.signal.aborted || this.#waiting.size >= most) {
      report({ name: "ending.dropped", level: "error", reason: this.#closing.signal.aborted ? "closed" : "full" });
      return false;
    }
    report({ name: "ending.held", level: "error" });
    const done = this.#insist(attempt).finally(() => this.#waiting.delete(key));
    this.#waiting.set(key, done);
    background.waitUntil(this.#untilClosed(done));
    return true;
  }

  /** The process ends: everything is tried once more, within a limit of time. What is left then is dropped, and said so. */
  close(): void {
    this.#closing.abort(new Error("closing"));
  }

  async #insist(attempt: () => Promise<unknown>): Promise<void> {
    const { clock, entropy, report } = this.#options;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const last = this.#closing.signal.aborted;
      if (!last) await clock.sleep(pause * (0.5 + chance(entropy) / 2), this.#closing.signal).catch(() => undefined);
      try {
        await this.#slots.run(attempt);
        report({ name: "ending.completed", level: "info" });
        return;
      } catch (error) {
        if (last) {
          report({ name: "ending.dropped", level: "error", reason: "closed", error });
          return;
        }
      }
    }
  }

  /** Resolves with the work, or when the process has waited long enough for it. Nothing is left behind of work that is done. */
  #untilClosed(done: Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const late = (): void => void this.#options.clock.sleep(CLOSING_LIMIT).then(resolve, resolve);
      signal.addEventListener("abort", late, { once: true });
      const over = (): void => {
        signal.removeEventListener("abort", late);
        resolve();
      };
      done.then(over, over);
    });
  }
}

/** Whether this row is the one that was to end: where nobody had proved it, by the secret that was shown. */
function isMeant(row: SessionRow, { shown, at }: Unfinished & { readonly at: number }): boolean {
  if (shown === undefined || equalHash(shown, row.secretHash)) return true;
  return row.previousHash !== null && at < row.previousUntil && equalHash(shown, row.previousHash);
}
