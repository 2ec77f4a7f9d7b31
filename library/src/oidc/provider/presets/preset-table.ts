/**
 * The presets themselves. Facts are from the vendors' documentation and, for Keycloak, Dex and zitadel, from running
 * them.
 */
import type { ProviderPreset } from "./preset.ts";

const IDENTITY = "openid profile email";
const STANDARD = { endpoint: "metadata" } as const;
/** OpenID Connect's own words for "ask the user": no refresh token helps any more (OpenID Connect Core 3.1.2.6). */
const ASK_THE_PERSON = ["interaction_required", "login_required", "consent_required"];

/** A provider without a preset: it is asked for what its metadata say it supports. */
export const GENERIC: ProviderPreset = {
  name: "generic",
  title: "OpenID Connect",
  scope: IDENTITY,
  offlineAccess: "offered",
  authorization: {},
  refusals: ASK_THE_PERSON,
  endSession: STANDARD,
};

/** In the order in which they are tried; all issuers are compared before the metadata. */
export const PRESETS: readonly ProviderPreset[] = [
  {
    ...GENERIC,
    name: "keycloak",
    title: "Keycloak",
    // It gives refresh tokens for the single sign-on session. With offline_access, version 26.1 and later removes that
    // session: no single sign-on, no single sign-out, no logout token.
    offlineAccess: "never",
    apiTokens: "exchange",
    issuer: /\/realms\/[^/]+$/,
    metadata: { authorization_endpoint: /\/protocol\/openid-connect\/auth$/ },
  },
  {
    ...GENERIC,
    name: "google",
    title: "Google",
    // It refuses offline_access. Refresh tokens come for access_type=offline, and after the first login only when
    // consent is asked for again.
    offlineAccess: "never",
    authorization: { access_type: "offline", prompt: "consent" },
    endSession: { endpoint: "none" },
    issuer: /^https:\/\/accounts\.google\.com$/,
  },
  {
    ...GENERIC,
    name: "entra",
    title: "Microsoft Entra ID",
    apiTokens: "scope",
    offlineAccess: "always",
    issuer:
      /^https:\/\/(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net|[a-z0-9-]+\.(ciamlogin|b2clogin)\.com)\//,
    metadata: { authorization_endpoint: /\/oauth2\/v2\.0\/authorize$/, token_endpoint: /\/oauth2\/v2\.0\/token$/ },
  },
  {
    ...GENERIC,
    name: "auth0",
    title: "Auth0",
    apiTokens: "audience",
    offlineAccess: "always",
    // Tenants from before November 2023 do not name their logout, which then has parameters of its own.
    endSession: { endpoint: "metadata", fallback: "v2/logout", returnParameter: "returnTo" },
    issuer: /^https:\/\/[a-z0-9-]+(\.[a-z0-9]{2,8})?\.auth0(app)?\.com\/$/,
    metadata: { mfa_challenge_endpoint: /\/mfa\/challenge$/ },
  },
  {
    ...GENERIC,
    name: "okta",
    title: "Okta",
    offlineAccess: "always",
    issuer: /^https:\/\/[a-z0-9-]+\.(okta|oktapreview|okta-emea|okta-gov|trexcloud)\.com(\/oauth2\/[A-Za-z0-9]+)?$/,
    metadata: {
      authorization_endpoint: /\/oauth2\/([A-Za-z0-9]+\/)?v1\/authorize$/,
      introspection_endpoint: /\/v1\/introspect$/,
    },
  },
  {
    ...GENERIC,
    name: "cognito",
    title: "Amazon Cognito",
    // Refresh tokens come with every code; offline_access is a scope that it does not know, and refuses.
    offlineAccess: "never",
    endSession: { endpoint: "metadata", returnParameter: "logout_uri" },
    issuer: /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9-]+_[A-Za-z0-9]+$/,
  },
  {
    ...GENERIC,
    name: "dex",
    title: "Dex",
    offlineAccess: "always",
    // One refresh token for a user and a client: a second browser's login takes the first one's, which is refused as
    // invalid_request.
    refusals: [...ASK_THE_PERSON, "invalid_request"],
    issuer: /\/dex$/,
    metadata: { device_authorization_endpoint: /\/device\/code$/, authorization_endpoint: /\/auth$/, jwks_uri: /\/keys$/ },
  },
  {
    ...GENERIC,
    name: "zitadel",
    title: "zitadel",
    offlineAccess: "always",
    issuer: /^https:\/\/[a-z0-9-]+(\.[a-z0-9]+)?\.zitadel\.(cloud|app)$/,
    metadata: { authorization_endpoint: /\/oauth\/v2\/authorize$/, token_endpoint: /\/oauth\/v2\/token$/ },
  },
  {
    ...GENERIC,
    name: "apple",
    title: "Apple",
    scope: "openid name email",
    // It refuses offline_access, and gives refresh tokens without.
    offlineAccess: "never",
    endSession: { endpoint: "none" },
    clientAuthentication: "client_secret_post",
    // It answers so whenever name or address are asked for.
    responseMode: "form_post",
    // Access tokens are of no use, and refresh tokens may be shown once a day.
    tokenLifetime: 86_400_000,
    sendsName: true,
    issuer: /^https:\/\/appleid\.apple\.com$/,
  },
  GENERIC,
];
