/** One login through the interface, from our side and from the browser's. */
import assert from "node:assert/strict";
import type { AuditEvent, FlowSecrets, LoginParameters, Provider } from "../../src/contracts.ts";
import { systemEntropy } from "../../src/crypto/entropy.ts";
import { newSecrets } from "../../src/endpoints/login/login-state.ts";
import { systemClock } from "../../src/engine/system.ts";
import type { ProviderConfig } from "../../src/oidc/provider/config.ts";
import type { OidcProvider, ProviderWorld } from "../../src/oidc/provider/provider.ts";
import { oidcProvider } from "../../src/oidc/provider/provider.ts";
import type { LyingProvider } from "./lies.ts";

export const REDIRECT_URI = "https://app.example.com/auth/callback";

/** Our side of a lying provider, and what it reported. */
export interface Client {
  readonly provider: OidcProvider;
  readonly events: readonly AuditEvent[];
}

/** A client of the lying provider with its own caches. */
export function clientOf(op: LyingProvider, config: Partial<ProviderConfig> = {}, world: Partial<ProviderWorld> = {}): Client {
  const events: AuditEvent[] = [];
  const report = (event: AuditEvent): void => {
    events.push(event);
  };
  const provider = oidcProvider(
    { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret, ...config },
    { clock: systemClock, entropy: systemEntropy, report, ...world },
  );
  return { provider, events };
}

/** Where the provider's page is for a login with these secrets. */
export async function begin(provider: Provider, secrets: FlowSecrets, parameters: LoginParameters = {}): Promise<URL> {
  const begun = await provider.authorizationUrl({ ...secrets, redirectUri: REDIRECT_URI, parameters });
  assert.equal(begun.kind, "redirect");
  return new URL(begun.kind === "redirect" ? begun.url : "");
}

/** A whole login; `change` bends the authorization response on its way. */
export async function signIn(
  op: LyingProvider,
  provider: Provider,
  parameters: LoginParameters = {},
  change: (response: URLSearchParams) => void = () => undefined,
): ReturnType<Provider["redeem"]> {
  const secrets = newSecrets(systemEntropy);
  const url = await begin(provider, secrets, parameters);
  const { response } = await op.authorize(url.href);
  change(response);
  return provider.redeem({ ...secrets, redirectUri: REDIRECT_URI, parameters, response });
}

/** What was refused, and by which check. */
export function assertFailed(
  result: { readonly kind: string },
  kind: "refused" | "unavailable" | "invalid",
  check?: string,
): void {
  assert.equal(result.kind, kind, JSON.stringify(result));
  if (check === undefined) return;
  const cause = "cause" in result && result.cause instanceof Error && "check" in result.cause ? result.cause.check : undefined;
  assert.equal(cause, check);
}
