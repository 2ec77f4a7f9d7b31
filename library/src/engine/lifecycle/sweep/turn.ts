/** One process at a time sweeps a store that several share: which of them, and what it found. */
import type { Clock, SessionStore, Swept } from "../../../contracts.ts";

/** Stands while a process sweeps. */
const RUNNING = "sweep:running";
/** Stands for half a period after a sweep; its value is what was found. */
const DONE = "sweep:done";
/** A process that lost its turn with its last batch still under way is given this long, milliseconds. */
const SLACK = 60_000;

/** The rows that stay, as a sweep counted them. */
type SweptRows = Swept["rows"];

/**
 * Whose turn it is. Correctness does not hang on it: stores delete on condition, so two that sweep at once, after a
 * failover or with clocks apart, delete each row once. It saves the work of doing everything on every replica.
 */
export class Turn {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #within: number;

  constructor(store: SessionStore, clock: Clock, within: number) {
    this.#store = store;
    this.#clock = clock;
    this.#within = within + SLACK;
  }

  /** What another process found lately; `undefined`: none has swept, or the store is this process's own. */
  async lately(): Promise<{ readonly rows: SweptRows } | undefined> {
    if (!this.#store.capabilities.shared) return undefined;
    const found = await this.#store.marked(DONE, this.#clock.now());
    return found === undefined ? undefined : { rows: rowsOf(found) };
  }

  /** Does the work if no other process is at it; `null` if one is. */
  async take<Answer>(work: () => Promise<Answer>): Promise<Answer | null> {
    if (!this.#store.capabilities.shared) return work();
    const began = this.#clock.monotonic();
    const now = this.#clock.now();
    // Asked first, since a later call would replace the end of the marker: then those who ask in vain keep it alive.
    if ((await this.#store.marked(RUNNING, now)) !== undefined) return null;
    if (!(await this.#store.mark(RUNNING, now + this.#within, now))) return null;
    try {
      return await work();
    } finally {
      // Past its time it may be the turn of another.
      if (this.#clock.monotonic() - began < this.#within) await this.#end();
    }
  }

  /** Tells the others, for so long. Also before a sweep: its own marker is then none that it deletes. */
  async tell(rows: SweptRows, wait: number): Promise<void> {
    if (!this.#store.capabilities.shared) return;
    const now = this.#clock.now();
    await this.#store.mark(DONE, now + wait, now, rows === null ? "" : `${rows.live} ${rows.dead}`);
  }

  /** If the store does not take it, it stands until its end. */
  async #end(): Promise<void> {
    const now = this.#clock.now();
    await Promise.resolve(this.#store.mark(RUNNING, now, now)).catch(() => undefined);
  }
}

function rowsOf(value: string): SweptRows {
  const [live, dead] = value.split(" ").map(Number);
  return live === undefined || dead === undefined ? null : { live, dead };
}
