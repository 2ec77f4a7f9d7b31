/** Keycloak, once with a client as people make it in a hurry, once as docs/guides/keycloak.md says. */
import { guideFile } from "../guide.ts";
import type { Client, Place, Provider, Running } from "../provider.ts";
import { KeycloakAdmin } from "./admin.ts";
import { KeycloakServer } from "./server.ts";

const LANE = "keycloak";
const SETTINGS = "keycloak/coatcheck.config.yaml";

/** The process that both columns share, until the laboratory ends. */
let shared: Promise<KeycloakServer> | undefined;
const processes = new AsyncDisposableStack();

export const closeKeycloak = (): Promise<void> => processes.disposeAsync();

/** A client that has nothing but a redirect URI, and a gateway that knows nothing but the issuer. */
export const KEYCLOAK: Provider = {
  id: "keycloak",
  title: "Keycloak, nothing but a redirect URI",
  lane: LANE,
  lacks: { "back-channel": "Without a *backchannel logout URL* Keycloak sends no logout token." },
  settings: () => guideFile(SETTINGS).replace(/^ *backchannelLogoutSessionRequired:.*\n/m, ""),
  open: (place) => openRealm("plain", place, plainClient),
};

export const KEYCLOAK_AS_GUIDED: Provider = {
  id: "keycloak-guide",
  title: "Keycloak, as its guide says",
  lane: LANE,
  lacks: {
    "every-notice":
      "With *session required* Keycloak names one `sid` in the one token that it sends then. The others end when their access tokens have run out: " +
      "*Access Token Lifespan* bounds it.",
  },
  settings: () => guideFile(SETTINGS),
  open: (place) => openRealm("main", place, guidedClient),
};

async function openRealm(realm: string, place: Place, clientOf: (client: Client) => object): Promise<Running> {
  shared ??= KeycloakServer.open(processes);
  const server = await shared;
  const { recorder, clients, users, password, lifetime } = place;
  recorder.leadTo(server.port);
  const admin = new KeycloakAdmin(recorder.origin);
  await admin.createRealm({
    realm,
    enabled: true,
    accessTokenLifespan: lifetime,
    // Passwords here protect nothing, and hashing them well takes long.
    passwordPolicy: "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)",
    clients: clients.map(clientOf),
    users: users.map((username) => ({
      username,
      enabled: true,
      email: username,
      emailVerified: true,
      firstName: "Some",
      lastName: "Body",
      credentials: [{ type: "password", value: password, temporary: false }],
    })),
  });
  return {
    issuer: `${recorder.origin}/realms/${realm}`,
    stop: () => server.stop(),
    start: () => server.start(),
    disableUser: (user) => admin.disableUser(realm, user),
    endSessions: (user) => admin.endSessions(realm, user),
    rotateKeys: () => admin.addKey(realm),
  };
}

/** As *Clients, Create client* makes it. */
const plainClient = ({ id, secret, origin }: Client): object => ({
  clientId: id,
  secret,
  publicClient: false,
  redirectUris: [`${origin}/*`],
  attributes: { "post.logout.redirect.uris": "+" },
});

/** As the guide has it. */
function guidedClient({ id, secret, origin }: Client): object {
  const text = guideFile("keycloak/client.json").replaceAll("https://app.example.com", origin);
  return { ...JSON.parse(text), clientId: id, secret };
}
