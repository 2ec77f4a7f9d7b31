/** Which settings are secrets, and how those of another reading take their place. */
import type { Settings } from "./definition.ts";

/**
 * The settings with the secrets of `fresh` and with its signing keys. All else stays as it was, and so does a secret
 * that is no longer given.
 */
export function withSecrets(settings: Settings, fresh: Settings): Settings {
  const { admin, proxyIdentity, bearer, tokens } = settings;
  return {
    ...settings,
    secrets: fresh.secrets,
    signing: fresh.signing,
    storePassword: fresh.storePassword ?? settings.storePassword,
    providers: settings.providers.map((provider) => {
      const { clientSecret } = fresh.providers.find(({ name }) => name === provider.name) ?? provider;
      return { ...provider, clientSecret };
    }),
    // An API that was off is not opened by a signal.
    admin: admin.token === undefined ? admin : { ...admin, token: fresh.admin.token ?? admin.token },
    proxyIdentity: proxyIdentity && {
      ...proxyIdentity,
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
