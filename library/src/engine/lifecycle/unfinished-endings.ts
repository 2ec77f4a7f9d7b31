/**
 * Endings that the store would not take: tried again, with backoff, until they are done. What is promised to a person
 * who signs out.
 */
import type { Background, Clock, EndReason, Entropy, Report, SessionRow, SessionStore } from "../../contracts.ts";
import { emptied } from "../../core/record.ts";
import { chance } from "../../crypto/entropy.ts";
import { equalHash } from "../../crypto/equal.ts";
import type { ServedSecrets } from "../../crypto/served-secrets.ts";
import type { Announce } from "./announce.ts";
import { Slots } from "./rate-limiter.ts";

export interface UnfinishedOptions {
  readonly store: Pick<SessionStore, "get" | "put">;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly announce: Announce;
  readonly report: Report;
  readonly background: Background;
  /** Secrets that have proved a session here lately. */
  readonly served: Pick<ServedSecrets, "has">;
  /** Most endings that wait for the store; past it one more is dropped, and said so. */
  readonly most: number;
}

/** One session that is to end. */
export interface Unfinished {
  readonly id: string;
  readonly reason: EndReason;
  /** The row when ending it was tried. */
  readonly before?: SessionRow;
  /**
   * Hash of the secret that was shown, where the store could not say whether it is the session's: nobody's session ends
   * by its id alone.
   */
  readonly shown?: string;
  /** The record of a login that is written again: its tokens are those of the next one, and stay good. */
  readonly grantLivesOn?: true;
}

/** How an ending waits. */
export interface WaitingOptions {
  /** Anybody may have made up what it is for: it gives way to those that are somebody's for certain. */
  readonly doubtful?: boolean;
  /** It is not tried any more, though it was not done. */
  readonly forget?: () => void;
}

interface Told {
  said: boolean;
}

/** One that waits. */
interface Waiting {
  readonly forget: (() => void) | undefined;
  dropped: boolean;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;
/** A store that has come back has other work to do. */
const ATTEMPTS = { most: 4, burst: 4, gap: 10 };
/** How long the end of the process waits for the store, milliseconds. */
const CLOSING_LIMIT = 5_000;

/**
 * Holds a bounded number of them. Each is one asynchronous loop of its own, so that it belongs to whoever wanted the
 * ending. Events: `ending.held`, `ending.completed`, and `ending.dropped` (`full`, `closed`).
 *
 * While the store is away a made-up ticket looks like a real one. So tickets that proved no session here lately are
 * tried apart from the others, and give way to them if there is no room.
 */
export class UnfinishedEndings {
  readonly #options: UnfinishedOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** Keys of the doubtful ones, the newest last; some may be done by now. */
  #doubtful: string[] = [];
  /** By id: each of those that wait to end it has to know whether somebody here has said meanwhile that it ended. */
  readonly #told = new Map<string, Set<Told>>();
  readonly #slots: Slots;
  readonly #slotsOfDoubtful: Slots;
  readonly #closing = new AbortController();

  constructor(options: UnfinishedOptions) {
    this.#options = options;
    this.#slots = new Slots(ATTEMPTS, options.clock);
    this.#slotsOfDoubtful = new Slots(ATTEMPTS, options.clock);
  }

