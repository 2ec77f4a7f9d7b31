/** The configuration of a provider: defaults and checks. */
import type { GivenSecret } from "../../contracts.ts";
import { secretNow } from "../../crypto/given-secret.ts";
import type { SignatureAlgorithm } from "../../crypto/signature.ts";
import { issuerOf, refusingKeysOf, within } from "../http/config-checks.ts";
import { API_TOKEN_WAYS, type ApiTokenWay } from "./apis/api-token-way.ts";
import {
  type AmongProviders,
  domainsOf,
  furtherParameters,
  loginParameter,
  providerName,
  scopeWords,
  titleOf,
} from "./further-parameters.ts";
import { PRESET_NAMES, type PresetName, type ProviderPreset } from "./presets/preset.ts";
import { presetFor } from "./presets/presets.ts";

/** How the client authenticates at the token endpoint. One method per client, never two in a request (TK-03). */
type ClientAuthentication = "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "none";

/** Algorithms of ID tokens. All are asymmetric: with a shared secret each verifier could sign (ID-01). */
export type SigningAlgorithm = SignatureAlgorithm;

/**
 * An OpenID provider, and this app's client there. Durations are milliseconds.
 *
 * @example
 * ```ts
 * import type { ProviderConfig } from "coatcheck";
 * const client = { clientId: "shop", clientSecret: process.env["CLIENT_SECRET"] ?? "" };
 * const google: ProviderConfig = { name: "google", issuer: "https://accounts.google.com", ...client };
 * const staff: ProviderConfig = { name: "staff", issuer: "https://id.example.com", clientId: "shop", userinfo: true };
 * const auth = coatcheck({ providers: [google, staff], … }); // GET /auth/login?provider=staff
 * ```
 */
export interface ProviderConfig extends AmongProviders {
  /** As the provider writes it, byte for byte: `https://id.example.com`. Plain http only for loopback hosts. */
  readonly issuer: string;
  readonly clientId: string;
  /** A function is asked whenever the secret is used. */
  readonly clientSecret?: GivenSecret;
  /** As in `?provider=` and in `identity.method`. Letters, digits, `-`, `_`; at most 32. Default `default`. */
  readonly name?: string;
  /**
   * Which provider this is, if neither issuer nor metadata tell: its default scope, parameters, refusals and logout.
   * `generic`: none that is known. Default: recognised.
   */
  readonly preset?: PresetName;
  /**
   * Default: as the preset says, `openid profile email`, with `offline_access` if that is how the provider gives
   * refresh tokens. Must contain `openid`.
   */
  readonly scope?: string;
  /**
   * Further parameters of the authorization request, over the preset's; an empty value leaves one of the preset's out.
   */
  readonly authorizationParameters?: { readonly [name: string]: string };
  /**
   * Names of further parameters that a link may give: with `["kc_idp_hint"]`, `login?kc_idp_hint=github` takes the user
   * to that page of the provider. What a link says wins over `authorizationParameters`, so list nothing that restricts
   * who may sign in. Values have at most 128 characters. Default none: the rest of a link's query is ignored (AR-08).
   */
  readonly loginParameters?: readonly string[];
  /**
   * Resource indicators of APIs (RFC 8707) that each login asks for, so that `accessToken({ audience })` gives tokens
   * for them: absolute URIs, at most 16. Default none.
   */
  readonly resources?: readonly string[];
  /**
   * How it is asked for a token for one API, `accessToken({ audience })`: by the refresh token, with the API as
   * `resource` (RFC 8707), as `audience`, or by the `scope` alone; or by `exchange` of the access token (RFC 8693).
   * Default: as the preset says, else `resource`.
   */
  readonly apiTokens?: ApiTokenWay;
  /** Default: `client_secret_basic` with a secret (post at Apple), `private_key_jwt` with a key, else `none`. */
  readonly clientAuthentication?: ClientAuthentication;
  /** For `private_key_jwt`: a private JWK with `alg`, and `kid` if the provider wants one. */
  readonly privateKey?: JsonWebKey & { readonly kid?: string };
  /** How the answer comes back: `query`, or `form_post`, which needs https. Default `query`; `form_post` at Apple. */
  readonly responseMode?: "query" | "form_post";
  /** The one algorithm of ID tokens that is accepted. Default `RS256`. */
  readonly idTokenSigningAlg?: SigningAlgorithm;
  /** Ask UserInfo as well, after the ID token was checked. Default `false`. */
  readonly userinfo?: boolean;
  /** The clock tolerance; at most 60,000 (ID-06). Default 30,000. `iat` may be ahead by this much. */
  readonly clockTolerance?: number;
  /** How long one request to the provider may take, answer included. Default 10,000. */
  readonly timeout?: number;
  /**
   * How long a refresh waits for its late response; requests stop waiting after `timeout`. A response that is lost
   * costs the refresh token, so this is longer: 60,000 by default, or `timeout` if that is more.
   */
  readonly refreshTimeout?: number;
  /** The most bytes of a response. Default 262,144. */
  readonly maxResponse?: number;
  /** How long a key set is used; a key that the provider withdrew is refused after this (DK-08). Default 600,000. */
  readonly jwksMaxAge?: number;
  /** How long an unknown `kid` causes no further fetch after one that it caused (DK-06). Default 30,000. */
  readonly jwksCooldown?: number;
  /** How long metadata is used before it is read again, in the background. Default 3,600,000. */
  readonly metadataMaxAge?: number;
  /** Audiences that an ID token may name besides us. Default none (ID-03). */
  readonly additionalAudiences?: readonly string[];
  /** Keep only these claims (`sub` always). Default: all but those of the protocol. */
  readonly claims?: readonly string[];
  /**
   * Whether a logout token needs `typ: logout+jwt` (LO-07). `optional` is for providers that omit it or write `JWT`;
   * another type is never accepted. Default `required`.
   */
  readonly logoutTokenTyp?: "required" | "optional";
  /**
   * Refuse logout tokens without `sid`; as `backchannel_logout_session_required` of the registration. Default `false`.
   */
  readonly backchannelLogoutSessionRequired?: boolean;
}

