/** A strategy of the app's own. */
import type { LoginIdentity, MaybePromise, Principal, RequestView, Strategy, StrategyContext, Verdict } from "../contracts.ts";
import { hookFailure } from "../core/errors/hook-failure.ts";
import { CoatcheckError } from "../core/errors.ts";
import { knownOptions, type OptionNames } from "../core/options/option-names.ts";
import { normalizeIdentity, ownerOf } from "../core/record.ts";
import { within } from "../time/within.ts";

/** Whom the app's own function found. `owner`: whose this is, where that is not issuer and subject. */
export type CustomIdentity = LoginIdentity & { readonly owner?: string };

/** What the app's own function is told beside the request. */
export interface CustomContext {
  /** Aborted when the time is over; what comes later does not count. */
  readonly signal: AbortSignal;
  readonly now: number;
}

/** The app's own way to authenticate a request. */
export interface CustomOptions {
  /** As in `session.via` and in logs. */
  readonly name: string;
  /** Whether the request carries the credential that `authenticate` reads. Synchronous, and by the request alone. */
  presented(request: RequestView): boolean;
  /**
   * Whom the credential is for; `null` for one that is not valid, which is answered 401. To throw `unavailable(cause)`
   * is to say that it is not known: 503. All else that it throws is its bug: 500.
   */
  authenticate(request: RequestView, context: CustomContext): MaybePromise<CustomIdentity | null>;
  /** How long `authenticate` may take, milliseconds. Default 5,000. */
  readonly timeout?: number;
  /**
   * Whether the credential comes along without being asked, as a cookie, a client certificate or a header that a proxy
   * adds do. Unsafe requests are then checked for where they came from. Default `false`: only the client itself can
   * have put it there.
   */
  readonly ambient?: boolean;
  /** `WWW-Authenticate` of a 401. Default: the name, as a scheme. */
  readonly challenge?: string;
}

const NAMES: OptionNames<CustomOptions> = {
  name: true,
  presented: true,
  authenticate: true,
  timeout: true,
  ambient: true,
  challenge: true,
};

/**
 * A strategy from a function. It decides as soon as `presented` says yes: what is not valid falls through to nothing,
 * what takes too long or declares an outage is never access (503), and neither does what throws or answers with
 * something else (500).
 *
 * @example
 * ```ts
 * const apiKey = custom({
 *   name: "api-key",
 *   presented: (request) => request.header("x-api-key") !== undefined,
 *   async authenticate(request, { signal }) {
 *     const robot = await robotOf(request.header("x-api-key") ?? "", signal);
 *     return robot === undefined ? null : { issuer: "robots", subject: robot.id };
 *   },
 * });
 * ```
 */
export function custom(options: CustomOptions): Strategy {
  knownOptions("", options, NAMES);
  const { name, timeout = 5_000, ambient = false, challenge = name } = options;
  check(options);
  const refusal: Verdict = { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL", challenge };

  function judge(found: CustomIdentity | null, { now, report }: StrategyContext): Verdict {
    if (found !== null) return { kind: "principal", principal: principalOf(found, now, ambient) };
    report({ name: "credential.refused", level: "info", reason: name, code: "ERR_INVALID_CREDENTIAL" });
    return refusal;
  }

  function outage(cause: unknown, { report }: StrategyContext): Verdict {
    const failure = hookFailure(cause);
    report({ name: "credential.failed", level: "error", reason: name, code: failure.code, error: cause });
    return { kind: "unavailable", ...failure, cause };
  }

  return {
    name,
    ambient,
    presented: (request) => presence(options, request) !== false,
    examine(context) {
      try {
        const there = presence(options, context.request);
        if (there === false) return { kind: "abstain" };
        if (there !== true) throw there;
        const stop = new AbortController();
        const found = options.authenticate(context.request, { signal: stop.signal, now: context.now });
        if (!isThenable(found)) return judge(found, context);
        return within(context.clock, timeout, found, () => stopped(timeout, stop))
          .then((late) => judge(late, context))
          .catch((cause: unknown) => outage(cause, context));
      } catch (cause) {
        return outage(cause, context);
      }
    },
  };
}

function check({ name, timeout = 5_000, challenge }: CustomOptions): void {
  if (!/^[a-z0-9][a-z0-9_.-]{0,31}$/i.test(name) || name === "session")
    throw new TypeError("custom.name is 1 to 32 letters, digits, _ . -, and not session");
  if (!(timeout > 0 && timeout <= 600_000)) throw new TypeError("custom.timeout is in milliseconds, at most 600000");
  if (challenge !== undefined && !/^[\x20-\x7e]{1,500}$/.test(challenge))
    throw new TypeError("custom.challenge is printable ASCII");
}

/**
 * What the app says of the request. What is no answer counts as presented, so that a mistake does not fall through to a
 * weaker strategy (TP-07).
 */
function presence(options: CustomOptions, request: RequestView): boolean | Error {
  try {
    const there: unknown = options.presented(request);
    return typeof there === "boolean" ? there : new TypeError(`presented of ${options.name} answered with no boolean`);
  } catch (cause) {
    return new Error(`presented of ${options.name} threw`, { cause });
  }
}

function isThenable<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function stopped(limit: number, stop: AbortController): never {
  const reason = new DOMException(`the app's own strategy did not answer within ${limit} ms`, "TimeoutError");
  stop.abort(reason);
  throw new CoatcheckError("ERR_PROVIDER_UNAVAILABLE", { cause: reason, message: reason.message });
}

function principalOf(found: CustomIdentity, now: number, ambient: boolean): Principal {
  const identity = normalizeIdentity(found, now);
  const { owner } = found;
  if (!Number.isFinite(identity.authenticatedAt) || typeof identity.method !== "string")
    throw new TypeError("authenticate answered with something that is no identity");
  if (owner !== undefined && (typeof owner !== "string" || owner === "" || owner.length > 2_304))
    throw new TypeError("authenticate answered with an owner that is no text");
  return { identity, owner: owner ?? ownerOf(identity), ambient };
}
