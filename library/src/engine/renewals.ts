import type { EndReason, SessionRow } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { parseBody, readable } from "../core/record.ts";
import { isSpent, renewalDue } from "../core/renewal.ts";
import { sameSecret } from "../crypto/equal.ts";
import { bodyOf } from "./bodies.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { heldBack } from "./refresh-target.ts";
import type { Renewal, RenewalOptions } from "./renewal-options.ts";
import { chance } from "./renewal-options.ts";
import type { Slots } from "./slots.ts";
import type { Held } from "./spend.ts";
import type { Look } from "./take-lease.ts";
import { isLook, look, take } from "./take-lease.ts";
import { openTokens } from "./tokens.ts";
import { Turns } from "./turns.ts";
import { WaitBudget } from "./wait-budget.ts";

/** How often somebody else's lease is looked at, by chance half of it. */
const POLL = 200;
const STORE_ATTEMPTS = 4;
const STORE_PAUSE = 50;

/** One refresh on its way, and who waits for it. */
interface Flight {
  readonly renewal: Promise<Renewal>;
  /** When it began, on the monotonic clock. */
  readonly since: number;
  /** It was told that requests wait for it no longer. */
  slow: boolean;
}

/**
 * Renews tokens, each refresh token spent once: one flight for a session in a process, one lease for it in the store (docs/design.md §1.7). A flight
 * belongs to no request: whoever waits may go, it goes on.
 */
