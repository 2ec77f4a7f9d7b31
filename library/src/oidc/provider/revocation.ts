/** Revokes tokens at the provider (RFC 7009). */
import { tokenRevocation } from "openid-client";
import type { MaybePromise, ProviderTokens, Report } from "../../contracts.ts";
import { problemOf } from "../http/provider-problem.ts";
import type { Ready } from "./ready.ts";

/**
 * Revokes the refresh token, then the access token (LO-03, RFC 7009): each once, each within the time limit. `true` as
 * well if the provider has no revocation endpoint: nothing more can be done there.
 */
export async function revokeTokens(ready: () => MaybePromise<Ready>, tokens: ProviderTokens, report: Report): Promise<boolean> {
  let provider: Ready;
  try {
    provider = await ready();
  } catch {
    return false;
  }
  if (provider.metadata.revocation_endpoint === undefined) return true;
  let all = true;
  for (const [hint, token] of [
    ["refresh_token", tokens.refreshToken],
    ["access_token", tokens.accessToken],
  ] as const) {
    if (token === null) continue;
    try {
      await provider.call("revocation", (client) => tokenRevocation(client, token, { token_type_hint: hint }));
    } catch (error) {
      all = false;
      const problem = problemOf(error);
      report({ name: "revocation.failed", level: "warn", provider: provider.config.name, reason: hint, error: problem });
    }
  }
  return all;
}
