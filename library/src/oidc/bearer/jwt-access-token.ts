/** Verifies bearer tokens that are JWTs (RFC 9068). */
import type { Clock, TokenVerdict, TokenVerifier } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { issuerOf, refusingKeysOf, within } from "../http/config-checks.ts";
import { beginning } from "../http/exchange.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { Fetch, Transport } from "../http/transport.ts";
import { boundedTransport } from "../http/transport.ts";
import type { Fields } from "../jwt/jws.ts";
import { checkSignature, hintOf, issuerNamed, partsOf, refusing } from "../jwt/jws.ts";
import type { KeySet } from "../jwt/key-set.ts";
import { providerKeySet } from "../jwt/key-set.ts";
import { KnownSignatures } from "../jwt/known-signatures.ts";
import type { SigningAlgorithm } from "../provider/config.ts";
import { ALGORITHMS } from "../provider/config.ts";
import { checkEndpoint } from "../provider/discovery.ts";
import { discoverResource } from "./resource-metadata.ts";
import type { Measure, TokenTerms } from "./token-claims.ts";
import { allows, expiryOf, identityOf, isBound, isForUs, scopeOf } from "./token-claims.ts";
import { audiencesOf, scopeWords, verdictOf } from "./token-verdict.ts";

/**
 * A provider whose JWT access tokens are accepted (RFC 9068). Durations are milliseconds.
 *
 * @example
 * ```ts
 * import type { JwtIssuer } from "coatcheck";
 * const keycloak: JwtIssuer = {
 *   issuer: "https://id.example.com/realms/shop",
 *   audience: "orders-api",
 *   requiredScope: "orders:read", // without it 403
 * };
 * ```
 */
export interface JwtIssuer extends TokenTerms {
  /** As the provider writes it in `iss`, byte for byte. */
  readonly issuer: string;
  /** This API's name in `aud`; of several names one has to be there. Not the `clientId` of a login. */
  readonly audience: string | readonly string[];
  /** The accepted algorithms. Default RS256, PS256, ES256, EdDSA, Ed25519. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** The address of the key set. Default: from the provider's metadata. */
  readonly jwksUri?: string;
  /**
   * Also accepts tokens without `typ: at+jwt`, such as Keycloak's and older ones of Auth0. They need a claim that only
   * access tokens have (`scope`, `scp`, `client_id`, `cid` or `gty`) and none of ID tokens (`nonce`, `at_hash`).
   * Default `false`.
   */
  readonly acceptPlainJwt?: boolean;
  /** How long one request to the provider may take. Default 5,000. */
  readonly timeout?: number;
  /** How long a key set is used; a key that the provider withdrew is refused after this (DK-08). Default 600,000. */
  readonly jwksMaxAge?: number;
  /** How long an unknown `kid` causes no further fetch after one that it caused (DK-06). Default 30,000. */
  readonly jwksCooldown?: number;
}

/** Time and network of a verifier. */
export interface VerifierWorld {
  readonly clock: Clock;
  /** Default: Node's own client. */
  readonly fetch?: Fetch;
}

const DEFAULT_ALGORITHMS: readonly SigningAlgorithm[] = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
/** A key set or the metadata have no more bytes than this. */
const MAX_RESPONSE = 262_144;

const refuseKey = refusingKeysOf("bearer.jwt");
const refuse = refusing("the access token");

interface Settled extends Measure {
  readonly loopback: boolean;
  readonly algorithms: readonly string[];
  readonly plain: boolean;
}

/**
 * Verifies JWT access tokens of one provider by its keys, which are fetched for the first token. Checks that need no
 * key come first, so that garbage causes no request.
 *
 * @throws CoatcheckError `ERR_CONFIG` for a configuration that cannot be used.
 */
export function jwtVerifier(given: JwtIssuer, world: VerifierWorld): TokenVerifier {
  const settled = settle(given);
  const { issuer } = settled;
  const keys = keysOf(given, settled, world);
  const known = new KnownSignatures(world.clock);

  async function verify(token: string): Promise<TokenVerdict> {
    const { header, claims } = partsOf(token, refuse);
    if (!isAccessToken(header.get("typ"), settled.plain)) throw refuse("typ", "its typ is not at+jwt");
    const hint = hintOf(header, settled.algorithms, refuse);
    const found = judge(claims, settled, world.clock.now());
    await checkSignature(token, hint, keys, refuse, known);
    return found();
  }

  return {
    name: issuer,
    reads: (token) => issuerNamed(token) === issuer,
    verify: (token) => verify(token).catch(verdictOf),
  };
}

