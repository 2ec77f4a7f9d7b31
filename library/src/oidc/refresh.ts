import type { IDToken } from "openid-client";
import { refreshTokenGrant } from "openid-client";
import type { Identity, ProviderTokens, RefreshOutcome } from "../contracts.ts";
import { ProviderProblem, problemOf } from "./failure.ts";
import { checkIdToken, personalClaims } from "./id-token.ts";
import type { Ready } from "./provider.ts";
import { tokensOf } from "./provider.ts";

/**
 * Spends a refresh token, once. Only the provider's word that the grant is no longer valid, or an ID token of somebody else, is
 * `refused`; where the request may have taken effect without a usable answer the outcome is `unknown`; all else is `unavailable`.
 * `retryAfter` is in milliseconds.
 */
export async function refreshTokens(
  ready: () => Promise<Ready>,
  tokens: ProviderTokens,
  identity: Identity,
): Promise<RefreshOutcome> {
  if (tokens.refreshToken === null)
    return { kind: "refused", cause: new ProviderProblem("refused", "refresh_token", "there is no refresh token") };
  let provider: Ready;
  try {
    provider = await ready();
  } catch (error) {
    return unavailable(problemOf(error));
  }
  try {
    const answer = await refreshTokenGrant(provider.client("token"), tokens.refreshToken);
    const renewed = tokensOf(answer, tokens, provider.clock.now());
    const claims = answer.claims();
    if (claims === undefined) return { kind: "renewed", tokens: renewed, claims: null };
    const other = differs(claims, identity);
    if (other !== null) return { kind: "refused", cause: other };
    checkIdToken(claims, {
      config: provider.config,
      now: provider.clock.now(),
      accessToken: renewed.accessToken,
      parameters: {},
    });
    return { kind: "renewed", tokens: renewed, claims: personalClaims(claims, null, provider.config) };
  } catch (error) {
    return outcomeOf(problemOf(error));
  }
}

function differs(claims: IDToken, identity: Identity): ProviderProblem | null {
  const changed = (claim: string) => new ProviderProblem("refused", claim, `the renewed ID token has another ${claim}`);
  if (claims.iss !== identity.issuer) return changed("iss");
  if (claims.sub !== identity.subject) return changed("sub");
  const before = identity.claims["auth_time"];
  return before !== undefined && claims.auth_time !== undefined && claims.auth_time !== before ? changed("auth_time") : null;
}

function outcomeOf(problem: ProviderProblem): RefreshOutcome {
  if (problem.check === "invalid_grant") return { kind: "refused", cause: problem };
  if (problem.kind === "invalid" || problem.ambiguous) return { kind: "unknown", cause: problem };
  return unavailable(problem);
}

const unavailable = (problem: ProviderProblem): RefreshOutcome => ({
  kind: "unavailable",
  retryAfter: problem.retryAfter,
  cause: problem,
});
