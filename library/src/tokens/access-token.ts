/** Access tokens of our own (RFC 9068): how they are signed, and how they are verified. */
import { hash } from "node:crypto";
import type { Clock, IssuedToken, SessionRow, TokenVerdict, TokenVerifier } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
import { expiryOf, isBound, isForUs } from "../oidc/bearer/token-claims.ts";
import { verdictOf } from "../oidc/bearer/token-verdict.ts";
import { hintOf, issuerNamed, partsOf, refusing } from "../oidc/jwt/jws.ts";
import type { Family } from "./family-row.ts";
import type { LookUp } from "./verify/look-up.ts";
import { validBy } from "./verify/verdict.ts";

/** `typ`, so that no other token of ours, signed by the same keys, is taken for one (JT-06). */
export const ACCESS_TOKEN = "at+jwt";
const ALGORITHMS = ["EdDSA", "Ed25519", "ES256", "RS256", "HS256"];
/** Replicas whose clocks differ by so much agree on when a token runs out. */
const CLOCK_TOLERANCE = 30_000;
const LONGEST_SUBJECT = 255;

interface SignerOptions {
  readonly keys: Pick<SigningKeys, "sign">;
  /** `iss`: the public URL. */
  readonly issuer: string;
}

/**
 * The access token of a row, signed; it names its row as `sid`. Nothing in it is drawn: while the row is the same, so
 * is the token (but for its signature, if that is by ES256).
 */
export function issuedToken(row: SessionRow, family: Family, { keys, issuer }: SignerOptions): IssuedToken {
  const { owner, identity, terms, chain, actor } = family;
  const from = chain?.rotated ?? row.created;
  const expires = Math.min(from + (chain?.lifetime ?? Number.POSITIVE_INFINITY), row.expires);
  const claims = {
    iss: issuer,
    sub: subjectOf(owner),
    aud: terms.audience,
    client_id: terms.client,
    iat: Math.floor(from / 1_000),
    exp: Math.floor(expires / 1_000),
    auth_time: Math.floor(identity.authenticatedAt / 1_000),
    // One for each secret of the row, of whose hash it tells nothing.
    jti: hash("sha256", `jti ${row.id} ${row.secretHash}`, "base64url").slice(0, 22),
    sid: row.id,
    ...omitUndefined({
      scope: terms.scope === "" ? undefined : terms.scope,
      act: actor === null ? undefined : { ...actor },
    }),
  };
  const accessToken = keys.sign({ typ: ACCESS_TOKEN }, claims, terms.audience);
  return { id: row.id, accessToken, expiresAt: expires, expiresIn: expires - from, scope: terms.scope };
}

/** As in assertions: what the owner's data are kept by, unless that is too long. */
export const subjectOf = (owner: string): string =>
  owner.length <= LONGEST_SUBJECT ? owner : hash("sha256", owner, "base64url");

interface VerifierOptions {
  readonly keys: Pick<SigningKeys, "isSigned">;
  readonly issuer: string;
  /** The audiences that are this app. */
  readonly audiences: readonly string[];
  readonly lookUp: LookUp;
  readonly clock: Pick<Clock, "now">;
}

const refuse = refusing("the token");

/**
 * Verifies access tokens of our own: the signature and what it says first, then that its row lives. If the store does
 * not answer, that is an outage (503).
 */
export function ownTokenVerifier(options: VerifierOptions): TokenVerifier {
  const { keys, issuer, audiences, lookUp, clock } = options;
  const measure = { issuer, audiences, clockTolerance: CLOCK_TOLERANCE, requiredScope: [], owner: null };

  /** The row's id, once all that the token says is proved. */
  function proved(token: string, now: number): { readonly id: string; readonly expires: number } {
    const { header, claims } = partsOf(token, refuse);
    if (header.get("typ") !== ACCESS_TOKEN) throw refuse("typ", `its typ is not ${ACCESS_TOKEN}`);
    const hint = hintOf(header, ALGORITHMS, refuse);
    const dot = token.lastIndexOf(".");
    const aud = claims.get("aud");
    const audience = typeof aud === "string" ? aud : undefined;
    if (!keys.isSigned(hint, token.slice(0, dot), Buffer.from(token.slice(dot + 1), "base64url"), now, audience)) {
      throw refuse("signature", "no key of ours that counts now signed it");
    }
    if (claims.get("iss") !== issuer) throw refuse("iss", "it is from another issuer");
    if (!isForUs(claims, measure)) throw refuse("aud", "it is for others");
    if (isBound(claims)) throw refuse("cnf", "it is bound to a key, and no bearer token");
    const expires = expiryOf(claims, measure, now, refuse);
    const id = claims.get("sid");
    if (expires === null || typeof id !== "string") throw refuse("sid", "it names no family, or no end");
    return { id, expires: expires + CLOCK_TOLERANCE };
  }

  async function verify(token: string): Promise<TokenVerdict> {
    const now = clock.now();
    const { id, expires } = proved(token, now);
    const found = await lookUp(id);
    if (found === null || found.family.name !== null) throw refuse("ended", "it was revoked, or is over");
    return validBy(found, { expires, scope: found.family.terms.scope }, now);
  }

  return {
    name: "own",
    reads: (token) => issuerNamed(token) === issuer,
    verify: (token) => verify(token).catch(verdictOrOutage),
  };
}

/** An outage of ours keeps its own code: the provider of a bearer token has no part in it. */
function verdictOrOutage(error: unknown): TokenVerdict {
  if (error instanceof CoatcheckError) throw error;
  return verdictOf(error);
}
