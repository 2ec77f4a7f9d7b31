/** The public names of the package, and nothing else. */
export { coatcheck } from "./compose.ts";
export type * from "./contracts.ts";
export { CoatcheckError, ERRORS, unavailable } from "./core/errors.ts";
export type { Duration } from "./core/options/settings.ts";
export { PRESETS, type SessionOptions, type SessionPolicy } from "./core/policy.ts";
export type { RefreshOptions, RefreshPolicy } from "./core/refresh.ts";
export { SessionEnded } from "./engine/lifecycle/endings.ts";
export type { SweepOptions } from "./engine/lifecycle/sweep/options.ts";
export type { Known, ResolverOptions } from "./engine/request/authenticate/resolver.ts";
export type { Auth, Readiness } from "./http/auth.ts";
export { isSignedIn } from "./http/signed-in.ts";
export type { KeptAddress } from "./net/kept-address.ts";
export type { Introspection } from "./oidc/bearer/introspection.ts";
export type { JwtIssuer } from "./oidc/bearer/jwt-access-token.ts";
export type { BearerOptions } from "./oidc/bearer/verifiers.ts";
export { aboutProvider } from "./oidc/oauth2/about.ts";
export type { OAuth2Config, OAuth2Endpoints, OAuth2User } from "./oidc/oauth2/config.ts";
export { oauth2, oauth2Preset } from "./oidc/oauth2/oauth2.ts";
export type { OAuth2PresetName } from "./oidc/oauth2/preset.ts";
export type { ProviderConfig } from "./oidc/provider/config.ts";
export { type AppleSecretOptions, appleSecret } from "./oidc/provider/presets/apple-secret.ts";
export type { PresetName } from "./oidc/provider/presets/preset.ts";
export type { AssertionOptions } from "./oidc/proxy-assertion/verify.ts";
export type { CoatcheckOptions, KeepOptions, ProxyOptions, ProxyReaderOptions, ProxyUsers } from "./options.ts";
export type { PagesOptions, PageWords } from "./pages/options.ts";
export type {
  Brand,
  PageButton,
  PageContent,
  PageEntry,
  PageFact,
  PageForm,
  PageKind,
  PageLink,
  PageRenderer,
  PageSection,
  PageView,
  RenderedPage,
} from "./pages/page-view.ts";
export { type CustomContext, type CustomIdentity, type CustomOptions, custom } from "./strategies/custom.ts";
export type { PersonalTokenOptions } from "./tokens/options/personal.ts";
export type { TokenAudience, TokenOptions } from "./tokens/options.ts";
