/** The settings of a provider. */
import { duration, flag, oneOf, secretText, text, textMap } from "./kinds/kinds.ts";
import { hostName, issuer } from "./kinds/network-kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";
import { userEntry } from "./kinds/user-entry.ts";
import { apple, OAUTH2_SETTINGS, withPresets } from "./provider/provider-type.ts";

const PRESETS = ["generic", "keycloak", "google", "entra", "auth0", "okta", "cognito", "dex", "zitadel", "apple"] as const;
const OAUTH2_PRESETS = ["github", "discord", "bitbucket", "x"] as const;

const settings = object({
  type: fallback(
    oneOf(["oidc", "oauth2"]),
    "Whether it has OpenID Connect (`oidc`), or OAuth 2.0 alone, as the presets `github`, `discord`, `bitbucket` and `x`, which say so by themselves.",
    "oidc",
  ),
  name: fallback(text, "Chooses the provider in `login?provider=`; unique.", "default"),
  title: optional(text, "As people know it, on the page to choose from. Default: the product's name, if it is known."),
  domains: fallback(
    list(hostName),
    "Domains of e-mail addresses: a login whose `login_hint` has one of them goes to this provider. It says where to ask, and not who may come in.",
    [],
  ),
  issuer: required(
    issuer,
    "The OIDC provider. Without OpenID Connect: who vouches for the users; then the preset knows it.",
    "The provider's address, for example https://id.example.com.",
    {
      env: "COATCHECK_ISSUER",
    },
  ),
  clientId: required(
    text,
    "The name under which the provider knows this gateway.",
    "The provider gave you one at registration.",
    {
      env: "COATCHECK_CLIENT_ID",
    },
  ),
  clientSecret: required(secretText, "The secret that belongs to it.", "The provider gave you one at registration.", {
    env: "COATCHECK_CLIENT_SECRET",
    secret: true,
  }),
  clientAuthentication: fallback(
    oneOf(["client_secret_basic", "client_secret_post"]),
    "How the secret is shown to the provider.",
    "client_secret_basic",
  ),
  idTokenSigningAlg: fallback(
    oneOf(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]),
    "The one algorithm of ID tokens that is accepted.",
    "RS256",
  ),
  responseMode: fallback(
    oneOf(["query", "form_post"]),
    "How the provider's answer comes back; `form_post` needs https.",
    "query",
  ),
  userinfo: fallback(flag, "Asks UserInfo too, for providers that put e-mail and name there and not into the ID token.", false),
  trustUnverifiedEmail: fallback(
    flag,
    "Takes the e-mail address of its users though it says `email_verified: false`; for a provider whose addresses only you can set.",
    false,
    { env: "COATCHECK_TRUST_UNVERIFIED_EMAIL" },
  ),
  users: fallback(
    list(userEntry),
    "Who may sign in by it: verified e-mail addresses, `@example.com` for all of a domain, `file:NAME` for a file with one of them a line, which SIGHUP reads again. Asked at each login and each refresh. None: every user of the provider.",
    [],
    { env: "COATCHECK_USERS" },
  ),
  groups: fallback(
    list(text),
    "Users in one of these groups may sign in by it, if they may by `users` too. Asked as `users` is. None: groups do not matter.",
    [],
    { env: "COATCHECK_GROUPS" },
  ),
  groupsClaim: fallback(
    text,
    "The claim that holds the groups, a list or one text; with dots for a nested one, as `realm_access.roles`.",
    "groups",
    { env: "COATCHECK_GROUPS_CLAIM" },
  ),
  emailClaim: fallback(text, "The claim that holds the e-mail address; with dots for a nested one.", "email", {
    env: "COATCHECK_EMAIL_CLAIM",
  }),
  userClaim: fallback(
    text,
    "The claim that upstreams get as `X-Auth-Request-User`; with dots for a nested one. One that is not unique, or that people can change, lets one user be taken for another.",
    "sub",
    { env: "COATCHECK_USER_CLAIM" },
  ),
  timeout: fallback(duration("100ms", "2m"), "How long one request to the provider may take, answer included.", "10s"),
  refreshTimeout: optional(
    duration("1s", "5m"),
    "How long the answer to a refresh is listened for. Requests stop waiting after `timeout`; an answer that is not heard is a refresh token lost. Default: 60s, or `timeout` if that is more.",
  ),
  logoutTokenTyp: fallback(
    oneOf(["required", "optional"]),
    "Whether a logout token of the back channel must have the type `logout+jwt`; `optional` is for providers that leave it out or write `JWT`.",
    "required",
  ),
  backchannelLogoutSessionRequired: fallback(
    flag,
    "Refuses logout tokens without `sid`; as `backchannel_logout_session_required` of the registration.",
    false,
  ),
  preset: optional(
    oneOf([...PRESETS, ...OAUTH2_PRESETS]),
    "Which provider this is: its default scope, parameters, refusals and logout. Default: recognised by the issuer or its metadata; `generic`: none of the known ones. `github`, `discord`, `bitbucket` and `x` have no OpenID Connect, and have to be named.",
    { env: "COATCHECK_PRESET" },
  ),
  scope: optional(
    text,
    "What is asked for, separated by spaces. `openid` is needed, if the provider has OpenID Connect. Default: as the preset says, `openid profile email`, with `offline_access` if that is how the provider gives refresh tokens.",
    { env: "COATCHECK_SCOPE" },
  ),
  authorizationParameters: fallback(
    textMap,
    "Further parameters of the authorization request, over the preset's; an empty one leaves one of the preset's out.",
    {},
  ),
  resources: fallback(
    list(text),
    "Resource indicators (RFC 8707) of APIs that each login asks for, for upstreams with `tokenAudience`.",
    [],
  ),
  apiTokens: optional(
    oneOf(["resource", "audience", "scope", "exchange"]),
    "How it is asked for an access token for `tokenAudience`: by the refresh token, with the API as `resource`, as `audience`, or by `tokenScope` alone; or by `exchange` of the access token (RFC 8693). Default: as the preset says, else `resource`.",
  ),
  loginParameters: fallback(
    list(text),
    "Names of further parameters that a link may give, as `kc_idp_hint` in `login?kc_idp_hint=github`. They win over `authorizationParameters`, so list nothing that restricts who may sign in.",
    [],
  ),
  apple,
  ...OAUTH2_SETTINGS,
});

/** One provider. */
export const provider = withPresets(settings);
