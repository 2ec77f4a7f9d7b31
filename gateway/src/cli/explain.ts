/** A configuration in words, for `check-config`. */
import { aboutProvider, type ProviderAbout } from "coatcheck";
import { formatDuration } from "coatcheck/settings";
import type { ProviderSettings, Settings } from "../config/config.ts";
import { devUsersInWords } from "../config/development/dev-users.ts";
import { formatAddress } from "../config/kinds/network-kinds.ts";
import { formatUsers } from "../config/kinds/user-entry.ts";
import { formatStores } from "../config/move/move-to.ts";
import { redirectAddresses } from "../config/redirect-addresses.ts";
import { providerOf } from "../session/provider/provider-of.ts";

interface Explained {
  readonly file: string | undefined;
  readonly warnings: readonly string[];
  readonly keys: { readonly seals: string; readonly opens: readonly string[] };
}

/** The configuration in words: what is served, to whom, for how long. Secrets are not among it. */
export function explain(settings: Settings, { file, warnings, keys }: Explained): string {
  const { session, trustedProxies } = settings;
  const lines: (readonly [string, string])[] = [
    ["file", file ?? "none"],
    ["public", settings.publicUrl.join(", ")],
    ["listen", formatAddress(settings.listen)],
    ["admin", formatAddress(settings.admin.listen)],
    ["sessions", formatStores(settings)],
    ["keys", keysLine(keys)],
    ...settings.providers.flatMap((provider) => providerLines(provider)),
    ...devUsersInWords(settings).map((line) => ["provider", line] as const),
    ...(settings.providers.length === 0 ? [] : redirectAddresses(settings).map((address) => ["register", address] as const)),
    ...settings.upstreams.map(({ url, paths, hosts, access, groups, users }) => {
      const where = hosts.length === 0 ? paths : hosts.flatMap((host) => paths.map((path) => host + path));
      return [
        "upstream",
        `${where.join(" ")} -> ${url} for ${groups.length === 0 ? access : groups.join(", ")}${usersIn(users)}`,
      ] as const;
    }),
    ["idle", formatDuration(session.idle)],
    ["lifetime", formatDuration(session.lifetime)],
    ["trusted", trustedProxies.length === 0 ? "no proxy" : trustedProxies.join(", ")],
    ["workers", String(settings.workers)],
  ];
  const table = lines.map(([name, value]) => `  ${name.padEnd(10)}${value}`);
  return ["The configuration is in order.", ...table, ...warnings.map((warning) => `  ! ${warning}`)].join("\n");
}

/** Who the provider is, and what it will be asked for: `Keycloak, scope openid profile email`. */
function providerLines(provider: ProviderSettings): (readonly [string, string])[] {
  const { name, issuer, clientId, users, groups } = provider;
  const parameters = Object.keys(provider.authorizationParameters);
  const also = parameters.length === 0 ? "" : `, with ${parameters.join(", ")}`;
  return [
    ["provider", `${name}: ${issuer} as ${clientId}`],
    ["", `${waysOf(aboutProvider(providerOf(provider)))}${also}`],
    ...(users.length + groups.length === 0
      ? []
      : [["", `for ${groups.length === 0 ? "users" : groups.join(", ")}${usersIn(users)}`] as const]),
  ];
}

const usersIn = (users: ProviderSettings["users"]): string => (users.length === 0 ? "" : ` among ${formatUsers(users)}`);

/** `Keycloak, scope openid profile email`. */
export function waysOf({ preset, scope }: Partial<ProviderAbout>): string {
  const taken = preset ?? "recognised by its metadata";
  return scope === undefined ? taken : `${taken}, scope ${scope}`;
}

/** `k7Qd (seals), none retiring`. */
export function keysLine({ seals, opens }: Explained["keys"]): string {
  const others = opens.filter((id) => id !== seals);
  return `${seals} (seals), ${others.length === 0 ? "none retiring" : `${others.join(", ")} (opens)`}`;
}
