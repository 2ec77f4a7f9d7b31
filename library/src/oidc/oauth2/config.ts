/** The configuration of a provider without OpenID Connect: defaults and checks. */
import type { GivenSecret } from "../../contracts.ts";
import { isLoopbackHost } from "../../cookie/names.ts";
import { secretNow } from "../../crypto/given-secret.ts";
import { issuerOf, refusingKeysOf, within } from "../http/config-checks.ts";
import {
  type AmongProviders,
  domainsOf,
  furtherParameters,
  loginParameter,
  providerName,
  scopeWords,
  titleOf,
} from "../provider/further-parameters.ts";
import type { EmailList, GroupList, OAuth2Preset, OAuth2PresetName, UserPlace } from "./preset.ts";
import { OAUTH2_PRESET_NAMES } from "./preset.ts";
import { OAUTH2_PRESETS } from "./preset-table.ts";

/** Addresses of a provider without OpenID Connect; https, or http on a loopback address. */
export interface OAuth2Endpoints {
  /** The page where people sign in. */
  readonly authorization?: string;
  readonly token?: string;
  /** Where tokens are revoked (RFC 7009). Default: as the preset says; without one they are not. */
  readonly revocation?: string;
  /** What the addresses of a preset's users, e-mail addresses and groups begin with: `https://api.github.com`. */
  readonly api?: string;
}

/**
 * Where a provider without OpenID Connect describes the user, and what of it is which claim. Paths have dots:
 * `data.id`.
 *
 * @example
 * ```ts
 * import type { OAuth2User } from "coatcheck";
 * const user: OAuth2User = {
 *   url: "https://forge.example.com/api/v1/user",
 *   subject: "id",
 *   claims: { name: "full_name", preferred_username: "login", email: "email" },
 * };
 * ```
 */
export interface OAuth2User {
  /** Asked with the access token; answers JSON. */
  readonly url: string;
  /** The path of the id that never changes and is never given to another user: no name, no e-mail address. */
  readonly subject: string;
  /**
   * The path of each claim. An `email` without `email_verified` counts as unverified: such providers let users type in
   * any.
   */
  readonly claims?: { readonly [claim: string]: string };
}

/**
 * A provider without OpenID Connect, and this app's client there. Durations are milliseconds. There is no ID token: who
 * signed in is asked at its API. Its answers come to `callback/NAME` below the prefix.
 *
 * @example
 * ```ts
 * import type { OAuth2Config } from "coatcheck";
 * const github: OAuth2Config = {
 *   type: "oauth2",
 *   preset: "github",
 *   clientId: "Iv1.0123456789abcdef",
 *   clientSecret: process.env["GITHUB_SECRET"] ?? "",
 *   askGroups: true, // organisations, and teams as organisation:team
 * };
 * const auth = coatcheck({ provider: github, … }); // register https://app.example.com/auth/callback/github
 * ```
 */
export interface OAuth2Config extends AmongProviders {
  readonly type: "oauth2";
  /** Which provider this is. Without one `issuer`, `endpoints` and `user` are needed. */
  readonly preset?: OAuth2PresetName;
  readonly clientId: string;
  /** A function is asked whenever the secret is used. */
  readonly clientSecret?: GivenSecret;
  /**
   * As in `?provider=`, in the callback's address and in `identity.method`. Letters, digits, `-`, `_`; at most 32.
   * Default: the preset's name, else `default`.
   */
  readonly name?: string;
  /**
   * Who vouches for the users, as `identity.issuer`; what the provider calls itself (`iss`), if it does. Default: the
   * preset's. For a GitHub Enterprise Server `https://HOST/login/oauth`, from which its addresses follow.
   */
  readonly issuer?: string;
  readonly endpoints?: OAuth2Endpoints;
  /** Default: as the preset says. */
  readonly user?: OAuth2User;
  /** Default: as the preset says; without a preset none. */
  readonly scope?: string;
  /**
   * Asks for the user's groups too, as the claim `groups`: organisations and teams at GitHub, servers' ids at Discord,
   * workspaces at Bitbucket. Default `false`.
   */
  readonly askGroups?: boolean;
  /** Further parameters of the authorization request. */
  readonly authorizationParameters?: { readonly [name: string]: string };
  /** Names of further parameters that a link may give, as of a provider of OpenID Connect. Default none. */
  readonly loginParameters?: readonly string[];
  /** Default: as the preset says; without one `client_secret_basic` with a secret, else `none`. */
  readonly clientAuthentication?: "client_secret_basic" | "client_secret_post" | "none";
  /**
   * Access tokens that never run out, as those of GitHub's OAuth apps: how often the provider is asked whether it still
   * takes the token, and for the claims, as by a refresh. Default 3,600,000.
   */
  readonly recheck?: number;
  /** Keep only these claims (`sub` always). Default: all that are mapped. */
  readonly claims?: readonly string[];
  /** How long one request to the provider may take, answer included. Default 10,000. */
  readonly timeout?: number;
  /** How long a refresh waits for its late response. Default 60,000, or `timeout` if that is more. */
  readonly refreshTimeout?: number;
  /** The most bytes of a response. Default 1,048,576. */
  readonly maxResponse?: number;
}