/** The configuration with its defaults, checked. */
export interface SettledConfig {
  readonly issuer: string;
  /** Plain http is allowed, because the issuer is on a loopback address. */
  readonly loopback: boolean;
  readonly clientId: string;
  readonly clientSecret: GivenSecret | null;
  readonly name: string;
  readonly title: string | null;
  readonly domains: readonly string[];
  /** `null`: nothing in the configuration says which; the metadata may. */
  readonly preset: ProviderPreset | null;
  /** `null`: the preset's. */
  readonly scope: string | null;
  readonly authorizationParameters: { readonly [name: string]: string };
  readonly loginParameters: readonly string[];
  readonly resources: readonly string[];
  /** `null`: as the preset says. */
  readonly apiTokens: ApiTokenWay | null;
  readonly clientAuthentication: ClientAuthentication;
  readonly privateKey: (JsonWebKey & { readonly kid?: string }) | null;
  readonly responseMode: "query" | "form_post";
  readonly idTokenSigningAlg: SigningAlgorithm;
  readonly userinfo: boolean;
  readonly clockTolerance: number;
  readonly timeout: number;
  readonly refreshTimeout: number;
  readonly maxResponse: number;
  readonly jwksMaxAge: number;
  readonly jwksCooldown: number;
  readonly metadataMaxAge: number;
  readonly additionalAudiences: readonly string[];
  readonly claims: readonly string[] | null;
  readonly logoutTokenTyp: "required" | "optional";
  readonly backchannelLogoutSessionRequired: boolean;
}

/** All of {@link SigningAlgorithm}; none and HMAC are never among them. */
export const ALGORITHMS: ReadonlySet<string> = new Set([
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
]);

const METHODS: ReadonlySet<string> = new Set(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);

const refuse = refusingKeysOf("provider");

