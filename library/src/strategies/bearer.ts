/** The strategy that authenticates by bearer tokens (RFC 6750). */
import type {
  MaybePromise,
  Principal,
  RequestView,
  Strategy,
  StrategyContext,
  TokenVerdict,
  TokenVerifier,
  Verdict,
} from "../contracts.ts";
import { hookFailure } from "../core/errors/hook-failure.ts";
import { CoatcheckError } from "../core/errors.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { normalizeIdentity, ownerOf } from "../core/record.ts";
import { within } from "../time/within.ts";

/** The strategy's configuration. */
interface BearerStrategyOptions {
  /** The first verifier that reads a token judges it; the others are not asked. */
  readonly verifiers: readonly TokenVerifier[];
  /** Named in challenges; printable ASCII without `"` and `\`. */
  readonly realm?: string;
  /** Whether a proxy in front adds the token, so that unsafe requests need a check of origin. Default `false`. */
  readonly ambient?: boolean;
}

/** The longest token that is verified, in characters. */
const MAX_TOKEN = 16_384;
/** The time limit for verifiers that have none of their own, in milliseconds. */
const TIMEOUT = 30_000;

/** Some credential of the scheme, anywhere among several: a request with two is told so, whichever comes first. */
const OF_THE_SCHEME = /(?:^|,)[ \t]*bearer(?:[ \t,]|$)/i;
/** The only accepted form: scheme, a space, one token68 (RFC 6750 s2.1). */
const CREDENTIAL = /^bearer +([A-Za-z0-9\-._~+/]+=*)[ \t]*$/i;
const TOKEN_IN_QUERY = /[?&]access_token=/;

/**
 * Reads `Authorization: Bearer` (RFC 6750). Nothing is written and no cookie is looked at: a request with a bearer
 * token is authenticated by it or not at all. A token in the query or the body is never read; one in the query beside
 * the header is 400, as two headers are (TP-06).
 */
export function bearer({ verifiers, realm, ambient = false }: BearerStrategyOptions): Strategy {
  if (realm !== undefined && !/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,200}$/.test(realm))
    throw new TypeError('bearer.realm is printable ASCII without " and \\');
  const terms: Terms = { verifiers, ambient, ...challenges(realm) };
  return {
    name: "bearer",
    ambient,
    presented,
    examine(context) {
      const { request, report } = context;
      if (!presented(request)) return { kind: "abstain" };
      const token = CREDENTIAL.exec(request.header("authorization") ?? "")?.[1];
      if (token === undefined || TOKEN_IN_QUERY.test(request.target)) {
        report({ name: "credential.refused", level: "info", reason: "request", code: "ERR_BAD_REQUEST" });
        return terms.malformed;
      }
      if (token.length > MAX_TOKEN) return toVerdict({ kind: "invalid", reason: "size" }, null, context, terms);
      return judged(token, context, terms);
    },
  };
}

function presented(request: RequestView): boolean {
  const value = request.header("authorization");
  return value !== undefined && OF_THE_SCHEME.test(value);
}

type Refusal = Extract<Verdict, { kind: "refuse" }>;

/** The refusals, allocated once. */
interface Challenges {
  readonly malformed: Refusal;
  readonly invalid: Refusal;
  insufficient(scope: string): Refusal;
}

interface Terms extends Challenges {
  readonly verifiers: readonly TokenVerifier[];
  readonly ambient: boolean;
}

/** RFC 6750 s3.1. The failed check is for the log; the response does not name it, since it would help an attacker. */
function challenges(realm: string | undefined): Challenges {
  const scheme = realm === undefined ? "Bearer " : `Bearer realm="${realm}", `;
  return {
    malformed: { kind: "refuse", status: 400, code: "ERR_BAD_REQUEST", challenge: `${scheme}error="invalid_request"` },
    invalid: { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL", challenge: `${scheme}error="invalid_token"` },
    insufficient: (scope) => {
      const named = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,500}$/.test(scope) ? `, scope="${scope}"` : "";
      return { kind: "refuse", status: 403, code: "ERR_FORBIDDEN", challenge: `${scheme}error="insufficient_scope"${named}` };
    },
  };
}

/**
 * A verifier that throws, or returns something that is no verdict, never grants access (TP-07): an outage if it
 * declares one, else a bug (S-56).
 */
function judged(token: string, context: StrategyContext, terms: Terms): MaybePromise<Verdict> {
  let verifier: TokenVerifier | null = null;
  const failed = (cause: unknown): Verdict => {
    const failure = hookFailure(cause);
    const by = omitUndefined({ provider: verifier?.name });
    context.report({ name: "credential.failed", level: "error", reason: "threw", code: failure.code, error: cause, ...by });
    return { kind: "unavailable", ...failure, cause };
  };
  const settled = (found: TokenVerdict): Verdict => {
    try {
      return toVerdict(found, verifier, context, terms);
    } catch (cause) {
      return failed(cause);
    }
  };
  try {
    verifier = terms.verifiers.find((one) => one.reads(token)) ?? null;
    if (verifier === null) return settled({ kind: "invalid", reason: "unknown" });
    const found = verifier.verify(token);
    if (!(found instanceof Promise)) return settled(found);
    return within(context.clock, TIMEOUT, found, tooLate).then(settled, failed);
  } catch (cause) {
    return failed(cause);
  }
}

function tooLate(): never {
  const message = `a verifier of bearer tokens did not answer within ${TIMEOUT} ms`;
  throw new CoatcheckError("ERR_PROVIDER_UNAVAILABLE", { message });
}

function toVerdict(found: TokenVerdict, verifier: TokenVerifier | null, { now, report }: StrategyContext, terms: Terms): Verdict {
  const by = omitUndefined({ provider: verifier?.name });
  const refused = (reason: string, refusal: Refusal): Verdict => {
    report({ name: "credential.refused", level: "info", reason, code: refusal.code, ...by });
    return refusal;
  };
  switch (found.kind) {
    case "valid":
      return isOver(found, now)
        ? refused("exp", terms.invalid)
        : { kind: "principal", principal: principalOf(found, now, terms.ambient) };
    case "invalid":
      return refused(/^[\w.:-]{1,64}$/.test(found.reason) ? found.reason : "invalid", terms.invalid);
    case "insufficient":
      return refused("scope", terms.insufficient(found.scope));
    case "unavailable": {
      const { cause, retryAfter } = found;
      report({ name: "credential.failed", level: "error", reason: "unavailable", error: cause, ...by });
      return { kind: "unavailable", code: "ERR_PROVIDER_UNAVAILABLE", cause, ...omitUndefined({ retryAfter }) };
    }
    default:
      throw new TypeError("a verifier of bearer tokens gave something that is no verdict", { cause: found satisfies never });
  }
}

function isOver({ expires }: Extract<TokenVerdict, { kind: "valid" }>, now: number): boolean {
  if (typeof expires !== "number" || Number.isNaN(expires))
    throw new TypeError("a verifier of bearer tokens gave an end that is no time");
  return expires <= now;
}

function principalOf(found: Extract<TokenVerdict, { kind: "valid" }>, now: number, ambient: boolean): Principal {
  const identity = normalizeIdentity(found.identity, now);
  const { owner = ownerOf(identity) } = found;
  if (typeof owner !== "string" || owner === "") throw new TypeError("a verifier of bearer tokens gave an owner that is no text");
  return { identity, owner, ambient, ...omitUndefined({ row: found.row }) };
}
