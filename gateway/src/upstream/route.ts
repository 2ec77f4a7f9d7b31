import { Pool } from "undici";
import type { AccessRule, UpstreamSettings } from "../config.ts";
import type { Ask } from "../seam.ts";

/** The most connections to one upstream; requests past that wait for one. */
const MOST_CONNECTIONS = 512;

/** One upstream with its rule and its connections. */
export interface Route {
  readonly name: string;
  readonly paths: readonly string[];
  readonly hosts: readonly string[];
  readonly access: AccessRule;
  readonly groups: ReadonlySet<string>;
  readonly preflight: boolean;
  readonly token: UpstreamSettings["token"];
  /** Whom an assertion that goes along is for; `undefined` where none does. */
  readonly audience: string | undefined;
  readonly passHost: boolean;
  /** What the session layer is asked about its requests, by the public origin that they come to. */
  readonly asks: ReadonlyMap<string, Ask>;
  readonly pool: Pool;
  readonly kind: "route";
}

/** Opens the pool of an upstream. `signsOn`: there is a login of ours to send people to. Connections are made when they are needed. HTTP/1.1 alone, one request at a time on each. */
export function openRoute(settings: UpstreamSettings, origins: readonly string[], signsOn = true): Route {
  const { timeouts, access } = settings;
  return {
    name: settings.name ?? new URL(settings.url).host,
    paths: settings.paths,
    hosts: settings.hosts,
    access,
    groups: new Set(settings.groups),
    preflight: settings.preflight,
    token: settings.token,
    audience: settings.assertion ? settings.url : undefined,
    passHost: settings.passHost,
    asks: new Map(
      origins.map((origin) => [
        origin,
        { require: access === "optional" ? "nobody" : "user", mayLogin: signsOn && access !== "api", origin },
      ]),
    ),
    kind: "route",
    pool: new Pool(settings.url, {
      connections: MOST_CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      connectTimeout: timeouts.connect,
      headersTimeout: timeouts.head,
      bodyTimeout: timeouts.idle,
      maxHeaderSize: 65_536,
    }),
  };
}
