/** The providers that the options name: of OpenID Connect, without it, of the app, and the one for development. */
import type { Provider, Report, Route } from "../contracts.ts";
import { type DevPlace, type DevProvider, isDevProvider } from "../dev/standing.ts";
import type { ExaminedClient } from "../doctor/finding.ts";
import { checkedProvider, isProvider } from "../engine/option-checks.ts";
import type { OAuth2Config } from "../oidc/oauth2/config.ts";
import { isOAuth2 } from "../oidc/oauth2/oauth2.ts";
import { oauth2Provider } from "../oidc/oauth2/provider.ts";
import type { ProviderConfig } from "../oidc/provider/config.ts";
import { oidcProvider } from "../oidc/provider/provider.ts";
import type { CoatcheckOptions } from "../options.ts";

type Given = ProviderConfig | OAuth2Config | DevProvider | Provider;

interface Providers {
  readonly providers: readonly Provider[];
  /** Endpoints of a provider that stands below ours. */
  readonly routes: readonly Route[];
  /** The clients that can be examined from outside. */
  readonly clients: readonly ExaminedClient[];
}

/** Makes the providers. Throws a `TypeError` for two of one name. */
export function providersOf(options: CoatcheckOptions<unknown>, place: DevPlace & { readonly report: Report }): Providers {
  const all = givenProviders(options);
  const names = all.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`two providers are called ${twice}; give each a name of its own`);
  // First: it may refuse, and the others begin to ask for metadata when they are made.
  const [standing, another] = all.filter(isDevProvider).map((one) => one.standAt(place));
  if (another !== undefined) throw new TypeError("there are two development providers; one has room for all users");
  const made = (given: Given): readonly Provider[] => {
    if (isDevProvider(given))
      return standing === undefined ? [] : [oidcProvider(standing.config, { ...place, fetch: standing.fetch })];
    if (isProvider(given)) return [checkedProvider(given)];
    return [isOAuth2(given) ? oauth2Provider(given, place) : oidcProvider(given, place)];
  };
  const clients = [
    ...all.flatMap((given) =>
      isDevProvider(given) || isProvider(given) ? [] : [{ ...given, name: nameOf(given), issuer: given.issuer ?? "" }],
    ),
    ...(standing === undefined ? [] : [{ ...standing.config, fetch: standing.fetch }]),
  ];
  return { providers: all.flatMap(made), routes: standing?.routes ?? [], clients };
}

/** Our clients at providers of OpenID Connect, whose ID tokens have their ids as audiences. */
export const openIdClients = (options: CoatcheckOptions<unknown>): readonly ProviderConfig[] =>
  givenProviders(options).flatMap((given) => (isDevProvider(given) || isProvider(given) || isOAuth2(given) ? [] : [given]));

const givenProviders = ({ provider, providers }: CoatcheckOptions<unknown>): readonly Given[] => [
  ...(provider === undefined ? [] : [provider]),
  ...(providers ?? []),
];

const nameOf = (given: Given): string => given.name ?? (isOAuth2(given) ? given.preset : undefined) ?? "default";