/** Checks a configuration and fills in the defaults. Throws `ERR_CONFIG` with the key and what would be right. */
export function settleProviderConfig(config: ProviderConfig): SettledConfig {
  const { loopback } = issuerOf(config.issuer, refuse);
  if (typeof config.clientId !== "string" || config.clientId === "") throw refuse("clientId", "is missing.");
  const preset = presetOf(config);
  const responseMode = config.responseMode ?? preset?.responseMode ?? "query";
  if (responseMode !== "query" && responseMode !== "form_post") throw refuse("responseMode", "is query or form_post.");
  const idTokenSigningAlg = config.idTokenSigningAlg ?? "RS256";
  if (!ALGORITHMS.has(idTokenSigningAlg))
    throw refuse("idTokenSigningAlg", `must be one of ${[...ALGORITHMS].join(", ")}; none and HMAC are never accepted.`);
  const logoutTokenTyp = config.logoutTokenTyp ?? "required";
  if (logoutTokenTyp !== "required" && logoutTokenTyp !== "optional") throw refuse("logoutTokenTyp", "is required or optional.");
  const timeout = within("timeout", config.timeout ?? 10_000, 1, 120_000, refuse);
  return {
    issuer: config.issuer,
    loopback,
    clientId: config.clientId,
    clientSecret: config.clientSecret ?? null,
    name: providerName(config.name ?? "default", refuse),
    title: titleOf(config.title, refuse),
    domains: domainsOf(config.domains, refuse),
    preset,
    scope: config.scope === undefined ? null : scopeOf(config.scope),
    authorizationParameters: furtherParameters(config.authorizationParameters ?? {}, refuse),
    loginParameters: (config.loginParameters ?? []).map((name) => loginParameter(name, refuse)),
    resources: resourcesOf(config),
    apiTokens: apiTokensOf(config),
    clientAuthentication: authenticationOf(config, preset),
    privateKey: config.privateKey ?? null,
    responseMode,
    idTokenSigningAlg,
    userinfo: config.userinfo ?? false,
    clockTolerance: within("clockTolerance", config.clockTolerance ?? 30_000, 0, 60_000, refuse),
    timeout,
    refreshTimeout: within("refreshTimeout", config.refreshTimeout ?? Math.max(60_000, timeout), timeout, 300_000, refuse),
    maxResponse: within("maxResponse", config.maxResponse ?? 262_144, 1_024, 16_777_216, refuse),
    jwksMaxAge: within("jwksMaxAge", config.jwksMaxAge ?? 600_000, 1_000, 86_400_000, refuse),
    jwksCooldown: within("jwksCooldown", config.jwksCooldown ?? 30_000, 1_000, 3_600_000, refuse),
    metadataMaxAge: within("metadataMaxAge", config.metadataMaxAge ?? 3_600_000, 1_000, 86_400_000, refuse),
    additionalAudiences: config.additionalAudiences ?? [],
    claims: config.claims ?? null,
    logoutTokenTyp,
    backchannelLogoutSessionRequired: config.backchannelLogoutSessionRequired ?? false,
  };
}

/** RFC 8707, section 2: absolute, and without a fragment. */
function resourcesOf({ resources = [] }: ProviderConfig): readonly string[] {
  const odd = resources.find((one) => typeof one !== "string" || !URL.canParse(one) || one.includes("#") || one.length > 1024);
  if (odd !== undefined || resources.length > 16)
    throw refuse("resources", "takes at most 16 absolute URIs, without fragments, for example https://api.example.com.");
  return resources;
}

function apiTokensOf({ apiTokens }: ProviderConfig): ApiTokenWay | null {
  if (apiTokens === undefined) return null;
  if (API_TOKEN_WAYS.includes(apiTokens)) return apiTokens;
  throw refuse("apiTokens", `must be one of ${API_TOKEN_WAYS.join(", ")}.`);
}

function presetOf({ issuer, preset }: ProviderConfig): ProviderPreset | null {
  if (preset === undefined || PRESET_NAMES.includes(preset)) return presetFor(issuer, preset);
  throw refuse("preset", `must be one of ${PRESET_NAMES.join(", ")}.`);
}

function scopeOf(scope: string): string {
  if (!scopeWords(scope, refuse).split(" ").includes("openid")) throw refuse("scope", 'must contain "openid".');
  return scope;
}

function authenticationOf(config: ProviderConfig, preset: ProviderPreset | null): ClientAuthentication {
  const secret = config.clientSecret;
  if (secret !== undefined && secretNow(secret) === "") throw refuse("clientSecret", "is empty.");
  const withSecret = preset?.clientAuthentication ?? "client_secret_basic";
  const fallback = config.privateKey ? "private_key_jwt" : secret === undefined ? "none" : withSecret;
  const method = config.clientAuthentication ?? fallback;
  if (!METHODS.has(method)) throw refuse("clientAuthentication", `must be one of ${[...METHODS].join(", ")}.`);
  if (method.startsWith("client_secret") && secret === undefined) throw refuse("clientSecret", `is missing; ${method} needs it.`);
  if (method === "private_key_jwt" && typeof config.privateKey?.alg !== "string")
    throw refuse("privateKey", "is missing or has no alg; private_key_jwt needs a private JWK.");
  return method;
}
