/** What OpenID providers do differently, as data: one preset for each, recognised by issuer or metadata, or named in the configuration. */
import { GENERIC, PRESETS } from "./preset-table.ts";

/** The names that `provider.preset` takes. */
export const PRESET_NAMES = ["generic", "keycloak", "google", "entra", "auth0", "okta", "cognito", "dex", "zitadel"] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** How the browser signs out at a provider (RP-initiated logout). */
export interface EndSession {
  /** `metadata`: where the metadata name an `end_session_endpoint`; `none`: never, there is no such page. */
  readonly endpoint: "metadata" | "none";
  /** The path, below the issuer, of a page that the metadata do not name. */
  readonly fallback?: string;
  /** The name of the parameter for the address to come back to; with it `client_id` goes along, and no hint. Default: as the specification says. */
  readonly returnParameter?: string;
}

/** One provider's ways. */
export interface ProviderPreset {
  readonly name: PresetName;
  /** As people know it. */
  readonly title: string;
  /** What is always asked for. */
  readonly scope: string;
  /**
   * Whether the scope `offline_access` is how it gives refresh tokens. `never`: it gives them without, or refuses the scope. `offered`: asked
   * for unless its `scopes_supported` or `grant_types_supported` say that it is not known there.
   */
  readonly offlineAccess: "always" | "offered" | "never";
  /** Further parameters of the authorization request. A `prompt` joins the one that a login asks for. */
  readonly authorization: { readonly [name: string]: string };
  /** Error codes besides `invalid_grant` by which it says that a refresh token is of no use any more, at once and for certain. */
  readonly refusals: readonly string[];
  readonly endSession: EndSession;
  /** Issuers that are this provider. */
  readonly issuer?: RegExp;
  /** Where the issuer does not tell (a domain of one's own): endpoints that only this provider has. */
  readonly metadata?: { readonly [endpoint: string]: RegExp };
}

/** The part of a provider's metadata that presets look at. */
export interface PresetMetadata {
  readonly scopes_supported?: unknown;
  readonly grant_types_supported?: unknown;
  readonly [member: string]: unknown;
}

/** The preset that is named, else the one whose issuer this is; `null` where only the metadata may tell. */
export function presetFor(issuer: string, named?: PresetName): ProviderPreset | null {
  if (named !== undefined) return PRESETS.find(({ name }) => name === named) ?? GENERIC;
  return PRESETS.find((preset) => preset.issuer?.test(issuer)) ?? null;
}

/** The preset of a provider whose metadata are known. */
export function presetOf(known: ProviderPreset | null, metadata: PresetMetadata): ProviderPreset {
  return known ?? PRESETS.find((preset) => fits(preset, metadata)) ?? GENERIC;
}

function fits({ metadata: endpoints }: ProviderPreset, metadata: PresetMetadata): boolean {
  if (endpoints === undefined) return false;
  return Object.entries(endpoints).every(([name, pattern]) => {
    const value = metadata[name];
    return typeof value === "string" && pattern.test(value);
  });
}

/** The scope of a preset at a provider with these metadata. */
export function scopeOf({ scope, offlineAccess }: ProviderPreset, metadata: PresetMetadata): string {
  const offline = offlineAccess === "always" || (offlineAccess === "offered" && offersOfflineAccess(metadata));
  return offline ? `${scope} offline_access` : scope;
}

/** A provider need not list what it supports, so only a list without it speaks against it. */
function offersOfflineAccess({ scopes_supported, grant_types_supported }: PresetMetadata): boolean {
  const lacks = (list: unknown, word: string): boolean => Array.isArray(list) && !list.includes(word);
  return !lacks(scopes_supported, "offline_access") && !lacks(grant_types_supported, "refresh_token");
}

/** `openid profile email`, and what is added only where the provider offers it, in words for people. */
export function scopeInWords({ scope, offlineAccess }: ProviderPreset): string {
  if (offlineAccess === "never") return scope;
  return offlineAccess === "always" ? `${scope} offline_access` : `${scope}, and offline_access where it is offered`;
}

/** Parameters of the authorization request: the preset's, the configuration's over them, and what this login asks for over both. */
export function authorizationParameters(
  preset: ProviderPreset,
  configured: { readonly [name: string]: string },
  asked: { readonly [name: string]: string },
): { readonly [name: string]: string } {
  const standing = { ...preset.authorization, ...configured };
  const prompt = joinedPrompt(standing["prompt"], asked["prompt"]);
  const all = { ...standing, ...asked, ...(prompt === undefined ? {} : { prompt }) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

/** `none` asks nobody anything, so it stands alone; other words add up. */
function joinedPrompt(standing: string | undefined, asked: string | undefined): string | undefined {
  if (asked === undefined || standing === undefined || standing === "") return asked ?? standing;
  if (asked === "none") return asked;
  return [...new Set([...asked.split(" "), ...standing.split(" ")])].join(" ");
}

/** What the browser's logout at the provider is made of. */
export interface LogoutAddress {
  readonly issuer: string;
  readonly clientId: string;
  readonly returnTo: string;
}

/**
 * The address of a logout page that is not the specification's: `null` where the provider has none at all, `undefined` where it is the
 * specification's, with the metadata's endpoint.
 */
export function unusualLogout(
  { endSession: { endpoint, fallback, returnParameter } }: ProviderPreset,
  named: string | undefined,
  { issuer, clientId, returnTo }: LogoutAddress,
): string | null | undefined {
  if (endpoint === "none") return null;
  const address = named ?? (fallback === undefined ? null : new URL(fallback, issuer.endsWith("/") ? issuer : `${issuer}/`).href);
  if (address === null) return null;
  // A page that stands in for the specification's has parameters of its own; where the metadata name theirs, it is that.
  if (returnParameter === undefined || (named !== undefined && fallback !== undefined)) return undefined;
  const url = new URL(address);
  url.searchParams.set("client_id", clientId);
  url.searchParams.set(returnParameter, returnTo);
  return url.href;
}
