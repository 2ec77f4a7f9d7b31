/** The tokens of a token response, and their lifetime. */
import type { ProviderTokens } from "../../contracts.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { ProviderPreset } from "./presets/preset.ts";

/** TK-09: the lifetime of an access token if the provider names none. */
export const DEFAULT_TOKEN_LIFETIME = 300_000;

/** The tokens of a response (RFC 6749, section 5.1); the ID token is checked apart. */
export interface GrantedTokens {
  readonly access_token: string;
  /** In small letters. */
  readonly token_type: string;
  readonly expires_in?: number | undefined;
  readonly refresh_token?: string | undefined;
  readonly scope?: string | undefined;
}

/**
 * The tokens of a response; their lifetime counts from when the request was sent. We offer no proof of possession, so
 * only bearer tokens are of use (TK-08).
 */
export function tokensOf(
  answer: GrantedTokens,
  idToken: string | undefined,
  before: ProviderTokens | null,
  asked: number,
  { tokenLifetime = 0 }: Pick<ProviderPreset, "tokenLifetime"> = {},
): ProviderTokens {
  if (answer.token_type !== "bearer")
    throw new ProviderProblem("invalid", "token_type", "the provider's token is not a bearer token", { ambiguous: true });
  const lifetime = answer.expires_in === undefined ? DEFAULT_TOKEN_LIFETIME : answer.expires_in * 1_000;
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? before?.refreshToken ?? null,
    idToken: idToken ?? before?.idToken ?? null,
    scope: answer.scope ?? before?.scope ?? null,
    expires: asked + Math.max(Math.floor(lifetime), tokenLifetime),
  };
}