  /** Goes on trying to end this session. `false`: there is no room, so that nobody may be promised anything. */
  end(ending: Unfinished): boolean {
    const { clock, served } = this.#options;
    const wanted = { ...ending, at: clock.now() };
    const grantLivesOn = ending.grantLivesOn === true;
    // Ours may have taken effect although its answer was lost; then nobody else has said that the session ended.
    let { before } = ending;
    const key = `${ending.shown ?? ""} ${ending.id}`;
    if (this.#waiting.has(key)) return true;
    const told: Told = { said: false };
    const forget = this.#listen(ending.id, told);
    const attempt = async (): Promise<void> => {
      for (;;) {
        const row = await this.#options.store.get(ending.id);
        if (row === undefined || !isMeant(row, wanted)) break;
        if (row.ended !== null) {
          const ours = !told.said && before !== undefined && row.version === before.version + 1 && row.reason === ending.reason;
          if (ours) this.#announce({ id: row.id, reason: ending.reason, row: before, grantLivesOn });
          break;
        }
        before = row;
        if (await this.#options.store.put(emptied(row, ending.reason, clock.now()), row.version)) {
          this.#announce({ id: row.id, reason: ending.reason, row, grantLivesOn });
          break;
        }
      }
      forget();
    };
    const doubtful = ending.shown !== undefined && !served.has(ending.shown);
    const held = this.again(key, attempt, { doubtful, forget });
    if (!held) forget();
    return held;
  }

  /** Somebody said that this session ended: what waits to end it need not say so again. */
  said(id: string): void {
    for (const told of this.#told.get(id) ?? []) told.said = true;
  }

  #announce(ended: Parameters<Announce>[0]): void {
    this.said(ended.id);
    this.#options.announce(ended);
  }

  #listen(id: string, told: Told): () => void {
    const all = this.#told.get(id) ?? new Set();
    this.#told.set(id, all.add(told));
    return () => {
      if (all.delete(told) && all.size === 0) this.#told.delete(id);
    };
  }

  /** Does this again until it does not throw. The same key twice is one. */
  again(key: string, attempt: () => Promise<unknown>, { doubtful = false, forget }: WaitingOptions = {}): boolean {
    if (this.#waiting.has(key)) return true;
    const { report, most, background } = this.#options;
    const closed = this.#closing.signal.aborted;
    const full = !closed && this.#waiting.size >= most && (doubtful || !this.#makeRoom());
    if (closed || full) {
      report({ name: "ending.dropped", level: "error", reason: closed ? "closed" : "full" });
      return false;
    }
    report({ name: "ending.held", level: "error" });
    const waiting: Waiting = { forget, dropped: false };
    this.#waiting.set(key, waiting);
    if (doubtful) this.#remember(key);
    // mutant: logout-not-retried
    const done = this.#insist(attempt, waiting, doubtful ? this.#slotsOfDoubtful : this.#slots).finally(() => {
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    });
    background.waitUntil(this.#untilClosed(done));
    return true;
  }

  #remember(key: string): void {
    if (this.#doubtful.length >= 2 * this.#options.most) this.#doubtful = this.#doubtful.filter((one) => this.#waiting.has(one));
    this.#doubtful.push(key);
  }

  /** The newest doubtful one gives way: a flood of them comes last. `false`: there is none. */
  #makeRoom(): boolean {
    for (let key = this.#doubtful.pop(); key !== undefined; key = this.#doubtful.pop()) {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) continue;
      this.#waiting.delete(key);
      waiting.dropped = true;
      waiting.forget?.();
      this.#options.report({ name: "ending.dropped", level: "error", reason: "full" });
      return true;
    }
    return false;
  }

  /**
   * The process ends: everything is tried once more, within a limit of time. What is left then is dropped, and said so.
   */
  close(): void {
    this.#closing.abort(new Error("closing"));
  }

  async #insist(attempt: () => Promise<unknown>, waiting: Waiting, slots: Slots): Promise<void> {
    const { clock, entropy, report } = this.#options;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const last = this.#closing.signal.aborted;
      if (!last) await clock.sleep(pause * (0.5 + chance(entropy) / 2), this.#closing.signal).catch(() => undefined);
      try {
        await slots.run(async () => waiting.dropped || attempt());
        if (!waiting.dropped) report({ name: "ending.completed", level: "info" });
        return;
      } catch (error) {
        if (waiting.dropped) return;
        if (last) {
          report({ name: "ending.dropped", level: "error", reason: "closed", error });
          return;
        }
      }
    }
  }

  /**
   * Resolves with the work, or when the process has waited long enough for it. Nothing is left behind of work that is
   * done.
   */
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