export class Renewals {
  readonly #options: RenewalOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #held = new Map<string, Held>();
  /** When each provider last did what it was asked: renewed tokens, or signed somebody in. */
  readonly #succeeded = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #turns: Turns;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#turns = new Turns(options.clock);
  }

  /** No flight waits for a lease any longer; results that the store has not taken are offered once more. */
  close(): void {
    this.#closing.abort(new CoatcheckError("ERR_TOKEN_UNAVAILABLE"));
  }

  /** A provider did what it was asked, so an outage of it is over: sessions that it failed need not wait out their pauses. */
  succeeded(provider: string): void {
    this.#succeeded.set(provider, this.#options.clock.now());
  }

  /** How long a request may wait for refreshes in all. */
  budget(): WaitBudget {
    return new WaitBudget(this.#options.refresh.wait, this.#options.clock);
  }

  /** Renews where that is due, and waits for it as long as a request may. `rejected`: an access token that counts as run out. Rejects where the store does not answer. */
  async renew(row: SessionRow, rejected?: string, budget = this.budget()): Promise<Renewal> {
    const held = this.#held.get(row.id);
    if (held !== undefined) return this.#meanwhile(row, held, rejected);
    const renewal = await this.#limited(row, this.#flight(row, rejected), budget);
    // A result that the store has not taken is of the row as it was leased; who has read a newer one goes on with that.
    const since = this.#held.get(row.id);
    const older = renewal.kind === "renewed" && renewal.row.version < row.version;
    return older && since !== undefined ? this.#meanwhile(row, since, rejected) : renewal;
  }

  /**
   * The access token, live, renewed where that is due; where only nearly so, the renewal begins and the present one is given. Rejects with
   * `ERR_TOKEN_UNAVAILABLE`, `ERR_SESSION_ENDED` or `ERR_STORE_UNAVAILABLE`.
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
      const renewal = await this.renew(row, token === null ? undefined : rejected, budget);
      if (renewal.kind === "ended") throw ended();
      if (renewal.kind === "unavailable") throw this.#stuck(row, renewal) ? ended() : unavailable(renewal.retryAfter);
      row = renewal.row;
    }
    throw new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
  }

  /** The provider answers and gives no tokens, for longer than a session counts unconfirmed: only a fresh login helps. */
  #stuck({ tokenExpires }: SessionRow, { answered }: Extract<Renewal, { kind: "unavailable" }>): boolean {
    const { clock, policy } = this.#options;
    return answered === true && tokenExpires !== null && clock.now() - tokenExpires >= policy.unconfirmed;
  }

  #renews({ renewAt }: SessionRow): boolean {
    return renewAt !== null && this.#options.refresh.policy !== "never";
  }

  #liveToken(row: SessionRow): string | null {
    if (row.tokenExpires === null || this.#options.clock.now() >= row.tokenExpires) return null;
    const { store, keyring } = this.#options;
    return openTokens(row, bodyOf(row, store.capabilities), keyring)?.accessToken ?? null;
  }

  /** Begins a renewal that nobody waits for. */
  ahead(row: SessionRow): void {
    if (this.#flights.has(row.id) || this.#held.has(row.id) || this.#closing.signal.aborted) return;
    this.flight(row).catch(() => undefined);
  }

  /** The flight for this session: the one that is under way, or a new one. It takes as long as it takes. */
  flight(row: SessionRow, rejected?: string): Promise<Renewal> {
    return this.#flight(row, rejected).renewal;
  }

  // Single flight: one for a session in this process, whoever asks.
  #flight(row: SessionRow, rejected?: string): Flight {
    const { id } = row;
    const known = this.#flights.get(id);
    if (known !== undefined) return known;
    const renewal = this.#fly(id, this.#queueOf(row, rejected), rejected).finally(() => this.#flights.delete(id));
    const flight: Flight = { renewal, since: this.#options.clock.monotonic(), slow: false };
    this.#flights.set(id, flight);
    // Whoever waits hears of a failure; where nobody does it has been reported.
    this.#options.background.waitUntil(renewal.catch(() => undefined));
    return flight;
  }

  #meanwhile(stored: SessionRow, { over }: Held, rejected?: string): Renewal {
    const { clock } = this.#options;
    const row = over === null ? null : over(stored);
    const live = row?.tokenExpires != null && clock.now() < row.tokenExpires && rejected === undefined;
    return live ? { kind: "renewed", row } : { kind: "unavailable", retryAfter: 1_000 };
  }

  /** Waits as long as this request may, and as the provider has for an answer; the flight goes on, for an answer that is not heard is a token lost. */
  async #limited(row: SessionRow, flight: Flight, budget: WaitBudget): Promise<Renewal> {
    const { clock, endings } = this.#options;
    const done = new AbortController();
    const limit = Math.min(budget.begin(), this.#patience(row) - (clock.monotonic() - flight.since));
    const late = clock.sleep(Math.max(0, limit), done.signal).then(
      (): Renewal => {
        this.#tellSlow(row, flight);
        return { kind: "unavailable", retryAfter: 1_000 };
      },
      () => flight.renewal,
    );
    let stop = (): void => undefined;
    const ended = new Promise<Renewal>((resolve) => {
      // The provider may keep us waiting for long, and a logout elsewhere is final at once.
      stop = endings.watch(row.id, (reason: EndReason) => resolve({ kind: "ended", reason }));
    });
    try {
      return await Promise.race([flight.renewal, late, ended]);
    } finally {
      stop();
      budget.end();
      // With a reason: an exception for each abort would cost more than the waiting.
      done.abort("over");
    }
  }

  /** How long requests wait for a flight from its beginning. Who comes later waits for the rest. */
  #patience(row: SessionRow): number {
    const name = parseBody(row).provider;
    return this.#options.providers.find((provider) => provider.name === name)?.requestTimeout ?? Number.POSITIVE_INFINITY;
  }

  #tellSlow(row: SessionRow, flight: Flight): void {
    if (flight.slow || !this.#flights.has(row.id)) return;
    flight.slow = true;
    const { provider } = parseBody(row);
    const about = { sessionId: row.id, ...(provider === null ? {} : { provider }) };
    this.#options.report({ name: "refresh.slow", level: "warn", ...about });
  }

  async #fly(id: string, queue: Slots | null, rejected: string | undefined): Promise<Renewal> {
    const { clock, report } = this.#options;
    const watch = new LeaseWatch(clock);
    let turn = queue;
    for (let failures = 0; ; ) {
      try {
        const look = await this.#lookAndTake(id, turn, rejected, watch);
        turn = null;
        if (look !== "again") return look;
      } catch (cause) {
        failures += 1;
        report({ name: "store.failed", level: "error", reason: "renewal", sessionId: id, error: cause });
        if (failures >= STORE_ATTEMPTS) throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
      }
      await clock.sleep(failures > 0 ? STORE_PAUSE : watch.pause(POLL, chance(this.#options.entropy)), this.#closing.signal);
    }
  }

  async #lookAndTake(id: string, turn: Slots | null, rejected: string | undefined, watch: LeaseWatch): Promise<Look> {
    if (turn === null) {
      const found = await look({ id, rejected, watch }, this.#options, this.#succeededAt);
      return isLook(found) ? found : this.#turns.of(found.wanted.provider.name).run(() => take(found, watch, this.#spends));
    }
    return turn.run(async (pass) => {
      const found = await look({ id, rejected, watch }, this.#options, this.#succeededAt);
      if (!isLook(found)) return take(found, watch, this.#spends);
      pass();
      return found;
    });
  }

  /**
   * Where a flight waits for its turn before it looks at the row for the first time: of a thousand that are due at once, each would keep a row and
   * its tokens for as long. `null` where it asks nobody anything for what is known by now, and for a token that was rejected.
   */
  #queueOf(row: SessionRow, rejected: string | undefined): Slots | null {
    const now = this.#options.clock.now();
    if (rejected !== undefined || !renewalDue(row, now) || !readable(row)) return null;
    const body = parseBody(row);
    if (heldBack(body, now, this.#succeededAt) !== null) return null;
    const provider = this.#options.providers.find(({ name }) => name === body.provider);
    return provider === undefined ? null : this.#turns.of(provider.name);
  }

  readonly #succeededAt = (provider: string): number => this.#succeeded.get(provider) ?? Number.NEGATIVE_INFINITY;

  get #spends() {
    return {
      options: this.#options,
      succeeded: (provider: string): void => this.succeeded(provider),
      closing: this.#closing.signal,
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
