/** The names of all options of `coatcheck()`, and the check that nothing else was given. */
import type { RetiredKey, SigningOptions } from "../contracts.ts";
import { knownOptions, type OptionHints, type OptionNames } from "../core/options/option-names.ts";
import type { SessionOptions } from "../core/policy.ts";
import type { RefreshOptions } from "../core/refresh.ts";
import { isDevProvider } from "../dev/standing.ts";
import type { SweepOptions } from "../engine/lifecycle/sweep/options.ts";
import { isProvider } from "../engine/option-checks.ts";
import type { BearerOptions } from "../oidc/bearer/verifiers.ts";
import type { OAuth2Config, OAuth2Endpoints, OAuth2User } from "../oidc/oauth2/config.ts";
import { isOAuth2 } from "../oidc/oauth2/oauth2.ts";
import type { ProviderConfig } from "../oidc/provider/config.ts";
import type { AssertionOptions } from "../oidc/proxy-assertion/verify.ts";
import type { CoatcheckOptions, FrontchannelOptions, KeepOptions, ProxyOptions, ProxyReaderOptions } from "../options.ts";
import type { PagesOptions } from "../pages/options.ts";
import type { Brand } from "../pages/page-view.ts";
import type { PersonalTokenOptions } from "../tokens/options/personal.ts";
import type { TokenAudience, TokenOptions } from "../tokens/options.ts";

const ALL: OptionNames<CoatcheckOptions<unknown>> = {
  publicUrl: true,
  secrets: true,
  signing: true,
  store: true,
  storeTimeout: true,
  provider: true,
  providers: true,
  loginChooser: true,
  bearer: true,
  tokens: true,
  onSignIn: true,
  onLink: true,
  onRefresh: true,
  strategies: true,
  proxy: true,
  data: true,
  session: true,
  refresh: true,
  sweep: true,
  plainHttp: true,
  cookie: true,
  prefix: true,
  trustedOrigins: true,
  signedOutPage: true,
  frontchannelLogout: true,
  maxPendingEndings: true,
  clearSiteData: true,
  pages: true,
  keep: true,
  on: true,
  clock: true,
  entropy: true,
};
const SESSION: OptionNames<SessionOptions> = {
  preset: true,
  idle: true,
  lifetime: true,
  anonymous: true,
  unconfirmed: true,
  recent: true,
  persistent: true,
  maxData: true,
  maxPerUser: true,
};
const REFRESH: OptionNames<RefreshOptions> = { policy: true, withoutRefreshToken: true, background: true, wait: true };
const SWEEP: OptionNames<SweepOptions> = { every: true, batch: true, within: true };
const COOKIE: OptionNames<NonNullable<CoatcheckOptions<unknown>["cookie"]>> = { name: true, domain: true, sameSite: true };
const FRONTCHANNEL: OptionNames<FrontchannelOptions> = { maxMarkers: true };
const SIGNING: OptionNames<SigningOptions> = { keys: true, verify: true };
const RETIRED: OptionNames<RetiredKey> = { key: true, until: true, kid: true, withoutKid: true };
const TOKENS: OptionNames<TokenOptions> = {
  audiences: true,
  accept: true,
  grace: true,
  recent: true,
  revocation: true,
  personal: true,
  allow: true,
};
const PERSONAL: OptionNames<PersonalTokenOptions> = { audience: true, prefix: true, lifetime: true, maxPerUser: true };
const REVOCATION: OptionNames<Extract<TokenOptions["revocation"], object>> = { within: true };
const AUDIENCE: OptionNames<TokenAudience> = {
  scope: true,
  lifetime: true,
  family: true,
  idle: true,
  users: true,
  sessions: true,
  algorithm: true,
  introspection: true,
};
const PAGES: OptionNames<PagesOptions> = { brand: true, language: true, words: true, render: true };
const BRAND: OptionNames<Brand> = { name: true, logo: true, colors: true, css: true };
const COLORS: OptionNames<NonNullable<Brand["colors"]>> = { accent: true, accentDark: true };
const KEEP: OptionNames<KeepOptions> = { userAgent: true, address: true, addressOf: true };
const PROVIDER: OptionNames<ProviderConfig> = {
  issuer: true,
  clientId: true,
  clientSecret: true,
  name: true,
  title: true,
  domains: true,
  scope: true,
  clientAuthentication: true,
  privateKey: true,
  responseMode: true,
  idTokenSigningAlg: true,
  userinfo: true,
  clockTolerance: true,
  timeout: true,
  refreshTimeout: true,
  maxResponse: true,
  jwksMaxAge: true,
  jwksCooldown: true,
  metadataMaxAge: true,
  additionalAudiences: true,
  claims: true,
  logoutTokenTyp: true,
  backchannelLogoutSessionRequired: true,
  preset: true,
  authorizationParameters: true,
  loginParameters: true,
  resources: true,
  apiTokens: true,
};
const OAUTH2: OptionNames<OAuth2Config> = {
  type: true,
  preset: true,
  clientId: true,
  clientSecret: true,
  name: true,
  title: true,
  domains: true,
  issuer: true,
  endpoints: true,
  user: true,
  scope: true,
  askGroups: true,
  authorizationParameters: true,
  loginParameters: true,
  clientAuthentication: true,
  recheck: true,
  claims: true,
  timeout: true,
  refreshTimeout: true,
  maxResponse: true,
};
const ENDPOINTS: OptionNames<OAuth2Endpoints> = { authorization: true, token: true, revocation: true, api: true };
const USER: OptionNames<OAuth2User> = { url: true, subject: true, claims: true };
const BEARER: OptionNames<BearerOptions> = { verifiers: true, jwt: true, introspection: true, realm: true, ambient: true };
const PROXY: OptionNames<ProxyOptions & ProxyReaderOptions> = {
  trusted: true,
  preset: true,
  headers: true,
  issuer: true,
  secret: true,
  assertion: true,
  reader: true,
  resolve: true,
  unknown: true,
  register: true,
  cacheFor: true,
  signOutUrl: true,
};
const ASSERTION: OptionNames<AssertionOptions> = {
  vendor: true,
  issuer: true,
  audience: true,
  signer: true,
  keys: true,
  clockTolerance: true,
};

