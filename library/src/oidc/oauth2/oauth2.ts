/** `oauth2()`: the configuration of a provider without OpenID Connect, checked where it is written. */
import { type OAuth2Config, settleOAuth2Config } from "./config.ts";
import type { OAuth2Preset } from "./preset.ts";
import { OAUTH2_PRESETS } from "./preset-table.ts";

/**
 * A provider without OpenID Connect, for the options `provider` and `providers`. The presets `github`, `discord`,
 * `bitbucket` and `x` know the rest; any other takes `issuer`, `endpoints` and `user`.
 *
 * @throws CoatcheckError `ERR_CONFIG` for a configuration that cannot be used.
 *
 * @example
 * ```ts
 * import { coatcheck, oauth2 } from "coatcheck";
 * const forge = oauth2({
 *   name: "forge",
 *   issuer: "https://forge.example.com",
 *   endpoints: {
 *     authorization: "https://forge.example.com/login/oauth/authorize",
 *     token: "https://forge.example.com/login/oauth/access_token",
 *   },
 *   user: { url: "https://forge.example.com/api/v1/user", subject: "id", claims: { name: "full_name" } },
 *   clientId: "app",
 *   clientSecret: process.env["FORGE_SECRET"] ?? "",
 * });
 * const auth = coatcheck({ provider: forge, … }); // register https://app.example.com/auth/callback/forge
 * ```
 */
export function oauth2(config: Omit<OAuth2Config, "type">): OAuth2Config {
  const whole: OAuth2Config = { ...config, type: "oauth2" };
  settleOAuth2Config(whole);
  return whole;
}

/** Whether this configures a provider without OpenID Connect. */
export const isOAuth2 = (given: object): given is OAuth2Config => "type" in given && given.type === "oauth2";

/**
 * The preset of `oauth2` with this name, for configurations that are read from a file; `undefined` if there is none.
 *
 * @example
 * ```ts
 * import { oauth2Preset } from "coatcheck";
 * console.log(oauth2Preset("github")?.issuer); // https://github.com/login/oauth
 * ```
 */
export function oauth2Preset(name: string): Pick<OAuth2Preset, "name" | "title" | "issuer" | "clientAuthentication"> | undefined {
  return OAUTH2_PRESETS.find((preset) => preset.name === name);
}
