/** A login with tokens that the app got itself: by the device flow, from another program, in an import. */
import type { LoginIdentity, LoginTokens, Provider, ProviderTokens } from "../../../contracts.ts";
import type { LoginIntent } from "../../../core/draft.ts";
import { isStorable } from "../../../core/record.ts";

/** As RFC 6749 leaves it to us if nobody says how long an access token lives. */
const USUAL_LIFETIME = 300_000;

type Configured = Pick<Provider, "name" | "issuer">;

/** What such a login has besides its identity. */
type WithTokens = Pick<LoginIntent, "tokens" | "provider" | "sid" | "issuedAt"> & { readonly method: string };

/**
 * The tokens as a login of ours would have brought them. Throws a `TypeError` for tokens that could not be refreshed as
 * such: of a provider that is not configured, or of another issuer's user.
 */
export function withTokensOf(
  identity: LoginIdentity,
  given: LoginTokens,
  providers: readonly Configured[],
  now: number,
): WithTokens {
  const provider = given.provider === undefined ? providers[0] : providers.find(({ name }) => name === given.provider);
  if (provider === undefined) throw new TypeError(unknown(given.provider, providers));
  if (identity.issuer !== provider.issuer) {
    throw new TypeError(
      `identity.issuer is ${JSON.stringify(identity.issuer)}; tokens of the provider ${provider.name} are for a user of ${provider.issuer}`,
    );
  }
  const sid = given.sid ?? null;
  if (sid !== null && (typeof sid !== "string" || sid === "" || !isStorable(sid)))
    throw new TypeError("tokens.sid is no text, or is empty, or has NUL or half a surrogate pair in it");
  return { tokens: checked(given, now), provider: provider.name, sid, issuedAt: now, method: `oidc:${provider.name}` };
}

function checked(given: LoginTokens, now: number): ProviderTokens {
  const { accessToken, refreshToken = null, idToken = null, scope = null, expires = now + USUAL_LIFETIME } = given;
  if (typeof accessToken !== "string" || accessToken === "") throw new TypeError("tokens.accessToken is no text, or is empty");
  for (const [name, value] of Object.entries({ refreshToken, idToken, scope })) {
    if (value !== null && (typeof value !== "string" || value === ""))
      throw new TypeError(`tokens.${name} is no text, or is empty`);
  }
  if (!Number.isSafeInteger(expires) || expires < 0)
    throw new TypeError(`tokens.expires is ${String(expires)}; it is milliseconds since 1970, as Date.now() + 1000 * expires_in`);
  return { accessToken, refreshToken, idToken, scope, expires };
}

function unknown(name: string | undefined, providers: readonly Configured[]): string {
  if (name === undefined) return "tokens are given, though no provider is configured that could refresh them";
  const known = providers.map((provider) => provider.name).join(", ");
  return `tokens.provider is ${JSON.stringify(name)}, which is not configured; there ${known === "" ? "is none" : `is ${known}`}`;
}
