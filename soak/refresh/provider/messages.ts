/** The messages between the run and the provider's process. */
import type { TokenUse } from "../journal.ts";

/** What the provider's process is told at its start. */
export interface ProviderOrder {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where users come back to after a login. */
  readonly callback: string;
  /** How long access tokens live, seconds. */
  readonly lifetime: number;
  readonly seed: number;
}

/** What the provider's process tells. */
export type ProviderMessage =
  | { readonly kind: "listening"; readonly issuer: string; readonly upstream: string }
  /** A token was rotated, and its answer is kept back for a while: now is the moment to strike who waits for it. */
  | { readonly kind: "keeping"; readonly by: string }
  | { readonly kind: "token-use"; readonly use: TokenUse };

export function isProviderOrder(value: unknown): value is ProviderOrder {
  return typeof value === "object" && value !== null && "clientId" in value && "lifetime" in value;
}

export function isProviderMessage(value: unknown): value is ProviderMessage {
  return typeof value === "object" && value !== null && "kind" in value;
}

/**
 * Each life of a gateway has a client secret of its own, the shared one with its name behind it: so the provider knows
 * who asks, and the gateway is what it is anywhere else.
 */
export const secretOf = (clientSecret: string, life: string): string => `${clientSecret}x${life}`;

/** Takes the two apart again. */
export function lifeOf(secret: string): { readonly secret: string; readonly life: string } {
  const at = secret.lastIndexOf("x");
  return { secret: secret.slice(0, at), life: secret.slice(at + 1) };
}
