/**
 * Requests that wait for a refresh: a thousand at once if as many sessions are due together, so each of them holds
 * little.
 */
import type { EndReason, SessionRow } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { Deadline } from "./deadlines.ts";
import { Deadlines } from "./deadlines.ts";
import type { CoordinatorOptions } from "./options.ts";
import type { FlightResult, SingleFlight, Waiter } from "./single-flight.ts";
import type { WaitBudget } from "./wait-budget.ts";

const LATER: FlightResult = { kind: "unavailable", retryAfter: 1_000 };

/** Each waits no longer than its budget, the provider's time limit, and the life of the session. */
export class Waits {
  readonly #options: Pick<CoordinatorOptions, "clock" | "endings" | "report">;
  readonly #deadlines: Deadlines;

  constructor(options: Pick<CoordinatorOptions, "clock" | "endings" | "report">) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock);
  }

  /**
   * The result of the flight, or that this request waits for it no longer.
   * @param row as it was read just now, if it was
   */
  for(flight: SingleFlight, budget: WaitBudget, row?: SessionRow): Promise<FlightResult> {
    const { clock, endings } = this.#options;
    const now = clock.monotonic();
    // A later request waits for the rest of what the first one may.
    const providerLimit = (flight.provider?.requestTimeout ?? Number.POSITIVE_INFINITY) - (now - flight.since);
    const at = now + Math.max(0, Math.min(budget.begin(), providerLimit));
    const { promise, resolve } = Promise.withResolvers<FlightResult>();
    const waiting = new Waiting(this, { at, flight, budget, answer: resolve });
    // A literal of one element allocates one place; an array that is pushed to allocates many.
    flight.waiting = flight.waiting.length === 0 ? [waiting] : [...flight.waiting, waiting];
    // The provider may take long, and a logout elsewhere is final at once.
    flight.stopWatching ??= endings.watch(flight.id, (reason) => this.#ended(flight, reason), row);
    this.#deadlines.add(waiting);
    return promise;
  }

  /** The flight is over, and with it all waits for it. */
  finish(flight: SingleFlight, result: FlightResult): void {
    flight.finish(result);
    this.#endAll(flight, result);
  }

  /** A request has waited as long as it may. */
  late(flight: SingleFlight, waiting: Waiting): void {
    flight.waiting = flight.waiting.filter((other) => other !== waiting);
    this.#end(waiting, LATER);
    if (flight.waiting.length === 0) this.#unwatch(flight);
    if (flight.slow) return;
    flight.slow = true;
    const about = omitUndefined({ provider: flight.provider?.name });
    this.#options.report({ name: "refresh.slow", level: "warn", sessionId: flight.id, ...about });
  }

  #ended(flight: SingleFlight, reason: EndReason): void {
    this.#endAll(flight, { kind: "ended", reason });
  }

  #endAll(flight: SingleFlight, result: FlightResult): void {
    const { waiting } = flight;
    flight.waiting = [];
    this.#unwatch(flight);
    for (const one of waiting) this.#end(one, result);
  }

  #unwatch(flight: SingleFlight): void {
    flight.stopWatching?.();
    flight.stopWatching = null;
  }

  #end(waiting: Waiter, result: FlightResult): void {
    waiting.end(result);
    this.#deadlines.remove();
  }
}

interface WaitingOptions {
  readonly at: number;
  readonly flight: SingleFlight;
  readonly budget: WaitBudget;
  answer(result: FlightResult): void;
}

/** A request that waits. */
class Waiting implements Deadline {
  readonly at: number;
  over = false;
  readonly #waits: Waits;
  readonly #flight: SingleFlight;
  readonly #budget: WaitBudget;
  readonly #answer: (result: FlightResult) => void;

  constructor(waits: Waits, { at, flight, budget, answer }: WaitingOptions) {
    this.at = at;
    this.#waits = waits;
    this.#flight = flight;
    this.#budget = budget;
    this.#answer = answer;
  }

  expire(): void {
    this.#waits.late(this.#flight, this);
  }

  end(result: FlightResult): void {
    this.over = true;
    this.#budget.end();
    this.#answer(result);
  }
}
