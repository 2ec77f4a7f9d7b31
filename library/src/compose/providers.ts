/** The providers that the options name: of OpenID Connect, without it, and of the app's own. */
import type { Provider } from "../contracts.ts";
import { checkedProvider, isProvider } from "../engine/option-checks.ts";
import type { OAuth2Config } from "../oidc/oauth2/config.ts";
import { isOAuth2 } from "../oidc/oauth2/oauth2.ts";
import { oauth2Provider } from "../oidc/oauth2/provider.ts";
import type { ProviderConfig } from "../oidc/provider/config.ts";
import { oidcProvider, type ProviderWorld } from "../oidc/provider/provider.ts";
import type { CoatcheckOptions } from "../options.ts";

type Given = ProviderConfig | OAuth2Config | Provider;

/** Makes the providers. Throws a `TypeError` for two of one name. */
export function providersOf(options: CoatcheckOptions<unknown>, world: ProviderWorld): readonly Provider[] {
  const all = givenProviders(options);
  const names = all.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`two providers are called ${twice}; give each a name of its own`);
  return all.map((given) => {
    if (isProvider(given)) return checkedProvider(given);
    return isOAuth2(given) ? oauth2Provider(given, world) : oidcProvider(given, world);
  });
}

/** Our clients at providers of OpenID Connect, whose ID tokens have their ids as audiences. */
export const openIdClients = (options: CoatcheckOptions<unknown>): readonly ProviderConfig[] =>
  givenProviders(options).flatMap((given) => (isProvider(given) || isOAuth2(given) ? [] : [given]));

const givenProviders = ({ provider, providers }: CoatcheckOptions<unknown>): readonly Given[] => [
  ...(provider === undefined ? [] : [provider]),
  ...(providers ?? []),
];

const nameOf = (given: Given): string => given.name ?? (isOAuth2(given) ? given.preset : undefined) ?? "default";
