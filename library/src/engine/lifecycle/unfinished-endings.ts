/**
 * Endings that the store did not take, retried with exponential backoff until they are done: a user who signs out is
 * promised that.
 */
import type { Background, Clock, EndReason, Entropy, Report, SessionRow, SessionStore } from "../../contracts.ts";
import { emptied } from "../../core/record.ts";
import { chance } from "../../crypto/entropy.ts";
import { equalHash } from "../../crypto/equal.ts";
import type { ServedSecrets } from "../../crypto/served-secrets.ts";
import type { Announce } from "./announce.ts";
import { endSessions } from "./end-sessions.ts";
import { RateLimiter } from "./rate-limiter.ts";

export interface UnfinishedOptions {
  readonly store: Pick<SessionStore, "get" | "put" | "end">;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly announce: Announce;
  readonly report: Report;
  readonly background: Background;
  /** Secrets that recently proved a session in this process. */
  readonly served: Pick<ServedSecrets, "has">;
  /** The most endings that wait for the store; further ones are dropped and reported. */
  readonly most: number;
}

/** One session that is to end. */
export interface Unfinished {
  readonly id: string;
  readonly reason: EndReason;
  /** The row as it was when the first attempt to end it was made. */
  readonly before?: SessionRow;
  /** Hash of the presented secret, if the store could not check it: an id alone must not end a session. */
  readonly shown?: string;
  /** The record of a login that is written again with the same tokens, so they must not be revoked. */
  readonly grantLivesOn?: true;
}

/** How an ending is retried. */
interface WaitingOptions {
  /** The ticket may be made up: this ending is dropped first if there is no room. */
  readonly doubtful?: boolean;
  /** Called if it is dropped before it is done. */
  readonly forget?: () => void;
}

interface Told {
  said: boolean;
}

/** An ending that waits. */
interface Waiting {
  readonly forget: (() => void) | undefined;
  dropped: boolean;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;
/** The rate limit of attempts: a store that has come back has other work to do. */
const ATTEMPTS = { concurrency: 4, burst: 4, interval: 10 };
/** How long the end of the process waits for the store, milliseconds. */
const CLOSING_LIMIT = 5_000;

/**
 * A bounded number of endings that wait, each with an asynchronous retry loop of its own. Events: `ending.held`,
 * `ending.completed`, and `ending.dropped` (`full`, `closed`).
 *
 * While the store is unavailable, a made-up ticket looks like a real one. So tickets that did not recently prove a
 * session here have a rate limiter of their own, and are dropped first if there is no room.
 */
export class UnfinishedEndings {
  readonly #options: UnfinishedOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** Keys of the doubtful endings, the newest last; some may be done by now. */
  #doubtful: string[] = [];
  /** By session id: whether its end was announced in this process meanwhile, for each ending that waits. */
  readonly #told = new Map<string, Set<Told>>();
  readonly #limiter: RateLimiter;
  readonly #limiterOfDoubtful: RateLimiter;
  readonly #closing = new AbortController();

  constructor(options: UnfinishedOptions) {
    this.#options = options;
    this.#limiter = new RateLimiter(ATTEMPTS, options.clock);
    this.#limiterOfDoubtful = new RateLimiter(ATTEMPTS, options.clock);
  }

  /** Retries until this session has ended. `false`: there is no room, so that nothing may be promised. */
  end(ending: Unfinished): boolean {
    const { clock, served } = this.#options;
    const wanted = { ...ending, at: clock.now() };
    const grantLivesOn = ending.grantLivesOn === true;
    // Idempotent: our write may have taken effect although its answer was lost; then its end is not announced yet.
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
          // What is read back is not acknowledged, and a failover may undo it. An end that finds nothing is.
          // mutant: ending-read-back
          await this.#endAgain(row.id, ending, before);
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

  /** The end of this session was announced: endings that wait for it do not announce it again. */
  said(id: string): void {
    for (const told of this.#told.get(id) ?? []) told.said = true;
  }

  async #endAgain(id: string, { reason, grantLivesOn }: Unfinished, before: SessionRow | undefined): Promise<void> {
    const { store, clock } = this.#options;
    const announce: Announce = (ended) => this.#announce(ended);
    const rows = before === undefined ? [] : [before];
    await endSessions({ store, announce }, { id }, reason, clock.now(), { rows, grantLivesOn: grantLivesOn === true });
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

  /** Retries until the attempt does not throw. A key that waits already is not added twice. */
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
    if (doubtful) this.#addDoubtful(key);
    // mutant: logout-not-retried
    const done = this.#retry(attempt, waiting, doubtful ? this.#limiterOfDoubtful : this.#limiter).finally(() => {
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    });
    background.waitUntil(this.#untilClosed(done));
    return true;
  }

  #addDoubtful(key: string): void {
    if (this.#doubtful.length >= 2 * this.#options.most) this.#doubtful = this.#doubtful.filter((one) => this.#waiting.has(one));
    this.#doubtful.push(key);
  }

  /** Drops the newest doubtful ending, so that a flood of them affects itself. `false`: there is none. */
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
   * The process ends: everything is tried once more, within a time limit. What is left then is dropped and reported.
   */
  close(): void {
    this.#closing.abort(new Error("closing"));
  }

  async #retry(attempt: () => Promise<unknown>, waiting: Waiting, limiter: RateLimiter): Promise<void> {
    const { clock, entropy, report } = this.#options;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const last = this.#closing.signal.aborted;
      if (!last) await clock.sleep(pause * (0.5 + chance(entropy) / 2), this.#closing.signal).catch(() => undefined);
      try {
        await limiter.run(async () => waiting.dropped || attempt());
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

  /** Resolves with the work, or when the process that closes has waited long enough for it. */
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

/** Whether this row is the session that is to end: if its ticket was not checked yet, by the presented secret. */
function isMeant(row: SessionRow, { shown, at }: Unfinished & { readonly at: number }): boolean {
  if (shown === undefined || equalHash(shown, row.secretHash)) return true;
  return row.previousHash !== null && at < row.previousUntil && equalHash(shown, row.previousHash);
}
