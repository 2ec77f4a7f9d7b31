/** The settings `bearer`: which bearer tokens are accepted. */
import { flag, oneOf, secretText, text } from "./kinds/kinds.ts";
import { issuer } from "./kinds/network-kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";

const jwt = object({
  issuer: required(
    issuer,
    "The issuer whose access tokens are accepted, as `iss` says it.",
    "For example https://id.example.com.",
  ),
  audience: required(
    list(text, 1),
    "What the provider calls this API in `aud`; one of these.",
    "For example https://api.example.com.",
  ),
  jwksUri: optional(text, "The address of its key set, if its metadata have none."),
  acceptPlainJwt: fallback(flag, "Also accepts tokens without the type `at+jwt`, such as Keycloak's.", false),
  requiredScope: optional(text, "Scopes that every token must have; without them 403."),
});

const introspection = object({
  issuer: required(
    issuer,
    "The issuer whose opaque tokens are accepted; each is introspected there.",
    "For example https://id.example.com.",
  ),
  clientId: required(text, "The client id under which the gateway introspects.", "The provider gave you one at registration."),
  clientSecret: required(secretText, "The secret that belongs to it.", "The provider gave you one at registration.", {
    secret: true,
  }),
  clientAuthentication: fallback(
    oneOf(["client_secret_basic", "client_secret_post"]),
    "How the secret is shown.",
    "client_secret_basic",
  ),
  endpoint: optional(text, "The introspection endpoint, if its metadata have none."),
  audience: fallback(list(text), "What the provider calls this API in `aud`; none: only tokens that name no audience.", []),
  requiredScope: optional(text, "Scopes that every token must have; without them 403."),
});

/** Programs that come with a token instead of a cookie. */
export const bearer = object({
  jwt: fallback(list(jwt), "Providers whose JWT access tokens are accepted.", []),
  introspection: optional(introspection, "The provider that is asked about every other token."),
  realm: optional(text, "Named in `WWW-Authenticate`."),
  ambient: fallback(
    flag,
    "Whether a proxy in front adds the token by itself; then the CSRF check applies to these requests too.",
    false,
  ),
});
