/** The user's name, as Apple's page sends it along with the first login, and never again. */
import type { JsonObject, JsonValue } from "../../../contracts.ts";
import { isStorable } from "../../../core/record.ts";
import type { SettledConfig } from "../config.ts";
import type { ProviderPreset } from "./preset.ts";

const NAMES = ["name", "given_name", "family_name"] as const;
const LONGEST = 200;

/**
 * The claims with the name that came beside the code. It passed through the browser and nothing signs it, so it is
 * taken for a name alone: never an e-mail address, and nothing that the ID token says.
 */
export function withName(
  claims: JsonObject,
  sent: string | null,
  { preset, config }: { readonly preset: Pick<ProviderPreset, "sendsName">; readonly config: Pick<SettledConfig, "claims"> },
): JsonObject {
  if (preset.sendsName !== true || sent === null) return claims;
  const [given, family] = ["firstName", "lastName"].map((part) => textAt(sent, part));
  const name = [given, family].filter((part) => part !== undefined).join(" ");
  const named = { name: name === "" ? undefined : name, given_name: given, family_name: family };
  return { ...kept(named, config), ...claims };
}

/** The claims of a refreshed ID token, which has no name, with the name of before. */
export function withNameOfBefore(
  claims: JsonObject,
  before: JsonObject,
  { sendsName }: Pick<ProviderPreset, "sendsName">,
): JsonObject {
  return sendsName === true ? { ...kept(before, { claims: null }), ...claims } : claims;
}

function kept(named: { readonly [name: string]: JsonValue | undefined }, { claims }: Pick<SettledConfig, "claims">): JsonObject {
  const all: { [name: string]: JsonValue } = {};
  for (const name of NAMES) {
    const value = named[name];
    if (value !== undefined && (claims === null || claims.includes(name))) all[name] = value;
  }
  return all;
}

function textAt(sent: string, part: string): string | undefined {
  try {
    const user: unknown = JSON.parse(sent);
    const name = user instanceof Object && "name" in user ? user.name : null;
    const text: unknown = name instanceof Object ? new Map<string, unknown>(Object.entries(name)).get(part) : null;
    return typeof text === "string" && text !== "" && text.length <= LONGEST && isStorable(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
