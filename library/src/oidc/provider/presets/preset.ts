/** The types of presets: what OpenID providers do differently, as data. */

import type { ApiTokenWay } from "../apis/api-token-way.ts";

/** The names that `provider.preset` takes. */
export const PRESET_NAMES = [
  "generic",
  "keycloak",
  "google",
  "entra",
  "auth0",
  "okta",
  "cognito",
  "dex",
  "zitadel",
  "apple",
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** How the browser signs out at a provider (RP-initiated logout). */
interface EndSession {
  /** `metadata`: if the metadata name an `end_session_endpoint`; `none`: never, there is no such page. */
  readonly endpoint: "metadata" | "none";
  /** The path, below the issuer, of a page that the metadata do not name. */
  readonly fallback?: string;
  /**
   * The name of the parameter for the address to come back to; with it `client_id` goes along, and no hint. Default: as
   * the specification says.
   */
  readonly returnParameter?: string;
}

/** How one provider differs. */
export interface ProviderPreset {
  readonly name: PresetName;
  /** Its product name. */
  readonly title: string;
  /** The scope that is always requested. */
  readonly scope: string;
  /**
   * Whether the scope `offline_access` is how it gives refresh tokens. `never`: it gives them without, or refuses the
   * scope. `offered`: asked for unless its `scopes_supported` or `grant_types_supported` say that it is not known
   * there.
   */
  readonly offlineAccess: "always" | "offered" | "never";
  /** Further parameters of the authorization request. A `prompt` joins the one that a login asks for. */
  readonly authorization: { readonly [name: string]: string };
  /**
   * Error codes besides `invalid_grant` that mean that a refresh token is invalid for good.
   */
  readonly refusals: readonly string[];
  readonly endSession: EndSession;
  /** How a client with a secret authenticates, if not by `client_secret_basic`. */
  readonly clientAuthentication?: "client_secret_post";
  /** How its answer comes back, if not in the query. */
  readonly responseMode?: "form_post";
  /** The least that an access token counts as live, milliseconds, whatever the answer says. */
  readonly tokenLifetime?: number;
  /** The user's name comes beside the code of the first login, and nowhere else. */
  readonly sendsName?: true;
  /** How it is asked for a token for one API. Default: by the refresh token, with the API as `resource`. */
  readonly apiTokens?: ApiTokenWay;
  /** Issuers that are this provider. */
  readonly issuer?: RegExp;
  /** Endpoints that only this provider has, for issuers at custom domains. */
  readonly metadata?: { readonly [endpoint: string]: RegExp };
}

/** The part of a provider's metadata that presets look at. */
export interface PresetMetadata {
  readonly scopes_supported?: unknown;
  readonly grant_types_supported?: unknown;
  readonly [member: string]: unknown;
}
