import type { EndReason, Provider, RecordBody, SessionRow } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { overReason } from "../core/policy.ts";
import { parseBody } from "../core/record.ts";
import { failedRow, isSpent, leased, leaseText, parseLease, renewalDue } from "../core/renewal.ts";
import { sameSecret } from "../crypto/equal.ts";
import { bodyOf } from "./bodies.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { Pace } from "./pace.ts";
import type { Wanted } from "./refresh-target.ts";
import { wanted } from "./refresh-target.ts";
import type { Renewal, RenewalOptions } from "./renewal-options.ts";
import { chance } from "./renewal-options.ts";
import { Slots } from "./slots.ts";
import type { Held } from "./spend.ts";
import { spend } from "./spend.ts";
import { openTokens } from "./tokens.ts";
import { WaitBudget } from "./wait-budget.ts";

/** How long `refresh` takes at most where a provider does not say. */
const REFRESH_TIMEOUT = 15_000;
/** How often somebody else's lease is looked at, by chance half of it. */
const POLL = 200;
/** Calls of one process to a provider; those behind them wait their turn before they take a lease. */
const CALLS = { most: 64, burst: 4, together: 4 };
/**
 * Refreshes take a fifth of a processor, so that a thousand sessions whose tokens run out together do not keep all others
 * waiting; and the last of the thousand begins before a request gives up.
 */
const PACE = { gap: 5, share: 0.2, least: 2, most: 8 };
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

/** What one look at the row came to: an answer, or another look. */
type Look = Renewal | "again";

/**
 * Renews tokens, each refresh token spent once: one flight for a session in a process, one lease for it in the store (docs/design.md §1.7). A flight
 * belongs to no request: whoever waits may go, it goes on.
 */
export class Renewals {
  readonly #options: RenewalOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #held = new Map<string, Held>();
  readonly #slots = new Map<string, Slots>();
  /** When each provider last did what it was asked: renewed tokens, or signed somebody in. */
  readonly #succeeded = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #pace: Pace;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#pace = new Pace(PACE, options.clock);
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
  #flight({ id }: SessionRow, rejected?: string): Flight {
    const known = this.#flights.get(id);
    if (known !== undefined) return known;
    const renewal = this.#fly(id, rejected).finally(() => this.#flights.delete(id));
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

  async #fly(id: string, rejected: string | undefined): Promise<Renewal> {
    const { clock, report } = this.#options;
    const watch = new LeaseWatch(clock);
    for (let failures = 0; ; ) {
      try {
        const look = await this.#look(id, rejected, watch);
        if (look !== "again") return look;
      } catch (cause) {
        failures += 1;
        report({ name: "store.failed", level: "error", reason: "renewal", sessionId: id, error: cause });
        if (failures >= STORE_ATTEMPTS) throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
      }
      await clock.sleep(failures > 0 ? STORE_PAUSE : watch.pause(POLL, chance(this.#options.entropy)), this.#closing.signal);
    }
  }

  async #look(id: string, rejected: string | undefined, watch: LeaseWatch): Promise<Look> {
    const { store, clock, policy } = this.#options;
    const before = clock.monotonic();
    // As of when we asked: a touch may have been written while the answer was on its way.
    const now = clock.now();
    const row = await store.get(id);
    const over = row === undefined ? "expired" : overReason(row, now, policy);
    if (row === undefined || over !== null) return { kind: "ended", reason: over ?? "expired" };
    const body = parseBody(row);
    const found = wanted(row, body, rejected, this.#options, (name) => this.#succeeded.get(name) ?? Number.NEGATIVE_INFINITY);
    if (!("tokens" in found)) return found;
    const lease = watch.judge(row.lease, before);
    if (lease === "stands") return "again";
    return this.#slotsOf(found.provider).run(() => this.#take(row, body, found, lease, watch));
  }

  #slotsOf({ name }: Provider): Slots {
    const known = this.#slots.get(name) ?? new Slots({ ...CALLS, gap: () => this.#pace.begin() }, this.#options.clock);
    this.#slots.set(name, known);
    return known;
  }

  async #take(
    row: SessionRow,
    body: RecordBody,
    wanted: Wanted,
    found: "free" | "ran-out" | "ours",
    watch: LeaseWatch,
  ): Promise<Look> {
    const { store, entropy, report } = this.#options;
    if (found === "ours" && row.lease !== null) {
      if (!watch.inTime()) return "again";
      return spend({ row, lease: row.lease, body, ...wanted }, this.#spends);
    }
    const timeout = wanted.provider.refreshTimeout ?? REFRESH_TIMEOUT;
    const margin = Math.max(1_000, timeout / 4);
    const name = Buffer.from(entropy.bytes(12)).toString("base64url");
    const lease = leaseText(name, { length: Math.ceil(timeout + margin), unknown: found === "ran-out" });
    if (found === "ran-out") {
      report({ name: "refresh.taken-over", level: "warn", sessionId: row.id, provider: wanted.provider.name });
    }
    if (found === "ran-out" && isUnknown(row, body)) return this.#giveUp(row, body);
    watch.asked(lease, margin);
    const next = leased(row, lease);
    if (!(await store.put(next, row.version))) return "again";
    if (!watch.inTime()) return "again";
    return spend({ row: next, lease, body, ...wanted }, this.#spends);
  }

  /** Two holders went without a word, and each may have shown the token: it is not shown a third time. */
  async #giveUp(row: SessionRow, body: RecordBody): Promise<Look> {
    const { store, clock } = this.#options;
    const failures = (body.renewal?.failures ?? 0) + 1;
    const lost = failedRow(row, body, { failures, until: clock.now(), unknown: true, lost: true });
    if (!(await store.put(lost, row.version))) return "again";
    return { kind: "unavailable", retryAfter: 1_000, answered: true };
  }

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

/** Whether the token was shown before, as far as lease and record tell, and nobody knows what became of it. */
function isUnknown({ lease }: SessionRow, body: RecordBody): boolean {
  return (lease !== null && parseLease(lease).unknown) || body.renewal?.unknown === true;
}

const ended = (): CoatcheckError => new CoatcheckError("ERR_SESSION_ENDED");

function unavailable(milliseconds: number): CoatcheckError {
  return new CoatcheckError("ERR_TOKEN_UNAVAILABLE", { retryAfter: Math.max(1, Math.ceil(milliseconds / 1_000)) });
}