function settle(given: JwtIssuer): Settled {
  const { loopback } = issuerOf(given.issuer, refuseKey);
  const algorithms = given.algorithms ?? DEFAULT_ALGORITHMS;
  if (algorithms.length === 0 || !algorithms.every((one) => ALGORITHMS.has(one)))
    throw refuseKey("algorithms", `are of ${[...ALGORITHMS].join(", ")}; none and HMAC are never accepted.`);
  if (given.jwksUri !== undefined) checkJwksUri(given.jwksUri, loopback);
  return {
    issuer: given.issuer,
    loopback,
    audiences: audiencesOf(given.audience, refuseKey),
    algorithms,
    plain: given.acceptPlainJwt ?? false,
    clockTolerance: within("clockTolerance", given.clockTolerance ?? 30_000, 0, 60_000, refuseKey),
    requiredScope: scopeWords(given.requiredScope, refuseKey),
    owner: given.owner ?? null,
  };
}

function checkJwksUri(jwksUri: string, loopback: boolean): void {
  try {
    checkEndpoint("jwks_uri", jwksUri, loopback);
  } catch {
    throw refuseKey("jwksUri", "must be an https address; plain http is only for loopback addresses.");
  }
}

function keysOf(given: JwtIssuer, { issuer, loopback }: Settled, { clock, fetch }: VerifierWorld): KeySet {
  const timeout = within("timeout", given.timeout ?? 5_000, 1, 120_000, refuseKey);
  const ages = {
    jwksMaxAge: within("jwksMaxAge", given.jwksMaxAge ?? 600_000, 1_000, 86_400_000, refuseKey),
    jwksCooldown: within("jwksCooldown", given.jwksCooldown ?? 30_000, 1_000, 3_600_000, refuseKey),
  };
  const transport = boundedTransport({ timeout, maxResponse: MAX_RESPONSE, loopback }, clock, beginning(fetch));
  const { jwksUri } = given;
  if (jwksUri !== undefined) return providerKeySet(() => jwksUri, ages, transport, clock);
  return discoveredKeys({ issuer, loopback }, ages, transport, clock);
}

function discoveredKeys(
  config: { readonly issuer: string; readonly loopback: boolean },
  ages: Parameters<typeof providerKeySet>[1],
  transport: Transport,
  clock: Clock,
): KeySet {
  const discovery = discoverResource(config, transport, clock);
  let address = "";
  const keys = providerKeySet(() => address, ages, transport, clock);
  return {
    async matching(hint) {
      const { jwks_uri } = await discovery.get();
      if (jwks_uri === null) throw new ProviderProblem("invalid", "metadata", "the provider's metadata lack jwks_uri");
      address = jwks_uri;
      return keys.matching(hint);
    },
  };
}

/** Media types know no case, and may leave out `application/` (RFC 9068 s4). */
function isAccessToken(typ: unknown, plain: boolean): boolean {
  if (typ === undefined) return plain;
  if (typeof typ !== "string") return false;
  return /^(application\/)?at\+jwt$/i.test(typ) || (plain && /^jwt$/i.test(typ));
}

/** Checks all claims. The verdict counts only once the signature is verified. */
function judge(claims: Fields, measure: Settled, now: number): () => TokenVerdict {
  if (claims.get("iss") !== measure.issuer) throw refuse("iss", "it is from another issuer");
  if (!isForUs(claims, measure)) throw refuse("aud", "it is for others");
  const expires = expiryOf(claims, measure, now, refuse);
  if (expires === null) throw refuse("exp", "it never expires");
  if (isBound(claims)) throw refuse("cnf", "it is bound to a key, and no bearer token");
  if (measure.plain) checkKind(claims);
  const identity = identityOf(claims, measure, now, refuse);
  const scope = scopeOf(claims);
  if (!allows(scope, measure)) return () => ({ kind: "insufficient", scope: measure.requiredScope.join(" ") });
  return () => ({
    kind: "valid",
    identity,
    expires: expires + measure.clockTolerance,
    scope,
    ...omitUndefined({ owner: measure.owner?.(identity) }),
  });
}

const OF_OTHER_KINDS = ["nonce", "at_hash", "c_hash", "s_hash", "events"];
const OF_ACCESS_TOKENS = ["scope", "scp", "client_id", "cid", "gty"];

/**
 * Distinguishes an access token without `typ` from the provider's ID and logout tokens, which have the same key
 * (ID-17): it has none of their claims, and one that they never have. Keycloak names the kind in a claim.
 */
function checkKind(claims: Fields): void {
  const other = OF_OTHER_KINDS.find((name) => claims.has(name));
  if (other !== undefined) throw refuse("kind", `it has ${other}, which no access token has`);
  const named = claims.get("typ");
  if (named !== undefined && !(typeof named === "string" && /^bearer$/i.test(named)))
    throw refuse("kind", "it says that it is no bearer token");
  if (!OF_ACCESS_TOKENS.some((name) => claims.has(name)))
    throw refuse("kind", `it has none of ${OF_ACCESS_TOKENS.join(", ")}, so it may be an ID token`);
}
