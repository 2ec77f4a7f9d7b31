/** The defence against a provider that names the authorization endpoint of another as its own. */
import { authorizationPage } from "../authorization-page.ts";
import type { LoginProvider } from "../dependencies.ts";

/**
 * The provider whose authorization endpoint `provider` names as its own. Two issuers never share one; a lying one names
 * that of another, so that users sign in there and their codes come here for it to collect (CB-04, RFC 9700 s4.4).
 * If two share one, it belongs to the provider at whose origin it is; if that does not tell, neither is trusted.
 */
export async function impersonated(
  provider: LoginProvider,
  url: string,
  providers: readonly LoginProvider[],
): Promise<LoginProvider | undefined> {
  for (const other of providers) {
    if (other.issuer === provider.issuer || !other.ready()) continue;
    if (isAt(url, provider) && !isAt(url, other)) continue;
    const theirs = await authorizationPage(other);
    if (theirs !== undefined && endpointOf(theirs) === endpointOf(url)) return other;
  }
  return undefined;
}

function endpointOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function isAt(url: string, { issuer }: LoginProvider): boolean {
  return new URL(url).origin === new URL(issuer).origin;
}
