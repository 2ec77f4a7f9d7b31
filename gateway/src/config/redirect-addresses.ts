/** The redirect addresses that have to be registered at the provider. */
import type { Settings } from "./definition.ts";

/**
 * The addresses that providers redirect to: they have to be registered there, letter for letter. Without OpenID Connect
 * each provider has one of its own.
 */
export function redirectAddresses({
  publicUrl,
  prefix,
  providers,
}: Pick<Settings, "publicUrl" | "prefix" | "providers">): readonly string[] {
  const paths = providers.map(({ type, name }) => (type === "oauth2" ? `callback/${name}` : "callback"));
  return publicUrl.flatMap((origin) => [...new Set(paths)].map((path) => `${origin}${prefix}/${path}`));
}

/** The notice that oauth2-proxy had another redirect address; `undefined` if it is the same. */
export function movedRedirect(before: string | undefined, settings: Settings): string | undefined {
  const addresses = redirectAddresses(settings);
  if (before === undefined || before === "" || addresses.includes(before)) return undefined;
  return `OAUTH2_PROXY_REDIRECT_URL is ${before} there; here people come back to ${addresses.join(", ")}: register that at the provider, or set the prefix.`;
}
