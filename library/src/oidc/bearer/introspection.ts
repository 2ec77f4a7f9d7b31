/** Verifies opaque bearer tokens at the provider (RFC 7662), with a cache of its answers. */
import { hash } from "node:crypto";
import type { Clock, GivenSecret, TokenVerdict, TokenVerifier } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { secretNow } from "../../crypto/given-secret.ts";
import { parseTicket } from "../../crypto/ticket.ts";
import { BoundedCache } from "../http/bounded-cache.ts";
import { issuerOf, refusingKeysOf, within } from "../http/config-checks.ts";
import { beginning } from "../http/exchange.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { Transport } from "../http/transport.ts";
import { boundedTransport } from "../http/transport.ts";
import type { Fields } from "../jwt/jws.ts";
import { isObject, MAX_TOKEN, refusing } from "../jwt/jws.ts";
import { checkEndpoint } from "../provider/discovery.ts";
import type { VerifierWorld } from "./jwt-access-token.ts";
import { discoverResource } from "./resource-metadata.ts";
import type { Measure, TokenTerms } from "./token-claims.ts";
import { allows, expiryOf, identityOf, isBound, isForUs, scopeOf } from "./token-claims.ts";
import { audiencesOf, scopeWords, verdictOf } from "./token-verdict.ts";

/**
 * A provider that introspects opaque tokens (RFC 7662). Durations are milliseconds.
 *
 * @example
 * ```ts
 * import type { Introspection } from "coatcheck";
 * const issuer = "https://id.example.com";
 * const client = { clientId: "orders-api", clientSecret: process.env["INTROSPECTION_SECRET"] ?? "" };
 * const introspection: Introspection = { issuer, ...client, audience: "orders", cacheFor: 5_000 };
 * ```
 */
export interface Introspection extends TokenTerms {
  /** The issuer of the identities; an answer that names another issuer is refused. */
  readonly issuer: string;
  /** The introspection endpoint. Default: from the provider's metadata. */
  readonly endpoint?: string;
  /** This API's client at the provider. */
  readonly clientId: string;
  /** A function is asked whenever the secret is used. */
  readonly clientSecret: GivenSecret;
  /** Default `client_secret_basic`. */
  readonly clientAuthentication?: "client_secret_basic" | "client_secret_post";
  /**
   * This API's name in `aud`; of several names one has to be there. Absent: only tokens without an audience are
   * accepted.
   */
  readonly audience?: string | readonly string[];
  /**
   * How long a positive answer is cached, at most 300,000 and never past the token's end. A revoked token is accepted
   * for that long. Default 30,000.
   */
  readonly cacheFor?: number;
  /** The size of the cache, in answers. Default 10,000. */
  readonly maxCached?: number;
  /** How long the provider may take. Default 5,000. */
  readonly timeout?: number;
}

/** How long the answer for an invalid token is cached. */
const NEGATIVE = 5_000;
/** The most concurrent requests; further tokens are answered with `Retry-After`. */
const MOST_IN_FLIGHT = 128;
const MAX_RESPONSE = 65_536;

const refuseKey = refusingKeysOf("bearer.introspection");
const refuse = refusing("the opaque token");

/**
 * Verifies every token except our own tickets by introspection, so it comes last. Answers are cached by the SHA-256 of
 * the whole token, for this provider and audience alone; invalid tokens have a cache of their own, so that
 * guesses evict no valid one. Single flight: callers with the same token at the same time share one request.
 *
 * @throws CoatcheckError `ERR_CONFIG` for a configuration that cannot be used.
 */
export function introspectionVerifier(given: Introspection, world: VerifierWorld): TokenVerifier {
  const measure = settle(given);
  const { clock } = world;
  const cacheFor = within("cacheFor", given.cacheFor ?? 30_000, 0, 300_000, refuseKey);
  const maxCached = within("maxCached", given.maxCached ?? 10_000, 1, 1_000_000, refuseKey);
  const good = new BoundedCache<Extract<TokenVerdict, { kind: "valid" }>>(maxCached, clock);
  const bad = new BoundedCache<TokenVerdict>(maxCached, clock);
  const inFlight = new Map<string, Promise<TokenVerdict>>();
  const closing = new AbortController();
  const ask = asking(given, measure.loopback, world, closing.signal);

  function keep(key: string, verdict: TokenVerdict): TokenVerdict {
    if (verdict.kind === "valid") good.set(key, verdict, Math.min(cacheFor, verdict.expires - clock.now()));
    else if (verdict.kind !== "unavailable") bad.set(key, verdict, NEGATIVE);
    return verdict;
  }

  function askOnce(key: string, token: string): Promise<TokenVerdict> {
    const pending = ask(token)
      .then((answer) => judge(answer, measure, clock.now(), cacheFor))
      .catch(verdictOf)
      .then((verdict) => keep(key, verdict))
      .finally(() => inFlight.delete(key));
    inFlight.set(key, pending);
    return pending;
  }

  return {
    name: given.issuer,
    reads: (token) => token.length <= MAX_TOKEN && parseTicket(token) === undefined,
    verify(token) {
      const key = hash("sha256", token, "base64url");
      const cached = good.get(key);
      if (cached !== undefined && cached.expires > clock.now()) return cached;
      const known = bad.get(key) ?? inFlight.get(key);
      if (known !== undefined) return known;
      if (inFlight.size < MOST_IN_FLIGHT) return askOnce(key, token);
      const message = `the provider is being asked about ${MOST_IN_FLIGHT} tokens at once`;
      return { kind: "unavailable", retryAfter: 1_000, cause: new ProviderProblem("unavailable", "crowd", message) };
    },
    close: () => closing.abort(),
  };
}

interface Settled extends Measure {
  readonly loopback: boolean;
}

