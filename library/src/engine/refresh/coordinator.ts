/**
 * Coordinates the refreshes of one process: single flight for each session, one lease in the store for all processes.
 */
import type { Provider, RecordBody, SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { parseBody } from "../../core/record.ts";
import { hasRunOut, refreshDue } from "../../core/refresh.ts";
import { chance } from "../../crypto/entropy.ts";
import { sameSecret } from "../../crypto/equal.ts";
import type { RateLimiter } from "../lifecycle/rate-limiter.ts";
import { bodyOf } from "../lifecycle/record-body.ts";
import { openTokens } from "../lifecycle/sealed-tokens.ts";
import { ApiTokens } from "./apis/api-tokens.ts";
import { LeaseWatch } from "./lease-watch.ts";
import type { CoordinatorOptions, SessionAfterRefresh } from "./options.ts";
import { ProviderLimits } from "./provider-limits.ts";
import { inBackoff } from "./refresh-target.ts";
import type { UnstoredResult } from "./refresh-with-lease.ts";
import type { FlightResult, Look } from "./single-flight.ts";
import { SingleFlight, unlessFailed } from "./single-flight.ts";
import { isLook, look, takeLease } from "./take-lease.ts";
import { WaitBudget } from "./wait-budget.ts";
import { Waits } from "./waits.ts";

/** How often another process's lease is checked, milliseconds, with jitter down to half of it. */
const POLL = 200;
const STORE_ATTEMPTS = 4;
const STORE_PAUSE = 50;

/** How a request asks for a refresh. */
interface RefreshRequest {
  readonly rejected?: string | undefined;
  readonly budget?: WaitBudget;
  readonly fresh?: boolean;
}

/** A flight that is reading its row. */
interface RunningFlight {
  readonly flight: SingleFlight;
  /** An access token that counts as run out. */
  readonly rejected: string | undefined;
  readonly watch: LeaseWatch;
}

/**
 * Refreshes tokens, and sends each refresh token once: single flight for a session in a process, one lease for it in
 * the store (docs/design.md §1.7).
 */
export class RefreshCoordinator {
  readonly #options: CoordinatorOptions;
  readonly #flights = new Map<string, SingleFlight>();
  readonly #unstored = new Map<string, UnstoredResult>();
  /** When each provider last succeeded: refreshed tokens, or signed a user in. */
  readonly #succeeded = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #limits: ProviderLimits;
  readonly #waits: Waits;
  /** Access tokens for single APIs. */
  readonly apis: ApiTokens;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    const inStep = (row: SessionRow, budget: WaitBudget): Promise<string> => this.accessToken(row, undefined, budget);
    const join = (row: SessionRow): Promise<FlightResult> => this.#flightFor(row).result;
    this.apis = new ApiTokens({ options, inStep, join, context: () => this.#context, succeededAt: this.#succeededAt });
    this.#waits = new Waits(options);
    this.#limits = new ProviderLimits(options.clock);
  }

  /** No flight waits for a lease any longer; results that are not stored yet are tried once more. */
  close(): void {
    this.#closing.abort(new CoatcheckError("ERR_TOKEN_UNAVAILABLE"));
  }

  /** A provider succeeded, so its outage is over: sessions need not wait for the rest of their backoff. */
  succeeded(provider: string): void {
    this.#succeeded.set(provider, this.#options.clock.now());
  }

  /** How long a request may wait for refreshes in all. */
  budget(): WaitBudget {
    return new WaitBudget(this.#options.refresh.wait, this.#options.clock);
  }

  /**
   * Refreshes if that is due, and waits for it as long as a request may. Rejects if the store does not answer.
   * @param rejected an access token that counts as run out
   * @param fresh the row was read just now, for this request
   */
  refresh(
    row: SessionRow,
    { rejected, budget = this.budget(), fresh = false }: RefreshRequest = {},
  ): Promise<SessionAfterRefresh> {
    const unstored = this.#unstored.get(row.id);
    if (unstored !== undefined) return Promise.resolve(this.#unstoredResult(row, unstored, rejected));
    let flight: SingleFlight;
    try {
      flight = this.#flightFor(row, rejected);
    } catch (cause) {
      // A record of another release.
      return Promise.reject(cause);
    }
    return this.#waits.for(flight, budget, fresh ? row : undefined).then((result) => this.#newest(row, result, rejected));
  }

  /**
   * A result that is not stored yet belongs to the row as it was leased; a caller that has read a newer row goes on
   * with that.
   */
  #newest(row: SessionRow, result: FlightResult, rejected?: string): SessionAfterRefresh {
    const refreshed = unlessFailed(result);
    const unstored = this.#unstored.get(row.id);
    const older = result.kind === "refreshed" && result.row.version < row.version;
    return older && unstored !== undefined ? this.#unstoredResult(row, unstored, rejected) : refreshed;
  }

  /**
   * The access token, live, refreshed if that is due; if it is only nearly due, the refresh begins and the present
   * token is returned. Rejects with `ERR_TOKEN_UNAVAILABLE`, `ERR_SESSION_ENDED` or `ERR_STORE_UNAVAILABLE`.
   */
  async accessToken(given: SessionRow, rejected?: string, budget = this.budget()): Promise<string> {
    let row = given;
    for (let tries = 0; tries < 3; tries++) {
      const token = this.#liveToken(row);
      if (token !== null && (rejected === undefined || !sameSecret(token, rejected))) {
        if (this.#mayRefresh(row) && refreshDue(row, this.#options.clock.now())) this.refreshAhead(row);
        return token;
      }
      if (!this.#mayRefresh(row))
        throw hasRunOut(row, this.#options.clock.now()) ? ended() : new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
      const result = await this.refresh(row, { rejected: token === null ? undefined : rejected, budget });
      if (result.kind === "ended") throw ended();
      if (result.kind === "unavailable") throw this.#needsLogin(row, result) ? ended() : unavailable(result.retryAfter);
      // mutant: old-token-for-waiters
      row = result.row;
    }
    throw new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
  }

  /**
   * The provider answers and gives no tokens, for longer than a session counts unconfirmed: only a fresh login helps.
   */
  #needsLogin({ tokenExpires }: SessionRow, { answered }: Extract<SessionAfterRefresh, { kind: "unavailable" }>): boolean {
    const { clock, policy } = this.#options;
    return answered === true && tokenExpires !== null && clock.now() - tokenExpires >= policy.unconfirmed;
  }

  #mayRefresh({ renewAt }: SessionRow): boolean {
    // mutant: never-refreshes
    return renewAt !== null && this.#options.refresh.policy !== "never";
  }

  #liveToken(row: SessionRow): string | null {
    if (row.tokenExpires === null || this.#options.clock.now() >= row.tokenExpires) return null;
    const { store, keyring } = this.#options;
    return openTokens(row, bodyOf(row, store.capabilities), keyring)?.accessToken ?? null;
  }

  /** Begins a refresh that no request waits for. */
  refreshAhead(row: SessionRow): void {
    if (this.#flights.has(row.id) || this.#unstored.has(row.id) || this.#closing.signal.aborted) return;
    this.#flightFor(row);
  }

  /** The flight for this session: the one that is under way, or a new one. Without a time limit. */
  join(row: SessionRow, rejected?: string): Promise<SessionAfterRefresh> {
    return this.#flightFor(row, rejected).result.then(unlessFailed);
  }

  // Single flight: one for a session in this process, however many callers wait for it.
  #flightFor(row: SessionRow, rejected?: string): SingleFlight {
    const known = this.#flights.get(row.id);
    if (known !== undefined) return known;
    const { clock, background, providers } = this.#options;
    const body = parseBody(row);
    const provider = providers.find(({ name }) => name === body.provider);
    const flight = new SingleFlight(row.id, provider, clock.monotonic());
    this.#flights.set(row.id, flight);
    this.#begin(flight, rejected, rejected === undefined ? this.#queueOf(row, body, provider) : null);
    // A failure reaches the callers who wait; it has been reported in any case.
    background.waitUntil(flight.result);
    return flight;
  }

  #unstoredResult(stored: SessionRow, { applyTo }: UnstoredResult, rejected?: string): SessionAfterRefresh {
    const { clock } = this.#options;
    const row = applyTo === null ? null : applyTo(stored);
    const live = row?.tokenExpires != null && clock.now() < row.tokenExpires && rejected === undefined;
    return live ? { kind: "refreshed", row } : { kind: "unavailable", retryAfter: 1_000 };
  }

  #finish(flight: SingleFlight, result: FlightResult): void {
    this.#flights.delete(flight.id);
    this.#waits.finish(flight, result);
  }

  /**
   * If a thousand are due at once, each waits for its turn before it reads its row, and holds nothing of it until then.
   */
  #begin(flight: SingleFlight, rejected: string | undefined, queue: RateLimiter | null): void {
    const { clock } = this.#options;
    if (queue === null) {
      const running = { flight, rejected, watch: new LeaseWatch(clock) };
      this.#finishWith(flight, this.#run(running, null, this.#look(running)));
      return;
    }
    const turn = queue.run((pass) => {
      const running = { flight, rejected, watch: new LeaseWatch(clock) };
      const first = this.#lookInTurn(running, pass);
      this.#finishWith(flight, this.#run(running, queue, first));
      return first.catch(() => undefined);
    });
    // Its turn never came: the clock failed.
    turn.catch((cause: unknown) => this.#fail(flight, cause));
  }

  #finishWith(flight: SingleFlight, run: Promise<FlightResult>): void {
    run.then(
      (result) => this.#finish(flight, result),
      (cause: unknown) => this.#fail(flight, cause),
    );
  }

  /**
   * Reads the row until that gives a result.
   * @param queue the rate limiter in which it waits for another turn if its first look fails
   */
  async #run(running: RunningFlight, queue: RateLimiter | null, first: Promise<Look>): Promise<FlightResult> {
    const { flight, watch } = running;
    const { clock, entropy, report } = this.#options;
    let turn = queue;
    let looking = first;
    for (let failures = 0; ; ) {
      try {
        const look = await looking;
        turn = null;
        if (look !== "again") return look;
      } catch (cause) {
        failures += 1;
        report({ name: "store.failed", level: "error", reason: "refresh", sessionId: flight.id, error: cause });
        if (failures >= STORE_ATTEMPTS) throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
      }
      await clock.sleep(failures > 0 ? STORE_PAUSE : watch.pause(POLL, chance(entropy)), this.#closing.signal);
      looking = turn === null ? this.#look(running) : turn.run((pass) => this.#lookInTurn(running, pass));
    }
  }

  #fail(flight: SingleFlight, cause: unknown): void {
    this.#finish(flight, { kind: "failed", cause });
  }

  async #look(running: RunningFlight): Promise<Look> {
    const found = await look(running, this.#options, this.#succeededAt);
    if (isLook(found)) return found;
    return this.#limits.of(found.target.provider.name).run(() => takeLease(found, running.watch, this.#context));
  }

  /** In a turn, which is given back if there is nothing to be done. */
  async #lookInTurn(running: RunningFlight, pass: () => void): Promise<Look> {
    const found = await look(running, this.#options, this.#succeededAt);
    if (!isLook(found)) return takeLease(found, running.watch, this.#context);
    pass();
    return found;
  }

  /**
   * The rate limiter in which a flight waits for its turn; `null` if it will call no provider, as far as is known now.
   */
  #queueOf(row: SessionRow, body: RecordBody, provider: Provider | undefined): RateLimiter | null {
    const now = this.#options.clock.now();
    if (provider === undefined || !refreshDue(row, now) || inBackoff(body, now, this.#succeededAt) !== null) return null;
    return this.#limits.of(provider.name);
  }

  readonly #succeededAt = (provider: string): number => this.#succeeded.get(provider) ?? Number.NEGATIVE_INFINITY;

  get #context() {
    return {
      options: this.#options,
      succeeded: (provider: string): void => this.succeeded(provider),
      closing: this.#closing.signal,
      yieldOnce: (): Promise<void> => this.#limits.yieldOnce(),
      keepUnstored: (id: string, unstored: UnstoredResult): void => {
        this.#unstored.set(id, unstored);
        const drop = (): void => void (this.#unstored.get(id) === unstored && this.#unstored.delete(id));
        unstored.settled.then(drop, drop);
      },
    };
  }
}

const ended = (): CoatcheckError => new CoatcheckError("ERR_SESSION_ENDED");

function unavailable(milliseconds: number): CoatcheckError {
  return new CoatcheckError("ERR_TOKEN_UNAVAILABLE", { retryAfter: Math.max(1, Math.ceil(milliseconds / 1_000)) });
}
