/** Tells whether users of more than one issuer can be signed in. */
import type { Settings } from "./definition.ts";

/** Whether there is more than one issuer, so that a subject alone does not identify a user. */
export function hasSeveralIssuers({ providers, bearer, proxyIdentity }: Settings): boolean {
  const introspected = bearer?.introspection === undefined ? [] : [bearer.introspection];
  const issuers = new Set([...providers, ...(bearer?.jwt ?? []), ...introspected].map(({ issuer }) => issuer));
  return providers.length > 1 || issuers.size + (proxyIdentity === undefined ? 0 : 1) > 1;
}