function settle(given: Introspection): Settled {
  const { loopback } = issuerOf(given.issuer, refuseKey);
  for (const key of ["clientId", "clientSecret"] as const) {
    const text = given[key] === undefined ? "" : secretNow(given[key]);
    if (typeof text !== "string" || text === "") throw refuseKey(key, "is missing.");
  }
  const method = given.clientAuthentication ?? "client_secret_basic";
  if (method !== "client_secret_basic" && method !== "client_secret_post")
    throw refuseKey("clientAuthentication", "is client_secret_basic or client_secret_post.");
  return {
    issuer: given.issuer,
    loopback,
    audiences: given.audience === undefined ? [] : audiencesOf(given.audience, refuseKey),
    clockTolerance: within("clockTolerance", given.clockTolerance ?? 30_000, 0, 60_000, refuseKey),
    requiredScope: scopeWords(given.requiredScope, refuseKey),
    owner: given.owner ?? null,
  };
}

/**
 * One request to the provider. Throws {@link ProviderProblem}: `unavailable` for every response that does not tell
 * whether the token is active.
 */
function asking(
  given: Introspection,
  loopback: boolean,
  { clock, fetch }: VerifierWorld,
  signal: AbortSignal,
): (token: string) => Promise<Fields> {
  const timeout = within("timeout", given.timeout ?? 5_000, 1, 120_000, refuseKey);
  const transport = boundedTransport({ timeout, maxResponse: MAX_RESPONSE, loopback }, clock, beginning(fetch));
  const address = addressOf(given, loopback, transport, clock);
  return async (token) => {
    try {
      const { headers, form } = credentials(given);
      const body = new URLSearchParams({ token, token_type_hint: "access_token", ...form }).toString();
      const options = { method: "POST", headers, body, signal };
      const response = await twice(() => address().then((url) => transport.send("introspection", url, options)));
      return fieldsOf(response.status, await response.text());
    } catch (error) {
      // A fault of the response says nothing about the token.
      if (!(error instanceof ProviderProblem)) throw error;
      throw new ProviderProblem("unavailable", error.check, error.message, { retryAfter: error.retryAfter });
    }
  };
}

/** Introspection is idempotent, so it is retried if the provider closed an idle connection. */
function twice(send: () => Promise<Response>): Promise<Response> {
  return send().catch((error: unknown) => {
    if (error instanceof ProviderProblem && error.check === "network") return send();
    throw error;
  });
}

function addressOf(given: Introspection, loopback: boolean, transport: Transport, clock: Clock): () => Promise<string> {
  const { endpoint, issuer } = given;
  if (endpoint !== undefined) {
    try {
      checkEndpoint("introspection_endpoint", endpoint, loopback);
    } catch {
      throw refuseKey("endpoint", "must be an https address; plain http is only for loopback addresses.");
    }
    return () => Promise.resolve(endpoint);
  }
  const discovery = discoverResource({ issuer, loopback }, transport, clock);
  return async () => {
    const { introspection_endpoint } = await discovery.get();
    if (introspection_endpoint !== null) return introspection_endpoint;
    throw new ProviderProblem("invalid", "metadata", "the provider's metadata lack introspection_endpoint");
  };
}

/**
 * One method of client authentication, never two in a request (TK-03); id and secret are form-encoded before base64
 * (TK-02).
 */
function credentials({ clientId, clientSecret: given, clientAuthentication }: Introspection): {
  readonly headers: Record<string, string>;
  readonly form: Record<string, string>;
} {
  const clientSecret = secretNow(given);
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  if (clientAuthentication === "client_secret_post")
    return { headers, form: { client_id: clientId, client_secret: clientSecret } };
  const encoded = [clientId, clientSecret].map((text) => new URLSearchParams([["", text]]).toString().slice(1)).join(":");
  return { headers: { ...headers, authorization: `Basic ${Buffer.from(encoded).toString("base64")}` }, form: {} };
}

function fieldsOf(status: number, text: string): Fields {
  if (status !== 200)
    throw new ProviderProblem("unavailable", "status", `the provider's introspection answered with status ${status}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (!isObject(value)) throw new ProviderProblem("unavailable", "json", "the provider's introspection gave no JSON object");
  return new Map(Object.entries(value));
}

/**
 * Only `true` is active, not `"true"` or 1; and what the answer says of issuer, audience and times has to fit (AD-05).
 */
function judge(claims: Fields, measure: Settled, now: number, cacheFor: number): TokenVerdict {
  if (claims.get("active") !== true) throw refuse("inactive", "the provider says that it is not active");
  if (claims.has("iss") && claims.get("iss") !== measure.issuer) throw refuse("iss", "it is from another issuer");
  const isUnrestricted = measure.audiences.length === 0 && !claims.has("aud");
  if (!isUnrestricted && !isForUs(claims, measure)) throw refuse("aud", "it is for others");
  const type = claims.get("token_type");
  if (type !== undefined && !(typeof type === "string" && /^bearer$/i.test(type))) throw refuse("token_type", "it is no bearer");
  if (isBound(claims)) throw refuse("cnf", "it is bound to a key, and no bearer token");
  const expires = expiryOf(claims, measure, now, refuse);
  const identity = identityOf(claims, measure, now, refuse);
  const scope = scopeOf(claims);
  if (!allows(scope, measure)) return { kind: "insufficient", scope: measure.requiredScope.join(" ") };
  return {
    kind: "valid",
    identity,
    // Without an `exp` the answer is valid while it is cached. A token that is valid only by the tolerance counts for
    // this request alone.
    expires: Math.max(expires ?? now + cacheFor, now + 1),
    scope,
    ...omitUndefined({ owner: measure.owner?.(identity) }),
  };
}
