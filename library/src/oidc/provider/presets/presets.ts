/**
 * Which preset a provider has, by name, issuer or metadata, and what follows from it for scope, parameters and logout.
 */
import { omitUndefined } from "../../../core/options/omit-undefined.ts";
import type { PresetMetadata, PresetName, ProviderPreset } from "./preset.ts";
import { GENERIC, PRESETS } from "./preset-table.ts";

/** The named preset, else the one of this issuer; `null` if only the metadata may tell. */
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

/** Providers need not list what they support: only a list without the value means that it is not supported. */
function offersOfflineAccess({ scopes_supported, grant_types_supported }: PresetMetadata): boolean {
  const lacks = (list: unknown, word: string): boolean => Array.isArray(list) && !list.includes(word);
  return !lacks(scopes_supported, "offline_access") && !lacks(grant_types_supported, "refresh_token");
}

/** `openid profile email`, and what is added only if the provider offers it, as a sentence for operators. */
export function scopeInWords({ scope, offlineAccess }: ProviderPreset): string {
  if (offlineAccess === "never") return scope;
  return offlineAccess === "always" ? `${scope} offline_access` : `${scope}, and offline_access where it is offered`;
}

/**
 * Parameters of the authorization request: the preset's, the configuration's over them, and what this login asks for
 * over both.
 */
export function authorizationParameters(
  preset: Pick<ProviderPreset, "authorization">,
  configured: { readonly [name: string]: string },
  asked: { readonly [name: string]: string },
): { readonly [name: string]: string } {
  const standing = { ...preset.authorization, ...configured };
  const prompt = joinedPrompt(standing["prompt"], asked["prompt"]);
  const all = { ...standing, ...asked, ...omitUndefined({ prompt }) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

/** `none` forbids any question to the user, so it stands alone; other words add up. */
function joinedPrompt(standing: string | undefined, asked: string | undefined): string | undefined {
  if (asked === undefined || standing === undefined || standing === "") return asked ?? standing;
  if (asked === "none") return asked;
  return [...new Set([...asked.split(" "), ...standing.split(" ")])].join(" ");
}

/** The parts of the browser's logout at the provider. */
interface LogoutAddress {
  readonly issuer: string;
  readonly clientId: string;
  readonly returnTo: string;
}

/**
 * The address of a logout page that is not the specification's: `null` if the provider has none at all, `undefined`
 * if it is the specification's, with the metadata's endpoint.
 */
export function unusualLogout(
  { endSession: { endpoint, fallback, returnParameter } }: ProviderPreset,
  named: string | undefined,
  { issuer, clientId, returnTo }: LogoutAddress,
): string | null | undefined {
  if (endpoint === "none") return null;
  const address = named ?? (fallback === undefined ? null : new URL(fallback, issuer.endsWith("/") ? issuer : `${issuer}/`).href);
  if (address === null) return null;
  // A logout page of the provider's own has its own parameters; it is not used if the metadata name an endpoint.
  if (returnParameter === undefined || (named !== undefined && fallback !== undefined)) return undefined;
  const url = new URL(address);
  url.searchParams.set("client_id", clientId);
  url.searchParams.set(returnParameter, returnTo);
  return url.href;
}
