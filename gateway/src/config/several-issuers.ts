import type { Settings } from "./definition.ts";

/** Whether people come from more than one place, so that a subject alone does not tell who it is. */
export function hasSeveralIssuers({ providers, bearer, proxyIdentity }: Settings): boolean {
  const introspected = bearer?.introspection === undefined ? [] : [bearer.introspection];
  const issuers = new Set([...providers, ...(bearer?.jwt ?? []), ...introspected].map(({ issuer }) => issuer));
  return providers.length > 1 || issuers.size + (proxyIdentity === undefined ? 0 : 1) > 1;
}
