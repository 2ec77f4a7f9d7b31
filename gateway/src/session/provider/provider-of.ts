/** A provider as the library takes it. */
import type { OAuth2Config, ProviderConfig } from "coatcheck";
import { oauth2Preset } from "coatcheck";
import { omitUndefined } from "coatcheck/settings";
import type { ProviderSettings } from "../../config/config.ts";

/** With OpenID Connect or without, as its type says. */
export function providerOf(settings: ProviderSettings): ProviderConfig | OAuth2Config {
  return settings.type === "oauth2" ? oauth2Of(settings) : openIdOf(settings);
}

function openIdOf(settings: ProviderSettings): ProviderConfig {
  const {
    type: _type,
    askGroups: _askGroups,
    endpoints: _endpoints,
    user: _user,
    recheck: _recheck,
    apple: _apple,
    ...usual
  } = settings;
  const { preset, scope, title, refreshTimeout, apiTokens, trustUnverifiedEmail: _, ...more } = usual;
  const { users: _users, groups: _groups, groupsClaim: _groupsClaim, emailClaim: _email, userClaim: _name, ...rest } = more;
  const known = preset === undefined || isOAuth2Preset(preset) ? undefined : preset;
  return { ...rest, ...omitUndefined({ preset: known, scope, title, refreshTimeout, apiTokens }) };
}

function oauth2Of(settings: ProviderSettings): OAuth2Config {
  const { name, issuer, clientId, clientSecret, clientAuthentication, authorizationParameters, loginParameters } = settings;
  const { preset, scope, title, domains, timeout, refreshTimeout, recheck, askGroups, endpoints, user } = settings;
  const known = preset !== undefined && isOAuth2Preset(preset) ? preset : undefined;
  return {
    ...({ type: "oauth2", name, issuer, clientId, clientSecret, clientAuthentication, askGroups, timeout } as const),
    ...{ authorizationParameters, loginParameters, domains },
    ...omitUndefined({ preset: known, scope, title, refreshTimeout, recheck, user }),
    ...omitUndefined({ endpoints: endpoints && omitUndefined({ ...endpoints }) }),
  };
}

const isOAuth2Preset = (preset: string): preset is NonNullable<OAuth2Config["preset"]> => oauth2Preset(preset) !== undefined;
