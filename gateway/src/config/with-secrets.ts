/** What SIGHUP changes: secrets, and files of users. How those of another reading take their place. */
import type { Settings } from "./definition.ts";
import { type UserEntry, withFiles } from "./kinds/user-entry.ts";

/**
 * The settings with the secrets of `fresh`, with its signing keys, and with what its files of users hold. All else
 * stays as it was, and so does what is no longer given.
 */
export function withSecrets(settings: Settings, fresh: Settings): Settings {
  const { admin, proxyIdentity, bearer, tokens } = settings;
  const files = filesOf(fresh);
  return {
    ...settings,
    secrets: fresh.secrets,
    signing: fresh.signing,
    storePassword: fresh.storePassword ?? settings.storePassword,
    providers: settings.providers.map((provider) => {
      const { clientSecret } = fresh.providers.find(({ name }) => name === provider.name) ?? provider;
      return { ...provider, clientSecret, users: withFiles(provider.users, files) };
    }),
    upstreams: settings.upstreams.map((upstream) => ({ ...upstream, users: withFiles(upstream.users, files) })),
    // An API that was off is not opened by a signal.
    admin: admin.token === undefined ? admin : { ...admin, token: fresh.admin.token ?? admin.token },
    proxyIdentity: proxyIdentity && {
      ...proxyIdentity,
      users: withFiles(proxyIdentity.users, files),
      secret: proxyIdentity.secret && {
        ...proxyIdentity.secret,
        value: fresh.proxyIdentity?.secret?.value ?? proxyIdentity.secret.value,
      },
    },
    tokens: {
      ...tokens,
      audiences: tokens.audiences.map((audience) => {
        const { introspection } = fresh.tokens.audiences.find(({ name }) => name === audience.name) ?? audience;
        // Nor is an endpoint that was off.
        return { ...audience, introspection: audience.introspection && (introspection ?? audience.introspection) };
      }),
    },
    bearer: bearer && {
      ...bearer,
      introspection: bearer.introspection && {
        ...bearer.introspection,
        clientSecret: fresh.bearer?.introspection?.clientSecret ?? bearer.introspection.clientSecret,
      },
    },
  };
}

function filesOf({ providers, upstreams, proxyIdentity }: Settings): ReadonlyMap<string, UserEntry> {
  const lists = [...providers, ...upstreams, ...(proxyIdentity === undefined ? [] : [proxyIdentity])];
  const entries = lists.flatMap(({ users }) => users);
  return new Map(entries.flatMap((entry) => (entry.file === null ? [] : [[entry.file, entry] as const])));
}