/** The configuration with its defaults, checked; addresses are whole. */
export interface SettledOAuth2 {
  readonly name: string;
  readonly title: string;
  /** What the page to choose from calls it. */
  readonly label: string;
  readonly domains: readonly string[];
  readonly issuer: string;
  /** Plain http is allowed, because the addresses are on loopback. */
  readonly loopback: boolean;
  readonly clientId: string;
  readonly clientSecret: GivenSecret | null;
  readonly clientAuthentication: "client_secret_basic" | "client_secret_post" | "none";
  readonly endpoints: { readonly authorization: string; readonly token: string };
  readonly revocation: OAuth2Preset["revocation"];
  readonly user: UserPlace;
  readonly emails: EmailList | null;
  /** Empty unless asked for. */
  readonly groups: readonly GroupList[];
  readonly scope: string;
  readonly authorizationParameters: { readonly [name: string]: string };
  readonly loginParameters: readonly string[];
  readonly loginHint: string;
  readonly errors: { readonly [code: string]: string };
  readonly recheck: number;
  readonly claims: readonly string[] | null;
  readonly timeout: number;
  readonly refreshTimeout: number;
  readonly maxResponse: number;
}

const refuse = refusingKeysOf("provider");

/** Checks a configuration and fills in the defaults. Throws `ERR_CONFIG` with the key and what would be right. */
export function settleOAuth2Config(config: OAuth2Config): SettledOAuth2 {
  const preset = presetOf(config);
  if (typeof config.clientId !== "string" || config.clientId === "") throw refuse("clientId", "is missing.");
  const name = providerName(config.name ?? preset?.name ?? "default", refuse);
  const issuer = config.issuer ?? preset?.issuer;
  const { loopback } = issuerOf(issuer, refuse);
  const place = placesOf(config, preset, issuer ?? "");
  const timeout = within("timeout", config.timeout ?? 10_000, 1, 120_000, refuse);
  const groups = config.askGroups === true ? (preset?.groups ?? []) : [];
  if (config.askGroups === true && groups.length === 0)
    throw refuse("askGroups", "is true, though no groups are known of this provider.");
  const below = <T extends { readonly url: string }>(list: T): T => ({ ...list, url: place.api(list.url) });
  // A description of one's own has its own addresses: the preset's lists are below the preset's API.
  const emails = config.user === undefined ? (preset?.emails ?? null) : null;
  return {
    name,
    label: titleOf(config.title, refuse) ?? preset?.title ?? name,
    domains: domainsOf(config.domains, refuse),
    title: preset?.title ?? "OAuth 2.0",
    issuer: issuer ?? "",
    loopback: loopback || place.insecure(),
    clientId: config.clientId,
    clientSecret: config.clientSecret ?? null,
    clientAuthentication: authenticationOf(config, preset),
    endpoints: { authorization: place.authorization, token: place.token },
    revocation: place.revocation,
    user: userPlace(config, preset, place.api),
    emails: emails && below(emails),
    groups: groups.map(below),
    scope: config.scope === undefined ? usualScope(preset, groups.length > 0) : scopeWords(config.scope, refuse),
    authorizationParameters: furtherParameters(config.authorizationParameters ?? {}, refuse),
    loginParameters: (config.loginParameters ?? []).map((name) => loginParameter(name, refuse)),
    loginHint: preset?.loginHint ?? "login_hint",
    errors: preset?.errors ?? {},
    recheck: within("recheck", config.recheck ?? 3_600_000, 60_000, 86_400_000, refuse),
    claims: config.claims ?? null,
    timeout,
    refreshTimeout: within("refreshTimeout", config.refreshTimeout ?? Math.max(60_000, timeout), timeout, 300_000, refuse),
    maxResponse: within("maxResponse", config.maxResponse ?? 1_048_576, 1_024, 16_777_216, refuse),
  };
}

