/** Access tokens for a session's user, for services behind the app: signed, and stored nowhere. */
import { hash } from "node:crypto";
import type { Clock, Session, SessionToken, SessionTokenRequest } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
import { BoundedCache } from "../oidc/http/bounded-cache.ts";
import { ACCESS_TOKEN, subjectOf } from "./access-token.ts";
import { type SettledTokens, termsOf } from "./options.ts";

/** What such a token says of its user. */
type TokenSession = Pick<Session, "id" | "identity" | "owner" | "expiresAt">;

interface SessionTokenOptions {
  /** `null`: the app has no tokens of its own. */
  readonly tokens: SettledTokens | null;
  readonly keys: Pick<SigningKeys, "sign" | "signer">;
  /** The public URL. */
  readonly issuer: string;
  readonly clock: Clock;
}

/** Nobody can revoke them, so they are over soon. */
const LONGEST = 300_000;
/** One that is handed out again is good for as long at least, so that it does not run out on its way. */
const LEAST_LEFT = 30_000;
/** Some 12 MB, in a process that so many people use within five minutes. */
const MOST_KEPT = 10_000;

interface Kept {
  readonly token: SessionToken;
  readonly signer: string;
}

/** Makes the function. The same session gets the same token until shortly before its end. */
export function sessionTokens({ tokens, keys, issuer, clock }: SessionTokenOptions) {
  const kept = new BoundedCache<Kept>(MOST_KEPT, clock);

  function made(
    session: TokenSession,
    owner: string,
    identity: NonNullable<TokenSession["identity"]>,
    request: SessionTokenRequest,
  ) {
    if (tokens === null) throw new TypeError("tokens is not configured: coatcheck({ tokens: { audiences: { … } }, … })");
    const granted = termsOf(request, tokens, issuer);
    if ("wrong" in granted) throw new TypeError(granted.wrong);
    const { audience, scope, lifetime, client } = granted;
    const now = clock.now();
    const expiresAt = Math.min(now + Math.min(lifetime, LONGEST), session.expiresAt ?? Number.POSITIVE_INFINITY);
    const issued = Math.floor(now / 1_000);
    const claims = {
      iss: issuer,
      sub: subjectOf(owner),
      aud: audience,
      client_id: client,
      iat: issued,
      exp: Math.floor(expiresAt / 1_000),
      auth_time: Math.floor(identity.authenticatedAt / 1_000),
      jti: hash("sha256", `${nameOf(session, owner)} ${audience} ${scope} ${now}`, "base64url").slice(0, 22),
      ...omitUndefined({ sid: session.id ?? undefined, scope: scope === "" ? undefined : scope }),
    };
    return { accessToken: keys.sign({ typ: ACCESS_TOKEN }, claims, audience), expiresAt };
  }

  return (session: TokenSession, request: SessionTokenRequest): SessionToken => {
    const { identity, owner } = session;
    if (identity === null || owner === null) throw new CoatcheckError("ERR_UNAUTHENTICATED");
    const { audience, scope = "", lifetime = "" } = request;
    const of = [nameOf(session, owner), identity.authenticatedAt, session.expiresAt];
    const name = JSON.stringify([audience, scope, lifetime, ...of]);
    const signer = keys.signer(audience);
    const last = kept.get(name);
    if (last !== undefined && last.signer === signer && clock.now() < last.token.expiresAt - LEAST_LEFT) return last.token;
    const token = made(session, owner, identity, request);
    kept.set(name, { token, signer }, token.expiresAt - LEAST_LEFT - clock.now());
    return token;
  };
}

/** A user whom a proxy asserts has no session, perhaps. */
const nameOf = ({ id }: TokenSession, owner: string): string => id ?? owner;
