/** The background job that refreshes the sessions of absent users. */
import type { SessionRow } from "../../contracts.ts";
import { overReason } from "../../core/policy.ts";
import { parseBody, readable } from "../../core/record.ts";
import { givenUpRow, MAX_FAILURES } from "../../core/refresh.ts";
import { chance, versionStep } from "../../crypto/entropy.ts";
import type { RefreshCoordinator } from "./coordinator.ts";
import type { CoordinatorOptions } from "./options.ts";

/** How often the store is asked for sessions whose tokens are due, milliseconds, with jitter down to half of it. */
const EVERY = 15_000;
const BATCH = 100;
/** Sessions that this job refreshes at once; few, so that requests are not delayed. */
const AT_ONCE = 4;
/** The pause after each, with jitter of half of it: the end of an outage must not cause a burst. */
const PAUSE = 30;
/** A pass stops after so many failures: the provider is unavailable, and each session has its own backoff already. */
const MOST_FAILURES = 8;

type Options = Pick<CoordinatorOptions, "store" | "clock" | "entropy" | "policy" | "report">;

/** Keeps the sessions of absent users in step too, until the signal is aborted. It is no activity of theirs (SE-06). */
export async function refreshAbsent(options: Options, coordinator: RefreshCoordinator, signal: AbortSignal): Promise<void> {
  const { clock, entropy, report } = options;
  const pass = new Pass(options, coordinator, signal);
  while (!signal.aborted) {
    try {
      await clock.sleep(EVERY * (0.5 + chance(entropy) / 2), signal);
      await pass.run();
    } catch (error) {
      if (!signal.aborted) report({ name: "store.failed", level: "warn", reason: "refresh", error });
    }
  }
}

/** One pass over all sessions that are due, and the state that is kept until the next. */
class Pass {
  readonly #options: Options;
  readonly #coordinator: RefreshCoordinator;
  readonly #signal: AbortSignal;
  /** Leases that were held at the last pass, by id. One that is still held may belong to a dead process. */
  #leases = new Map<string, string>();
  #failures = 0;

  constructor(options: Options, coordinator: RefreshCoordinator, signal: AbortSignal) {
    this.#options = options;
    this.#coordinator = coordinator;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { store, clock } = this.#options;
    const before = this.#leases;
    this.#leases = new Map();
    this.#failures = 0;
    const done = new Set<string>();
    while (!this.#signal.aborted && this.#failures < MOST_FAILURES) {
      const due = await store.list({ renewBefore: clock.now() }, BATCH, clock.now());
      const fresh = due.filter(({ id }) => !done.has(id));
      for (const { id } of fresh) done.add(id);
      await this.#all(fresh, before);
      // Rows that are still due failed; rows behind them in a full batch are reached by the next pass.
      if (due.length < BATCH || fresh.length === 0) return;
    }
  }

  async #all(rows: readonly SessionRow[], before: ReadonlyMap<string, string>): Promise<void> {
    const left = rows.values();
    const work = async (): Promise<void> => {
      for (const row of left) {
        if (this.#signal.aborted || this.#failures >= MOST_FAILURES) return;
        await this.#one(row, before).catch(() => {
          this.#failures += 1;
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async #one(row: SessionRow, before: ReadonlyMap<string, string>): Promise<void> {
    const { store, clock, entropy, policy } = this.#options;
    if (!readable(row)) return;
    const hopeless = (parseBody(row).renewal?.failures ?? 0) >= MAX_FAILURES;
    if (hopeless || overReason(row, clock.now(), policy) !== null) {
      await store.put(givenUpRow(row, versionStep(entropy)), row.version);
      return;
    }
    if (row.lease !== null) {
      this.#leases.set(row.id, row.lease);
      // Another process refreshes it now; only one that still does after a whole pass may have died.
      if (before.get(row.id) !== row.lease) return;
    }
    const result = await this.#coordinator.join(row);
    if (result.kind === "unavailable") this.#failures += 1;
    await clock.sleep(PAUSE * (0.5 + chance(entropy)), this.#signal);
  }
}
