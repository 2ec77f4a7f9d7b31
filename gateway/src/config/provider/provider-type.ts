/** Providers with and without OpenID Connect: which settings each has, and what a preset says instead of them. */
import { oauth2Preset } from "coatcheck";
import type { Kind } from "../kinds/kind.ts";
import { duration, flag, text, textMap } from "../kinds/kinds.ts";
import { endpoint } from "../kinds/network-kinds.ts";
import { fallback, object, optional, required } from "../kinds/shape.ts";
import type { Place } from "../sources/place.ts";

/** Of a provider without OpenID Connect alone. */
export const OAUTH2_SETTINGS = {
  askGroups: fallback(
    flag,
    "Asks for the user's groups too, without OpenID Connect: organisations, and teams as `organisation:team`, at GitHub; servers' ids at Discord; workspaces at Bitbucket.",
    false,
    { env: "COATCHECK_ASK_GROUPS" },
  ),
  endpoints: optional(
    object({
      authorization: optional(endpoint, "The page where people sign in."),
      token: optional(endpoint, "The token endpoint."),
      revocation: optional(endpoint, "Where tokens are revoked (RFC 7009)."),
      api: optional(endpoint, "What the addresses of a preset's users and groups begin with."),
    }),
    "The addresses of a provider without OpenID Connect. Default: the preset's.",
  ),
  user: optional(
    object({
      url: required(endpoint, "Where the user is described; asked with the access token.", "It answers JSON about the user."),
      subject: required(
        text,
        "The path of the id that never changes, with dots: `data.id`.",
        "A number or a text that is never given to another user.",
      ),
      claims: fallback(textMap, "The path of each claim. An `email` without `email_verified` counts as unverified.", {}),
    }),
    "Where a provider without OpenID Connect says who signed in. Default: the preset's.",
  ),
  recheck: optional(
    duration("1m", "1d"),
    "Access tokens without an end, without OpenID Connect: how often the provider is asked whether it still takes them. Default: 1h.",
  ),
};

/** The client's key at Apple; the key itself is the client secret. */
export const apple = optional(
  object({
    teamId: required(text, "The account's ten characters.", "Apple shows it in the account."),
    keyId: required(text, "The name of the key.", "It is in the name of the file: AuthKey_….p8."),
  }),
  "For the preset `apple`, whose secret is a JWT that is signed by a key: `clientSecretFile` names the file `AuthKey_….p8`.",
);

/** What Apple's preset stands for, since a default here would win over it. */
const APPLE = { issuer: "https://appleid.apple.com", clientAuthentication: "client_secret_post", responseMode: "form_post" };

/** What a provider without OpenID Connect has no use for. */
const OPENID_SETTINGS: readonly string[] = [
  "idTokenSigningAlg",
  "responseMode",
  "userinfo",
  "logoutTokenTyp",
  "backchannelLogoutSessionRequired",
];

/** The kind of a provider, whose preset stands for its type, name, issuer and client authentication. */
export function withPresets<T>(kind: Kind<T>): Kind<T> {
  const { required: needed, ...schema } = kind.schema;
  const stillNeeded = Array.isArray(needed) ? needed.filter((name) => name !== "issuer") : needed;
  return {
    ...kind,
    schema: { ...schema, required: stillNeeded },
    read(raw, place) {
      if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return kind.read(raw, place);
      const given: { readonly [key: string]: unknown } = { ...raw };
      const preset = typeof given["preset"] === "string" ? oauth2Preset(given["preset"]) : undefined;
      checkType(given, preset !== undefined, place);
      if (given["preset"] === "apple") return kind.read({ ...APPLE, ...given }, place);
      if (preset === undefined) return kind.read(raw, place);
      const { name, issuer, clientAuthentication } = preset;
      return kind.read({ type: "oauth2", name, issuer, clientAuthentication, ...given }, place);
    },
  };
}

/** Settings that would do nothing stop the start. */
function checkType(given: { readonly [key: string]: unknown }, isPreset: boolean, place: Place): void {
  const isOAuth2 = isPreset || given["type"] === "oauth2";
  if (isPreset && given["type"] === "oidc")
    place.child("type").fail("is oidc, though the preset has no OpenID Connect", "Leave it out.");
  const isApple = given["preset"] === "apple";
  const hasKey = given["apple"] !== undefined && given["apple"] !== null;
  if (isApple && !hasKey) place.child("apple").fail("is missing", "Apple's secret is signed: name teamId and keyId.");
  if (!isApple && hasKey) place.child("apple").fail("is given, though the preset is not apple", "It would do nothing.");
  const idle = isOAuth2 ? OPENID_SETTINGS : Object.keys(OAUTH2_SETTINGS);
  const why = isOAuth2
    ? "is given, though the provider has no OpenID Connect"
    : "is given, though the provider has OpenID Connect";
  for (const key of idle) if (given[key] !== undefined && given[key] !== null) place.child(key).fail(why, "It would do nothing.");
}