/** Names that others have, that mean to protect, and that would have done nothing. */
const HINTS: OptionHints = {
  "cookie.secure": "The cookie is Secure whenever publicUrl is https, and there is no switch.",
  "cookie.httpOnly": "The cookie is always HttpOnly.",
  "cookie.path": "The cookie is for the whole origin, which its name's prefix asks for.",
  "cookie.maxAge": "session.lifetime says how long a session lasts, in milliseconds.",
  "cookie.expires": "session.lifetime says how long a session lasts, in milliseconds.",
  resolve: "It says whom a proxy asserts: proxy: { trusted, resolve }.",
  register: 'It makes users of whom a proxy asserts: proxy: { trusted, unknown: "register", register }.',
  trustedProxies: "A proxy that signs people on is named in proxy.trusted; other forwarded headers are not read by the library.",
  trustProxy: "A proxy that signs people on is named in proxy.trusted; other forwarded headers are not read by the library.",
  issuer: "It belongs to the provider: provider: { issuer, clientId, clientSecret }.",
  clientId: "It belongs to the provider: provider: { issuer, clientId, clientSecret }.",
  clientSecret: "It belongs to the provider: provider: { issuer, clientId, clientSecret }.",
  "proxy.trustedProxies": "The proxy's addresses are proxy.trusted.",
  "provider.redirectUri": "It follows from publicUrl and prefix: <publicUrl>/auth/callback.",
  "provider.pkce": "PKCE is always used.",
};

/** Throws a `TypeError` for every option that does not exist. */
export function checkOptionNames(given: CoatcheckOptions<unknown>): void {
  knownOptions("", given, ALL, HINTS);
  knownOptions("session", given.session, SESSION);
  knownOptions("refresh", given.refresh, REFRESH);
  knownOptions("sweep", given.sweep, SWEEP);
  knownOptions("cookie", given.cookie, COOKIE, HINTS);
  knownOptions("signing", given.signing, SIGNING);
  for (const [index, key] of (given.signing?.verify ?? []).entries()) knownOptions(`signing.verify[${index}]`, key, RETIRED);
  knownOptions("tokens", given.tokens, TOKENS);
  for (const [name, audience] of Object.entries(given.tokens?.audiences ?? {}))
    knownOptions(`tokens.audiences.${name}`, audience, AUDIENCE);
  knownOptions("tokens.personal", given.tokens?.personal, PERSONAL);
  if (typeof given.tokens?.revocation === "object") knownOptions("tokens.revocation", given.tokens.revocation, REVOCATION);
  knownOptions("pages", given.pages, PAGES);
  knownOptions("pages.brand", given.pages?.brand, BRAND);
  knownOptions("pages.brand.colors", given.pages?.brand?.colors, COLORS);
  knownOptions("keep", given.keep, KEEP);
  if (typeof given.frontchannelLogout === "object") knownOptions("frontchannelLogout", given.frontchannelLogout, FRONTCHANNEL);
  knownOptions("bearer", given.bearer, BEARER);
  knownOptions("proxy", given.proxy, PROXY, HINTS);
  if (given.proxy !== undefined && "assertion" in given.proxy) knownOptions("proxy.assertion", given.proxy.assertion, ASSERTION);
  for (const [part, provider] of providersOf(given)) {
    if (isDevProvider(provider) || isProvider(provider)) continue;
    if (!isOAuth2(provider)) knownOptions(part, provider, PROVIDER, HINTS);
    else {
      knownOptions(part, provider, OAUTH2, HINTS);
      knownOptions(`${part}.endpoints`, provider.endpoints, ENDPOINTS);
      knownOptions(`${part}.user`, provider.user, USER);
    }
  }
}

function providersOf({ provider, providers = [] }: CoatcheckOptions<unknown>) {
  const one = provider === undefined ? [] : [["provider", provider] as const];
  return [...one, ...providers.map((each, index) => [`providers[${index}]`, each] as const)];
}
