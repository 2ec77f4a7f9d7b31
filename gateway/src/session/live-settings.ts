/** The settings, of which the secrets alone change while the gateway runs (S-64). */
import type { ProviderSettings, Settings } from "../config/config.ts";

/** The settings with the secrets of now. */
export interface LiveSettings {
  now: Settings;
}

/** A provider's client secret as it is when it is asked. */
export const clientSecretOf =
  (provider: ProviderSettings, live: LiveSettings): (() => string) =>
  () =>
    (live.now.providers.find(({ name }) => name === provider.name) ?? provider).clientSecret;
