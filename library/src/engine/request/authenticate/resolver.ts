/** Resolves asserted identities to the app's users: single flight and a bounded cache. */
import type { Clock, Identity, JsonObject, MaybePromise, Report } from "../../../contracts.ts";
import { hookFailure } from "../../../core/errors/hook-failure.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import { omitUndefined } from "../../../core/options/omit-undefined.ts";
import type { Resolution, UnknownUsers } from "../../../core/reconcile.ts";
import { isStorable, ownerOf } from "../../../core/record.ts";
import { within } from "../../../time/within.ts";

/** The answer of the app's look-up of a user. */
export type Known =
  /**
   * `owner` is the key of the user's sessions: any text but the empty one, of well-formed Unicode without NUL. Claims
   * are merged over the asserted ones.
   */
  | { readonly owner: string; readonly claims?: JsonObject }
  /** Known, and not let in any more. With an owner `auth.forget(owner)` finds this answer too. */
  | { readonly blocked: true; readonly owner?: string }
  /** Unknown. */
  | null;

/**
 * The app's side of an asserted identity.
 *
 * @example
 * ```ts
 * import type { ResolverOptions } from "coatcheck";
 * const options: ResolverOptions = {
 *   unknown: "refuse",
 *   async resolve({ subject }) {
 *     const user = await users.find(subject).catch(unavailable);
 *     return user === undefined ? null : user.blocked ? { blocked: true } : { owner: user.id };
 *   },
 * };
 * ```
 */
export interface ResolverOptions {
  /**
   * Finds the app's user. A time-out is an outage, and so is what it throws by `unavailable(cause)`: 503. Any other
   * error is its bug: 500. Default: every user is known, by issuer and subject.
   */
  readonly resolve?: (identity: Identity) => MaybePromise<Known>;
  /** What happens to users whom it does not know. Default `anonymous`. */
  readonly unknown?: UnknownUsers;
  /**
   * Registers an unknown user, with `unknown: "register"`. Single flight: one call for each user at a time in a
   * process.
   */
  readonly register?: (identity: Identity) => MaybePromise<Exclude<Known, null>>;
  /**
   * How long an answer of `resolve` is cached, milliseconds; that a user is unknown only a sixth of it. Errors are not
   * cached. Default 30,000.
   */
  readonly cacheFor?: number;
}

/** The result of resolving an asserted identity. */
export type Resolved = Exclude<Resolution, { kind: "found" | "blocked" }> | Found | Blocked;
/** Known. `identity` is the same object for the same assertion, until either changes. */
export interface Found {
  readonly kind: "found";
  readonly owner: string;
  readonly identity: Identity;
}

interface Blocked {
  readonly kind: "blocked";
  readonly owner?: string;
}

const CACHE_FOR = 30_000;
const MOST_KEPT = 10_000;
const PATIENCE = 5_000;

interface Kept {
  readonly until: number;
  readonly from: Identity;
  readonly resolved: Resolved;
}

/** A call of the app's function that is not answered yet. */
interface Asking {
  readonly from: Identity;
  readonly generation: number;
  readonly resolved: Promise<Resolved>;
}

