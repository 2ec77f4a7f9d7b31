/** Describes for operators how a provider is treated, with OpenID Connect or without. */
import type { ProviderAbout } from "../../contracts.ts";
import type { ProviderConfig } from "../provider/config.ts";
import { aboutProvider as aboutOpenIdProvider } from "../provider/presets/about.ts";
import { type OAuth2Config, settleOAuth2Config } from "./config.ts";
import { isOAuth2 } from "./oauth2.ts";

/**
 * Describes how a provider will be treated, as far as its configuration tells. Sends nothing.
 *
 * @throws CoatcheckError `ERR_CONFIG` for a configuration that cannot be used.
 *
 * @example
 * ```ts
 * import { aboutProvider } from "coatcheck";
 * const { preset, scope } = aboutProvider({ issuer: "https://accounts.google.com", clientId: "app" });
 * console.log(preset, scope); // Google openid profile email
 * ```
 */
export function aboutProvider(config: ProviderConfig | OAuth2Config): ProviderAbout {
  if (!isOAuth2(config)) return aboutOpenIdProvider(config);
  const { title, scope } = settleOAuth2Config(config);
  return { preset: title, scope };
}
