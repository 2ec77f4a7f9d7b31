/** A strategy of the app's own. */
import type { LoginIdentity, MaybePromise, Principal, RequestView, Strategy, StrategyContext, Verdict } from "../contracts.ts";
import { hookFailure } from "../core/errors/hook-failure.ts";
import { CoatcheckError } from "../core/errors.ts";
import { knownOptions, type OptionNames } from "../core/options/option-names.ts";
import { normalizeIdentity, ownerOf } from "../core/record.ts";
import { within } from "../time/within.ts";

/**
 * The user that the app's own function found. `owner` groups sessions and logouts; default: issuer and subject.
 *
 * @example
 * ```ts
 * import type { CustomIdentity } from "coatcheck";
 * // One owner for all API keys of an account.
 * const found: CustomIdentity = { issuer: "api-keys", subject: "key-17", owner: "account-4" };
 * ```
 */
export type CustomIdentity = LoginIdentity & { readonly owner?: string };

/** What the app's own function receives beside the request. */
export interface CustomContext {
  /** Aborted when the timeout has passed; a later result is ignored. */
  readonly signal: AbortSignal;
  readonly now: number;
}

/**
 * The app's own way to authenticate a request.
 *
 * @example
 * ```ts
 * import type { CustomOptions } from "coatcheck";
 * const byCertificate: CustomOptions = {
 *   name: "certificate",
 *   ambient: true, // browsers send it by themselves, so that unsafe requests need a check of their origin
 *   presented: (request) => request.header("x-client-cert") !== undefined,
 *   authenticate(request) {
 *     if (request.peer !== "10.0.3.7") return null; // anyone can send a header; this proxy has checked the certificate
 *     return { issuer: "ca.example.com", subject: request.header("x-client-cert") ?? "" };
 *   },
 * };
 * const auth = coatcheck({ strategies: [custom(byCertificate)], … });
 * ```
 */
export interface CustomOptions {
  /** As in `session.via` and in logs. */
  readonly name: string;
  /** Whether the request carries the credential that `authenticate` reads. Synchronous, and by the request alone. */
  presented(request: RequestView): boolean;
  /**
   * The user of the credential; `null` if it is not valid: 401. Throw `unavailable(cause)` if that cannot be found out
   * now: 503. Any other exception is a bug: 500.
   */
  authenticate(request: RequestView, context: CustomContext): MaybePromise<CustomIdentity | null>;
  /** How long `authenticate` may take, milliseconds. Default 5,000. */
  readonly timeout?: number;
  /**
   * Whether browsers or proxies add the credential by themselves, as a cookie, a client certificate or a proxy's
   * header. The origin of unsafe requests is then checked (CSRF). Default `false`: only the client itself can add it.
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
 * A strategy from a function. Once `presented` returns `true` it decides alone: an invalid credential is 401 and never
 * falls through to another strategy, a timeout or a declared outage is 503, and an exception or another result is 500.
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
 * Whether the app says that the credential is there. An exception or another result counts as presented, so that a bug
 * does not fall through to a weaker strategy (TP-07).
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
