/** The public names of the package, and nothing else. */
export { coatcheck } from "./compose.ts";
export type * from "./contracts.ts";
export { CoatcheckError, ERRORS, unavailable } from "./core/errors.ts";
export { PRESETS, type SessionOptions, type SessionPolicy } from "./core/policy.ts";
export type { RefreshPolicy } from "./core/renewal.ts";
export type { Auth, Readiness } from "./engine/auth.ts";
export { SessionEnded } from "./engine/endings.ts";
export type { Known, ResolverOptions } from "./engine/resolver.ts";
export { isSignedIn } from "./engine/signed-in.ts";
export type { JwtIssuer } from "./oidc/access-token.ts";
export type { AssertionOptions } from "./oidc/assertion.ts";
export type { BearerOptions } from "./oidc/bearer-verifiers.ts";
export type { Introspection } from "./oidc/introspection.ts";
export { aboutProvider } from "./oidc/provider/about.ts";
export type { PresetName } from "./oidc/provider/presets.ts";
export type { ProviderConfig } from "./oidc/provider-config.ts";
export type { CoatcheckOptions, ProxyOptions, ProxyReaderOptions, ProxyUsers } from "./options.ts";
export { type CustomContext, type CustomIdentity, type CustomOptions, custom } from "./strategies/custom.ts";