/** Asks the app for the user of an asserted identity: single flight, with a bounded cache of answers that expire. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #cacheFor: number;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Asking>();
  readonly #registering = new Map<string, Asking>();
  /** Raised by `forget`: answers to calls that began before are not cached. */
  #generation = 0;

  constructor(options: ResolverOptions, { clock, report }: { readonly clock: Clock; readonly report: Report }) {
    const { cacheFor = CACHE_FOR } = options;
    if (!(cacheFor >= 0 && cacheFor <= 3_600_000))
      throw new TypeError(`proxy.cacheFor is ${cacheFor}; it can be from 0 to 3600000`);
    if (options.unknown === "register" && options.register === undefined) {
      throw new TypeError('proxy.unknown is "register"; give proxy.register, which makes a user of an identity');
    }
    this.#options = options;
    this.#cacheFor = cacheFor;
    this.#clock = clock;
    this.#report = report;
  }

  get unknownUsers(): UnknownUsers {
    return this.#options.unknown ?? "anonymous";
  }

  /** Synchronous if the answer is cached. */
  resolve(identity: Identity): MaybePromise<Resolved> {
    const key = ownerOf(identity);
    const kept = this.#kept.get(key);
    // mutant: kept-for-ever
    if (kept !== undefined && this.#clock.now() < kept.until && saysTheSame(kept.from, identity)) return kept.resolved;
    const asking = this.#asking.get(key);
    if (asking !== undefined && this.#answersFor(asking, identity)) return asking.resolved;
    return this.#begin(this.#asking, key, identity, () => this.#ask(key, identity));
  }

  /** Registers an unknown user. */
  async register(identity: Identity): Promise<Resolved> {
    const key = ownerOf(identity);
    // mutant: registers-twice
    for (let one = this.#registering.get(key); one !== undefined; one = this.#registering.get(key)) {
      const shares = this.#answersFor(one, identity);
      const resolved = await one.resolved;
      if (shares) return resolved;
    }
    return this.#begin(this.#registering, key, identity, async () => {
      // Another process, or an earlier request, may have registered the user.
      this.#kept.delete(key);
      const found = await this.resolve(identity);
      return found.kind === "unknown" ? this.#made(key, identity) : found;
    });
  }

  /** Drops the cached answers of a user, by owner or by issuer and subject. */
  forget(owner: string): void {
    this.#generation += 1;
    // mutant: forgets-nothing
    this.#kept.delete(owner);
    for (const [key, { resolved }] of this.#kept) {
      if ("owner" in resolved && resolved.owner === owner) this.#kept.delete(key);
    }
  }

  /**
   * Whether a call that is under way answers this request too: the same is asserted, and `forget` was not called since
   * it began.
   */
  #answersFor({ from, generation }: Asking, identity: Identity): boolean {
    // mutant: asked-before-forget
    return generation === this.#generation && saysTheSame(from, identity);
  }

  #begin(among: Map<string, Asking>, key: string, from: Identity, work: () => Promise<Resolved>): Promise<Resolved> {
    const generation = this.#generation;
    const resolved = work().finally(() => {
      if (among.get(key) === asking) among.delete(key);
    });
    const asking: Asking = { from, generation, resolved };
    among.set(key, asking);
    return resolved;
  }

  #ask(key: string, identity: Identity): Promise<Resolved> {
    const { resolve } = this.#options;
    return this.#answered(key, identity, () => (resolve === undefined ? { owner: key } : resolve(identity)));
  }

  #made(key: string, identity: Identity): Promise<Resolved> {
    const { register } = this.#options;
    if (register === undefined) return Promise.resolve({ kind: "unknown" });
    return this.#answered(key, identity, () => register(identity));
  }

  async #answered(key: string, identity: Identity, ask: () => MaybePromise<Known>): Promise<Resolved> {
    const generation = this.#generation;
    try {
      const known = checked(await this.#limited(ask));
      const resolved = resolvedOf(known, checkedNames(identity));
      // mutant: answer-kept
      if (generation === this.#generation) this.#keep(key, { resolved, from: identity });
      return resolved;
    } catch (cause) {
      const { code } = hookFailure(cause);
      this.#report({
        name: "proxy.lookup-failed",
        level: "error",
        reason: code === "ERR_APP_HOOK" ? "app" : "outage",
        code,
        error: cause,
      });
      // mutant: look-up-failed
      return { kind: "failed", code, cause };
    }
  }

  async #limited(ask: () => MaybePromise<Known>): Promise<Known> {
    const answer = ask();
    if (!(answer instanceof Promise)) return answer;
    return within(this.#clock, PATIENCE, answer, () => {
      throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "resolve did not answer in time" });
    });
  }

  #keep(key: string, kept: Omit<Kept, "until">): void {
    if (this.#kept.size >= MOST_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    const good = kept.resolved.kind === "found" ? this.#cacheFor : this.#cacheFor / 6;
    this.#kept.set(key, { ...kept, until: this.#clock.now() + good });
  }
}

/**
 * Whether the app would be asked the same: its answer may depend on the claims. Readers give the same object for
 * the same assertion.
 */
function saysTheSame(before: Identity, now: Identity): boolean {
  // mutant: claims-of-before
  return before === now || JSON.stringify(before.claims) === JSON.stringify(now.claims);
}

function resolvedOf(known: Known, identity: Identity): Resolved {
  if (known === null) return { kind: "unknown" };
  if ("blocked" in known) return { kind: "blocked", ...omitUndefined({ owner: known.owner }) };
  const { owner, claims } = known;
  return {
    kind: "found",
    owner,
    identity: claims === undefined ? identity : { ...identity, claims: { ...identity.claims, ...claims } },
  };
}

/** Issuer and subject stand in the store as they are, whatever reader asserts them. */
function checkedNames(identity: Identity): Identity {
  if (isStorable(identity.issuer) && isStorable(identity.subject)) return identity;
  throw new TypeError("an asserted issuer or subject has NUL or half a surrogate pair in it, which no store keeps");
}

/** Checks the answer of a look-up: an owner that is no text would be shared by all users. */
function checked(known: Known): Known {
  if (known === null) return null;
  if (typeof known === "object" && "blocked" in known && known.blocked === true) return known;
  if (typeof known === "object" && "owner" in known && typeof known.owner === "string" && known.owner !== "") {
    if (isStorable(known.owner)) return known;
    throw new TypeError("resolve answers with an owner that has NUL or half a surrogate pair in it, which no store keeps");
  }
  throw new TypeError("resolve answers with { owner }, { blocked: true } or null");
}
