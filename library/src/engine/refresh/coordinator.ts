/**
 * Coordinates the refreshes of one process: single flight for each session, one lease in the store for all processes.
 */
import type { Provider, RecordBody, SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { parseBody } from "../../core/record.ts";
import { isSpent, renewalDue } from "../../core/renewal.ts";
import { chance } from "../../crypto/entropy.ts";
import { sameSecret } from "../../crypto/equal.ts";
import type { Slots } from "../lifecycle/rate-limiter.ts";
import { bodyOf } from "../lifecycle/record-body.ts";
import { openTokens } from "../lifecycle/sealed-tokens.ts";
import { LeaseWatch } from "./lease-watch.ts";
import type { Renewal, RenewalOptions } from "./options.ts";
import { Turns } from "./provider-limits.ts";
import { heldBack } from "./refresh-target.ts";
import type { Held } from "./refresh-with-lease.ts";
import type { Landing } from "./single-flight.ts";
import { Flight, renewalOf } from "./single-flight.ts";
import type { Look } from "./take-lease.ts";
import { isLook, look, take } from "./take-lease.ts";
import { WaitBudget } from "./wait-budget.ts";
import { Waits } from "./waits.ts";

/** How often another process's lease is checked, milliseconds, with jitter down to half of it. */
const POLL = 200;
const STORE_ATTEMPTS = 4;
const STORE_PAUSE = 50;

/** How a request asks for a refresh. */
interface RenewOptions {
  readonly rejected?: string | undefined;
  readonly budget?: WaitBudget;
  readonly fresh?: boolean;
}

/** A flight that is reading its row. */
interface Flying {
  readonly flight: Flight;
  /** An access token that counts as run out. */
  readonly rejected: string | undefined;
  readonly watch: LeaseWatch;
}

/**
 * Refreshes tokens, and sends each refresh token once: single flight for a session in a process, one lease for it in
 * the store (docs/design.md §1.7).
 */
export class Renewals {
  readonly #options: RenewalOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #held = new Map<string, Held>();
  /** When each provider last succeeded: refreshed tokens, or signed a user in. */
  readonly #succeeded = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #turns: Turns;
  readonly #waits: Waits;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#waits = new Waits(options);
    this.#turns = new Turns(options.clock);
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
  renew(row: SessionRow, { rejected, budget = this.budget(), fresh = false }: RenewOptions = {}): Promise<Renewal> {
    const held = this.#held.get(row.id);
    if (held !== undefined) return Promise.resolve(this.#meanwhile(row, held, rejected));
    let flight: Flight;
    try {
      flight = this.#flight(row, rejected);
    } catch (cause) {
      // A record of another release.
      return Promise.reject(cause);
    }
    return this.#waits.for(flight, budget, fresh ? row : undefined).then((landing) => this.#since(row, landing, rejected));
  }

  /**
   * A result that is not stored yet belongs to the row as it was leased; a caller that has read a newer row goes on
   * with that.
   */
  #since(row: SessionRow, landing: Landing, rejected?: string): Renewal {
    const renewal = renewalOf(landing);
    const held = this.#held.get(row.id);
    const older = renewal.kind === "renewed" && renewal.row.version < row.version;
    return older && held !== undefined ? this.#meanwhile(row, held, rejected) : renewal;
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
        if (this.#renews(row) && renewalDue(row, this.#options.clock.now())) this.ahead(row);
        return token;
      }
      if (!this.#renews(row))
        throw isSpent(row, this.#options.clock.now()) ? ended() : new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
      const renewal = await this.renew(row, { rejected: token === null ? undefined : rejected, budget });
      if (renewal.kind === "ended") throw ended();
      if (renewal.kind === "unavailable") throw this.#stuck(row, renewal) ? ended() : unavailable(renewal.retryAfter);
      // mutant: old-token-for-waiters
      row = renewal.row;
    }
    throw new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
  }

  /**
   * The provider answers and gives no tokens, for longer than a session counts unconfirmed: only a fresh login helps.
   */
  #stuck({ tokenExpires }: SessionRow, { answered }: Extract<Renewal, { kind: "unavailable" }>): boolean {
    const { clock, policy } = this.#options;
    return answered === true && tokenExpires !== null && clock.now() - tokenExpires >= policy.unconfirmed;
  }

  #renews({ renewAt }: SessionRow): boolean {
    // mutant: never-refreshes
    return renewAt !== null && this.#options.refresh.policy !== "never";
  }

  #liveToken(row: SessionRow): string | null {
    if (row.tokenExpires === null || this.#options.clock.now() >= row.tokenExpires) return null;
    const { store, keyring } = this.#options;
    return openTokens(row, bodyOf(row, store.capabilities), keyring)?.accessToken ?? null;
  }

  /** Begins a refresh that no request waits for. */
  ahead(row: SessionRow): void {
    if (this.#flights.has(row.id) || this.#held.has(row.id) || this.#closing.signal.aborted) return;
    this.#flight(row);
  }

  /** The flight for this session: the one that is under way, or a new one. Without a time limit. */
  flight(row: SessionRow, rejected?: string): Promise<Renewal> {
    return this.#flight(row, rejected).landed.then(renewalOf);
  }

  // Single flight: one for a session in this process, however many callers wait for it.
  #flight(row: SessionRow, rejected?: string): Flight {
    const known = this.#flights.get(row.id);
    if (known !== undefined) return known;
    const { clock, background, providers } = this.#options;
    const body = parseBody(row);
    const provider = providers.find(({ name }) => name === body.provider);
    const flight = new Flight(row.id, provider, clock.monotonic());
    this.#flights.set(row.id, flight);
    this.#begin(flight, rejected, rejected === undefined ? this.#queueOf(row, body, provider) : null);
    // A failure reaches the callers who wait; it has been reported in any case.
    background.waitUntil(flight.landed);
    return flight;
  }

  #meanwhile(stored: SessionRow, { over }: Held, rejected?: string): Renewal {
    const { clock } = this.#options;
    const row = over === null ? null : over(stored);
    const live = row?.tokenExpires != null && clock.now() < row.tokenExpires && rejected === undefined;
    return live ? { kind: "renewed", row } : { kind: "unavailable", retryAfter: 1_000 };
  }

  #land(flight: Flight, landing: Landing): void {
    this.#flights.delete(flight.id);
    this.#waits.land(flight, landing);
  }

  /**
   * If a thousand are due at once, each waits for its turn before it reads its row, and holds nothing of it until then.
   */
  #begin(flight: Flight, rejected: string | undefined, queue: Slots | null): void {
    const { clock } = this.#options;
    if (queue === null) {
      const flying = { flight, rejected, watch: new LeaseWatch(clock) };
      this.#settle(flight, this.#fly(flying, null, this.#look(flying)));
      return;
    }
    const turn = queue.run((pass) => {
      const flying = { flight, rejected, watch: new LeaseWatch(clock) };
      const first = this.#lookInTurn(flying, pass);
      this.#settle(flight, this.#fly(flying, queue, first));
      return first.catch(() => undefined);
    });
    // Its turn never came: the clock failed.
    turn.catch((cause: unknown) => this.#fail(flight, cause));
  }

  #settle(flight: Flight, flown: Promise<Landing>): void {
    flown.then(
      (landing) => this.#land(flight, landing),
      (cause: unknown) => this.#fail(flight, cause),
    );
  }

  /**
   * Reads the row until that gives a result.
   * @param queue the rate limiter in which it waits for another turn if its first look fails
   */
  async #fly(flying: Flying, queue: Slots | null, first: Promise<Look>): Promise<Landing> {
    const { flight, watch } = flying;
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
      looking = turn === null ? this.#look(flying) : turn.run((pass) => this.#lookInTurn(flying, pass));
    }
  }

  #fail(flight: Flight, cause: unknown): void {
    this.#land(flight, { kind: "failed", cause });
  }

  async #look(flying: Flying): Promise<Look> {
    const found = await look(flying, this.#options, this.#succeededAt);
    if (isLook(found)) return found;
    return this.#turns.of(found.wanted.provider.name).run(() => take(found, flying.watch, this.#spends));
  }

  /** In a turn, which is given back if there is nothing to be done. */
  async #lookInTurn(flying: Flying, pass: () => void): Promise<Look> {
    const found = await look(flying, this.#options, this.#succeededAt);
    if (!isLook(found)) return take(found, flying.watch, this.#spends);
    pass();
    return found;
  }

  /**
   * The rate limiter in which a flight waits for its turn; `null` if it will call no provider, as far as is known now.
   */
  #queueOf(row: SessionRow, body: RecordBody, provider: Provider | undefined): Slots | null {
    const now = this.#options.clock.now();
    if (provider === undefined || !renewalDue(row, now) || heldBack(body, now, this.#succeededAt) !== null) return null;
    return this.#turns.of(provider.name);
  }

  readonly #succeededAt = (provider: string): number => this.#succeeded.get(provider) ?? Number.NEGATIVE_INFINITY;

  get #spends() {
    return {
      options: this.#options,
      succeeded: (provider: string): void => this.succeeded(provider),
      closing: this.#closing.signal,
      aside: (): Promise<void> => this.#turns.aside(),
      hold: (id: string, held: Held): void => {
        this.#held.set(id, held);
        const drop = (): void => void (this.#held.get(id) === held && this.#held.delete(id));
        held.settled.then(drop, drop);
      },
    };
  }
}

const ended = (): CoatcheckError => new CoatcheckError("ERR_SESSION_ENDED");

function unavailable(milliseconds: number): CoatcheckError {
  return new CoatcheckError("ERR_TOKEN_UNAVAILABLE", { retryAfter: Math.max(1, Math.ceil(milliseconds / 1_000)) });
}
