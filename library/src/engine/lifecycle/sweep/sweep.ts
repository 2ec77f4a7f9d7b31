/** The sweep: deletes expired rows and markers, in batches that no request notices. */
import type { AuditEvent, Clock, Entropy, Report, SessionStore, Swept } from "../../../contracts.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import { omitUndefined } from "../../../core/options/omit-undefined.ts";
import { chance } from "../../../crypto/entropy.ts";
import type { SweepPlan } from "./options.ts";
import { Pace } from "./pace.ts";
import { Turn } from "./turn.ts";

/** What a sweep works with. */
interface SweepParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly report: Report;
  /** Ends it: the process ends. */
  readonly signal: AbortSignal;
  /** The idle time. */
  readonly idle: number;
  readonly plan: SweepPlan;
}

/** What a run says that deleted nothing, since another process is at it. */
const NOTHING: Swept = { deleted: 0, rows: null, complete: false };
/** How long others skip theirs if this process sweeps only when it is told to, milliseconds. */
const USUAL = 60 * 60_000;

/** Deletes what is dead: by itself once in a period, and when it is told to. */
export class Sweeper {
  readonly #parts: SweepParts;
  readonly #turn: Turn;
  /** A survey that ran out of time goes on from here. */
  #survey = { from: 0, live: 0, dead: 0 };
  #running: Promise<Swept> | null = null;

  constructor(parts: SweepParts) {
    this.#parts = parts;
    this.#turn = new Turn(parts.store, parts.clock, parts.plan.within);
  }

  /** Sweeps once in a period until the signal is aborted. If the store fails, the next period tries again. */
  async periodically(): Promise<void> {
    const { plan, clock, entropy, signal } = this.#parts;
    if (plan.every === false) return;
    while (!signal.aborted) {
      const wait = Math.round(plan.every * (0.8 + 0.4 * chance(entropy)));
      await clock.sleep(wait, signal).catch(() => undefined);
      // A failure was told of.
      if (!signal.aborted) await this.#unlessSwept().catch(() => undefined);
    }
  }

  /**
   * Sweeps now. A caller who asks while this process sweeps is told of that sweep. Rejects with `ERR_STORE_UNAVAILABLE`
   * if the store does not answer.
   */
  sweep(): Promise<Swept> {
    this.#running ??= this.#told(this.#swept()).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #unlessSwept(): Promise<void> {
    const lately = await this.#told(this.#turn.lately());
    if (lately === undefined) await this.sweep();
    else this.#parts.report({ name: "sweep.skipped", level: "debug", ...withRows(lately.rows) });
  }

  async #told<Answer>(work: Promise<Answer>): Promise<Answer> {
    try {
      return await work;
    } catch (error) {
      const { report, signal } = this.#parts;
      if (!signal.aborted) report({ name: "store.failed", level: "warn", reason: "sweep", error });
      throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause: error });
    }
  }

  async #swept(): Promise<Swept> {
    const { plan, clock, report, signal } = this.#parts;
    const wait = (plan.every === false ? USUAL : plan.every) / 2;
    const found = await this.#turn.take(async () => {
      await this.#turn.tell(null, wait);
      const swept = await this.#run(new Pace(clock, plan.batch, plan.within, signal));
      await this.#turn.tell(swept.rows, wait);
      return swept;
    });
    if (found === null) return NOTHING;
    const { deleted, rows } = found;
    report({ name: "sweep.completed", level: "info", count: deleted, ...withRows(rows) });
    return found;
  }

  async #run(pace: Pace): Promise<Swept> {
    const { store, clock } = this.#parts;
    let deleted = 0;
    for (;;) {
      const { limit, answer } = await pace.batch((most) => store.sweep(most, clock.now()));
      deleted += answer;
      if (answer < limit) break;
      if (!(await pace.goesOn())) return { deleted, rows: null, complete: false };
    }
    pace.restart();
    return this.#surveyed(pace, deleted);
  }

  /**
   * Deletes rows that ended by idle time, and counts the others, if the store can. They are kept for another idle time,
   * so that a user who comes back soon is told why the session is over, and so that processes may be configured with
   * somewhat different times.
   */
  async #surveyed(pace: Pace, before: number): Promise<Swept> {
    const { store, clock, idle } = this.#parts;
    let deleted = before;
    if (store.survey === undefined) return { deleted, rows: null, complete: true };
    if (pace.over) return { deleted, rows: null, complete: false };
    const survey = store.survey.bind(store);
    for (;;) {
      const { from, live, dead } = this.#survey;
      const now = clock.now();
      const { answer } = await pace.batch((most) => survey(from, most, now, now - 2 * idle));
      deleted += answer.deleted;
      const rows = { live: live + answer.live, dead: dead + answer.dead };
      this.#survey = answer.next === null ? { from: 0, live: 0, dead: 0 } : { from: answer.next, ...rows };
      if (answer.next === null) return { deleted, rows, complete: true };
      if (!(await pace.goesOn())) return { deleted, rows: null, complete: false };
    }
  }
}

const withRows = (rows: Swept["rows"]): Pick<AuditEvent, "rows"> => omitUndefined({ rows: rows ?? undefined });
