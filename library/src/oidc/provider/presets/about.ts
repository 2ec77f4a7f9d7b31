/** Describes for operators how a provider is treated: its preset and scope. */
import type { ProviderAbout } from "../../../contracts.ts";
import { type ProviderConfig, type SettledConfig, settleProviderConfig } from "../config.ts";
import type { Metadata } from "../discovery.ts";
import { GENERIC } from "./preset-table.ts";
import { presetOf, scopeInWords, scopeOf } from "./presets.ts";

/** Describes how a provider will be treated, as far as its configuration tells. */
export function aboutProvider(config: ProviderConfig): ProviderAbout {
  return aboutOf(settleProviderConfig(config), null);
}

/** The same once the metadata are known. */
export function aboutOf({ preset, scope }: SettledConfig, metadata: Metadata | null): ProviderAbout {
  if (metadata === null) return { preset: preset?.title ?? null, scope: scope ?? scopeInWords(preset ?? GENERIC) };
  const known = presetOf(preset, metadata);
  return { preset: known.title, scope: scope ?? scopeOf(known, metadata) };
}
