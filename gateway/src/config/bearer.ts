/** The settings `bearer`: which bearer tokens are accepted. */
import { flag, oneOf, secretText, text } from "./kinds/kinds.ts";
import { issuer } from "./kinds/network-kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";

const jwt = object({
  issuer: required(issuer, "Whose tokens count, as `iss` says it.", "For example https://id.example.com."),
  audience: required(
    list(text, 1),
    "What the provider calls this API in `aud`; one of these.",
    "For example https://api.example.com.",
  ),
  jwksUri: optional(text, "Where its keys are, where its metadata do not say."),
  acceptPlainJwt: fallback(flag, "Also takes tokens that do not say what they are (`typ: at+jwt`), as Keycloak's.", false),
  requiredScope: optional(text, "Words that every token has to have in `scope`; without them 403."),
});

const introspection = object({
  issuer: required(issuer, "Whose opaque tokens count; it is asked about each of them.", "For example https://id.example.com."),
  clientId: required(text, "Who the gateway is to it.", "The provider gave you one at registration."),
  clientSecret: required(secretText, "The secret that belongs to it.", "The provider gave you one at registration.", {
    secret: true,
  }),
  clientAuthentication: fallback(
    oneOf(["client_secret_basic", "client_secret_post"]),
    "How the secret is shown.",
    "client_secret_basic",
  ),
  endpoint: optional(text, "Where to ask, where its metadata do not say."),
  audience: fallback(list(text), "What the provider calls this API in `aud`; none: only tokens that name no audience.", []),
  requiredScope: optional(text, "Words that every token has to have in `scope`; without them 403."),
});

/** Programs that come with a token instead of a cookie. */
export const bearer = object({
  jwt: fallback(list(jwt), "Providers whose JWT access tokens count.", []),
  introspection: optional(introspection, "The provider that is asked about every other token."),
  realm: optional(text, "Named in `WWW-Authenticate`."),
  ambient: fallback(
    flag,
    "Whether a proxy in front adds the token by itself; then unsafe requests are checked for where they came from.",
    false,
  ),
});
