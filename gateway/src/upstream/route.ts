/** An upstream with its connections and its access rules. */
import { isIP } from "node:net";
import type { MaybePromise, TokenTarget } from "coatcheck/contracts";
import { omitUndefined } from "coatcheck/settings";
import { Pool } from "undici";
import type { AccessRule, Settings, UpstreamSettings } from "../config/config.ts";
import type { Admission, Ask, SessionLayer } from "../session/interface.ts";
import { needsOf, type TokenNeeds, type TokenTerms, termsOf } from "../session/tokens/own-tokens.ts";
import { UsersOf } from "../session/users-of.ts";
import { connectWithin } from "./connections/connection.ts";
import { ConnectionLimit } from "./connections/connection-limit.ts";
import type { IdentityHeaderMaker } from "./headers/identity-headers.ts";

interface Sending {
  /** The name that the certificate is for: the upstream's own, whatever host it is told. */
  readonly servername: string | undefined;
  /** Requests never wait for one another on a connection, so nothing need be done when a head has come. */
  readonly blocking: false;
}

/** One upstream with its rule and its connections. */
export interface Route {
  readonly name: string;
  readonly paths: readonly string[];
  readonly hosts: readonly string[];
  readonly access: AccessRule;
  readonly groups: ReadonlySet<string>;
  /** Which upstream of the settings it is, by whose list of users it goes; `null`: it has none. */
  readonly listed: number | null;
  /** The providers whose users may pass, by name; none: all. */
  readonly providers: ReadonlySet<string>;
  /** Which ways of authenticating are accepted; none: all. */
  readonly via: ReadonlySet<string>;
  readonly users: UsersOf;
  /** Makes the headers that name the user. */
  readonly told: IdentityHeaderMaker;
  readonly preflight: boolean;
  /** Whether its requests look sessions up in the store itself. */
  readonly sensitive: boolean;
  /** How long ago its users may have signed in, milliseconds; `undefined`: any time. */
  readonly maxAge: number | undefined;
  /** Of which classes their sign-in may be; none: any. */
  readonly acr: ReadonlySet<string>;
  readonly caseSensitive: boolean;
  readonly token: UpstreamSettings["token"];
  /** The API that the provider's token is for; empty: it is the session's own. */
  readonly target: TokenTarget;
  /** What a token of ours has to be good for. */
  readonly needs: TokenNeeds;
  /** The token of ours that it gets, if it gets one. */
  readonly own: TokenTerms | undefined;
  /** The audience of the forwarded assertion; `undefined`: none is forwarded. */
  readonly audience: string | undefined;
  readonly passHost: boolean;
  /** What the session layer is asked about its requests, by the public origin that they come to. */
  readonly asks: ReadonlyMap<string, Ask>;
  /** Whose turn it is to use a connection. */
  readonly limit: ConnectionLimit;
  readonly pool: Pool;
  /** For WebSockets, whose connections become streams. */
  readonly handshakes: Pool;
  /** What undici is told with every request. */
  readonly sending: Sending;
  readonly kind: "route";
}

/**
 * Opens the pool of an upstream. Connections are made when they are needed. HTTP/1.1 alone, one request at a time on
 * each.
 */
export function openRoute(
  settings: UpstreamSettings,
  place: number,
  all: Pick<Settings, "publicUrl" | "providers" | "devUsers" | "tokens">,
  told: IdentityHeaderMaker,
): Route {
  const { publicUrl: origins, providers, devUsers } = all;
  // Whether there is a login of ours to send people to.
  const signsOn = providers.length > 0 || devUsers.length > 0;
  const { timeouts, access } = settings;
  const { protocol, host, hostname } = new URL(settings.url);
  const options: Pool.Options = {
    // How many there are is for our own limit to say, which knows what lasts.
    connections: null,
    pipelining: 1,
    allowH2: false,
    connectTimeout: timeouts.connect,
    headersTimeout: timeouts.head,
    bodyTimeout: timeouts.idle,
    maxHeaderSize: 65_536,
  };
  const plain = protocol === "http:";
  const name = settings.name ?? host;
  return {
    name,
    paths: settings.paths,
    hosts: settings.hosts,
    access,
    groups: new Set(settings.groups),
    listed: settings.users.length === 0 ? null : place,
    providers: new Set(settings.providers),
    via: new Set(settings.via),
    users: new UsersOf(providers.filter(({ name }) => settings.providers.includes(name))),
    told,
    preflight: settings.preflight,
    sensitive: settings.sensitive,
    maxAge: settings.maxAge,
    acr: new Set(settings.acr),
    caseSensitive: settings.caseSensitive,
    token: settings.token,
    target: omitUndefined({ audience: settings.tokenAudience, scope: settings.tokenScope }),
    needs: needsOf(settings, all),
    own: termsOf(settings),
    audience: settings.assertion ? settings.url : undefined,
    passHost: settings.passHost,
    asks: new Map(
      origins.map((origin) => [
        origin,
        {
          require: access === "optional" ? "none" : "user",
          mayLogin: signsOn && access !== "api",
          origin,
          sensitive: settings.sensitive,
          maxAge: settings.maxAge,
          acr: settings.acr,
        },
      ]),
    ),
    kind: "route",
    limit: new ConnectionLimit(name, {
      connections: settings.connections,
      streams: settings.streams,
      queueTimeout: timeouts.queue,
    }),
    pool: new Pool(settings.url, plain ? { ...options, connect: connectWithin(timeouts.connect) } : options),
    handshakes: new Pool(settings.url, options),
    // An address has no name; TLS then goes by the host that the upstream is told, as undici has it.
    sending: { servername: plain || isIP(hostname.replace(/[[\]]/g, "")) === 0 ? hostname : undefined, blocking: false },
  };
}

/** Which rule of an upstream keeps a user out. */
type Barrier = "via" | "providers" | "users" | "groups";

/** What keeps an admitted user from this upstream; `null`: they may pass. Anonymous callers were judged before. */
export function barrierOf(
  { groups, providers, users, via, listed }: Route,
  admission: Admission,
  mayUse: SessionLayer["mayUse"],
): Barrier | null {
  const { identity } = admission;
  if (via.size > 0 && identity !== null && (admission.via === null || !via.has(admission.via))) return "via";
  if (providers.size > 0 && identity !== null && !users.has(identity)) return "providers";
  if (listed !== null && (identity === null || !mayUse(listed, identity))) return "users";
  return groups.size === 0 || admission.groups.some((group) => groups.has(group)) ? null : "groups";
}

/** The access token that the upstream gets about a user, or `undefined`. */
export function tokenFor({ token, own, target }: Route, admission: Admission): MaybePromise<string> | undefined {
  if (token === "none" || admission.identity === null) return undefined;
  return own === undefined ? admission.accessToken(undefined, target) : admission.ownToken(own);
}
