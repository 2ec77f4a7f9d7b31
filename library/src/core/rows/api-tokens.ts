/** Access tokens for single APIs, which a session holds beside its own. */
import type { ApiToken, ApiTokenOutcome, ProviderTokens, TokenTarget } from "../../contracts.ts";

/** Most that one session holds: each is sealed into its row. The one that runs out first goes. */
const MOST = 8;

/** What a target is called in a session: scopes in any order are one. */
export function nameOfTarget({ audience = "", scope = "" }: TokenTarget): string {
  const words = [...new Set(scope.split(" ").filter((word) => word !== ""))].toSorted();
  return JSON.stringify([audience, ...words]);
}

/** The token for this target, if it lives. */
export function apiTokenIn({ apis = [] }: ProviderTokens, name: string, now: number): ApiToken | null {
  return apis.find((api) => api.name === name && now < api.expires) ?? null;
}

/** The session's tokens with what the provider gave for one API. */
export function withApiToken(
  tokens: ProviderTokens,
  { accessToken, expires, refreshToken }: Extract<ApiTokenOutcome, { kind: "granted" }>,
  name: string,
  now: number,
): ProviderTokens {
  const others = liveApis(tokens, now).filter((api) => api.name !== name);
  const soonest = Math.min(...others.map((api) => api.expires));
  const goes = others.length < MOST ? undefined : others.find((api) => api.expires === soonest);
  const kept = others.filter((api) => api !== goes);
  return { ...tokens, refreshToken: refreshToken ?? tokens.refreshToken, apis: [...kept, { name, accessToken, expires }] };
}

/** Refreshed tokens with those for APIs that the session had: a refresh is about its own token. */
export function keepingApis(refreshed: ProviderTokens, before: ProviderTokens, now: number): ProviderTokens {
  const apis = liveApis(before, now);
  return apis.length === 0 ? refreshed : { ...refreshed, apis };
}

const liveApis = ({ apis = [] }: ProviderTokens, now: number): readonly ApiToken[] => apis.filter(({ expires }) => now < expires);
