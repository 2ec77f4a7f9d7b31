/**
 * Access tokens for single APIs: kept with the session, and got under the lease of its refreshes, so that a refresh
 * token is shown once whatever it is shown for.
 */
import type { SessionRow, TokenTarget } from "../../../contracts.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import { overReason } from "../../../core/policy.ts";
import { parseBody } from "../../../core/record.ts";
import { apiTokenIn, nameOfTarget } from "../../../core/rows/api-tokens.ts";
import { chance } from "../../../crypto/entropy.ts";
import { sameSecret } from "../../../crypto/equal.ts";
import { openTokens } from "../../lifecycle/sealed-tokens.ts";
import { LeaseWatch } from "../lease-watch.ts";
import type { CoordinatorOptions } from "../options.ts";
import { inBackoff, type SucceededAt } from "../refresh-target.ts";
import type { RefreshContext } from "../refresh-with-lease.ts";
import { type FlightResult, type Look, SingleFlight, unlessFailed } from "../single-flight.ts";
import { takeLease } from "../take-lease.ts";
import type { WaitBudget } from "../wait-budget.ts";
import { Waits } from "../waits.ts";

/** How often another's lease is looked at, milliseconds, with jitter down to half of it. */
const POLL = 200;
const STORE_ATTEMPTS = 4;
const STORE_PAUSE = 50;

/** The coordinator of refreshes, as far as tokens for APIs need it. */
interface Refreshing {
  readonly options: CoordinatorOptions;
  readonly context: () => RefreshContext;
  readonly succeededAt: SucceededAt;
  /** Brings the session itself in step first. */
  readonly inStep: (row: SessionRow, budget: WaitBudget) => Promise<unknown>;
  /** The result of its refresh, and of the app's say, however long that takes. */
  readonly join: (row: SessionRow) => Promise<FlightResult>;
}

/** What is wanted of one session. */
interface Wanted {
  readonly id: string;
  readonly target: TokenTarget;
  readonly name: string;
  /** A token that counts as run out. */
  readonly rejected: string | undefined;
}

/** Single flight for a session and an API in this process; the lease of the session over all processes. */
export class ApiTokens {
  readonly #refreshing: Refreshing;
  readonly #flights = new Map<string, SingleFlight>();
  readonly #waits: Waits;

  constructor(refreshing: Refreshing) {
    this.#refreshing = refreshing;
    this.#waits = new Waits(refreshing.options);
  }

  /** The token, live. Rejects as `accessToken` does, and by `ERR_PROVIDER_REFUSED` if the provider gives none. */
  async get(row: SessionRow, target: TokenTarget, rejected: string | undefined, budget: WaitBudget): Promise<string> {
    const wanted = { id: row.id, target, name: nameOfTarget(target), rejected };
    const held = this.#heldBy(row, wanted);
    if (held !== null) return held;
    await this.#refreshing.inStep(row, budget);
    const result = unlessFailed(await this.#waits.for(this.#flightFor(row, wanted), budget));
    if (result.kind === "ended") throw new CoatcheckError("ERR_SESSION_ENDED");
    const token = result.kind === "refreshed" ? this.#heldBy(result.row, wanted) : null;
    if (token !== null) return token;
    const retryAfter = result.kind === "unavailable" ? Math.max(1, Math.ceil(result.retryAfter / 1_000)) : 1;
    throw new CoatcheckError("ERR_TOKEN_UNAVAILABLE", { retryAfter });
  }

  #heldBy(row: SessionRow, { name, rejected }: Wanted): string | null {
    const { keyring, clock } = this.#refreshing.options;
    const tokens = openTokens(row, parseBody(row), keyring);
    const token = tokens === null ? null : (apiTokenIn(tokens, name, clock.now())?.accessToken ?? null);
    return token === null || (rejected !== undefined && sameSecret(token, rejected)) ? null : token;
  }

  #flightFor(row: SessionRow, wanted: Wanted): SingleFlight {
    const key = `${row.id} ${wanted.name}`;
    const known = this.#flights.get(key);
    if (known !== undefined) return known;
    const { clock, background, providers } = this.#refreshing.options;
    const { provider: from } = parseBody(row);
    const flight = new SingleFlight(
      row.id,
      providers.find(({ name }) => name === from),
      clock.monotonic(),
    );
    this.#flights.set(key, flight);
    const finish = (result: FlightResult): void => {
      this.#flights.delete(key);
      this.#waits.finish(flight, result);
    };
    this.#run(wanted).then(finish, (cause: unknown) => finish({ kind: "failed", cause }));
    background.waitUntil(flight.result);
    return flight;
  }

  async #run(wanted: Wanted): Promise<FlightResult> {
    const { options, context } = this.#refreshing;
    const { clock, entropy, report } = options;
    const watch = new LeaseWatch(clock);
    for (let failures = 0; ; ) {
      try {
        const look = await this.#look(wanted, watch);
        if (look !== "again") return look;
      } catch (cause) {
        failures += 1;
        report({ name: "store.failed", level: "error", reason: "refresh", sessionId: wanted.id, error: cause });
        if (failures >= STORE_ATTEMPTS) throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
      }
      await clock.sleep(failures > 0 ? STORE_PAUSE : watch.pause(POLL, chance(entropy)), context().closing);
    }
  }

  async #look(wanted: Wanted, watch: LeaseWatch): Promise<Look> {
    const { options, context, succeededAt } = this.#refreshing;
    const { store, clock, policy, providers, keyring, onRefresh } = options;
    const before = clock.monotonic();
    const now = clock.now();
    const row = await store.get(wanted.id);
    const over = row === undefined ? "expired" : overReason(row, now, policy);
    if (row === undefined || over !== null) return { kind: "ended", reason: over ?? "expired" };
    if (this.#heldBy(row, wanted) !== null) return { kind: "refreshed", row };
    const body = parseBody(row);
    const held = inBackoff(body, now, succeededAt);
    if (held !== null) return held;
    // A user about whom the app is to be asked gets nothing first.
    if (onRefresh !== undefined && body.asking !== undefined) {
      const asked = await this.#refreshing.join(row);
      return asked.kind === "refreshed" ? "again" : asked;
    }
    const provider = providers.find(({ name }) => name === body.provider);
    const tokens = openTokens(row, body, keyring);
    const { identity } = body;
    if (provider?.tokenFor === undefined || tokens === null || identity === null) return { kind: "failed", cause: NONE() };
    const lease = watch.judge(row.lease, before);
    if (lease === "stands") return "again";
    return takeLease({ row, body, target: { provider, tokens, identity, wanted: wanted.target }, lease }, watch, context());
  }
}

const NONE = (): CoatcheckError => new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
