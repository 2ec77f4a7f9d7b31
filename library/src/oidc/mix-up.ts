import type { LoginProvider } from "./dependencies.ts";

/**
 * The provider that has the same authorization endpoint as `provider` but another issuer. Two honest ones never share it; a lying one
 * names that of another, so that people sign in there and their codes come here for it to collect (CB-04, RFC 9700 s4.4).
 */
export async function impersonated(
  provider: LoginProvider,
  url: string,
  providers: readonly LoginProvider[],
): Promise<LoginProvider | undefined> {
  const unsaid = "-".repeat(43);
  for (const other of providers) {
    if (other.issuer === provider.issuer || !other.ready()) continue;
    const begun = await other.begin({ state: unsaid, nonce: unsaid, verifier: unsaid, redirectUri: unsaid, parameters: {} });
    if (begun.kind === "redirect" && endpointOf(begun.url) === endpointOf(url)) return other;
  }
  return undefined;
}

function endpointOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