function presetOf({ preset }: OAuth2Config): OAuth2Preset | null {
  if (preset === undefined) return null;
  const known = OAUTH2_PRESETS.find(({ name }) => name === preset);
  if (known === undefined) throw refuse("preset", `must be one of ${OAUTH2_PRESET_NAMES.join(", ")} for the type oauth2.`);
  return known;
}

/** The provider's addresses, whole. */
function placesOf({ endpoints = {}, clientId }: OAuth2Config, preset: OAuth2Preset | null, issuer: string) {
  let plain = false;
  const checked = (key: string, given: string | undefined): string => {
    const url = given === undefined ? null : URL.parse(given);
    if (url === null) throw refuse(key, "must be a URL such as https://id.example.com/authorize.");
    if (url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname))) {
      plain ||= url.protocol === "http:";
      return url.href;
    }
    throw refuse(key, "must be https; plain http is only for 127.0.0.1, [::1] and localhost.");
  };
  const filled = (text: string | undefined): string | undefined =>
    text
      ?.replace("{issuer}", issuer)
      .replace("{origin}", new URL(issuer).origin)
      .replace("{clientId}", encodeURIComponent(clientId));
  const own = preset?.ownServerApi !== undefined && issuer !== preset.issuer;
  const base = endpoints.api ?? filled(own ? preset.ownServerApi : preset?.api);
  const api = (path: string): string => (path.startsWith("/") ? checked("endpoints.api", `${base}${filled(path)}`) : path);
  const revocation = (): OAuth2Preset["revocation"] => {
    if (endpoints.revocation !== undefined)
      return { url: checked("endpoints.revocation", endpoints.revocation), style: "rfc7009" };
    return preset?.revocation ? { ...preset.revocation, url: api(preset.revocation.url) } : null;
  };
  return {
    authorization: checked("endpoints.authorization", endpoints.authorization ?? filled(preset?.authorization)),
    token: checked("endpoints.token", endpoints.token ?? filled(preset?.token)),
    revocation: revocation(),
    api: (path: string) => checked("user.url", api(path)),
    insecure: () => plain,
  };
}

function userPlace({ user }: OAuth2Config, preset: OAuth2Preset | null, api: (path: string) => string): UserPlace {
  const place = user ?? preset?.user;
  if (place === undefined) throw refuse("user", "is missing: name the url that describes the user, and the path of the subject.");
  for (const path of [place.subject, ...Object.values(place.claims ?? {})]) {
    if (typeof path !== "string" || !/^[^.\s]+(\.[^.\s]+)*$/.test(path))
      throw refuse("user", `has ${JSON.stringify(path)}, which is no path such as id or data.id.`);
  }
  return { url: api(place.url), subject: place.subject, claims: place.claims ?? {} };
}

const usualScope = (preset: OAuth2Preset | null, groups: boolean): string =>
  [preset?.scope ?? "", groups ? (preset?.groupScope ?? "") : ""].filter((part) => part !== "").join(" ");

function authenticationOf(config: OAuth2Config, preset: OAuth2Preset | null): SettledOAuth2["clientAuthentication"] {
  const { clientSecret: secret } = config;
  if (secret !== undefined && secretNow(secret) === "") throw refuse("clientSecret", "is empty.");
  const usual = secret === undefined ? "none" : (preset?.clientAuthentication ?? "client_secret_basic");
  const method = config.clientAuthentication ?? usual;
  if (method !== "client_secret_basic" && method !== "client_secret_post" && method !== "none")
    throw refuse("clientAuthentication", "must be client_secret_basic, client_secret_post or none for the type oauth2.");
  if (method !== "none" && secret === undefined) throw refuse("clientSecret", `is missing; ${method} needs it.`);
  return method;
}
