/** The tokens in an answer to a refresh token, with the checks that openid-client makes of a login's. */

import { failed } from "../id-token-claims.ts";
import { tokenMembers } from "../token-response.ts";
import type { GrantedTokens } from "../tokens.ts";

/** What an answer with the status 200 gives. */
interface RefreshAnswer {
  readonly tokens: GrantedTokens;
  /** As it came. */
  readonly idToken: unknown;
}

/** Reads the tokens, with the checks of openid-client and our own before them. Throws `ProviderProblem`. */
export function tokensIn(content: string): RefreshAnswer {
  const members = tokenMembers(content);
  const type = text("token_type", members.get("token_type")).toLowerCase();
  const expiresIn = members.get("expires_in");
  const tokens = {
    access_token: text("access_token", members.get("access_token")),
    token_type: type,
    // A number, or digits: all else was left out.
    expires_in: expiresIn === undefined ? undefined : Number(expiresIn),
    refresh_token: optional(members.get("refresh_token"), (value) => text("refresh_token", value)),
    scope: optional(members.get("scope"), scopeOf),
  };
  if (type !== "bearer" && type !== "dpop") throw failed("unsupported_operation", "unsupported token_type");
  return { tokens, idToken: members.get("id_token") };
}

const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
  value === undefined ? undefined : read(value);

function text(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw failed("invalid_response", `"${name}" must be a string that is not empty`);
  return value;
}

function scopeOf(value: unknown): string {
  if (typeof value !== "string") throw failed("invalid_response", '"scope" must be a string');
  return value;
}
