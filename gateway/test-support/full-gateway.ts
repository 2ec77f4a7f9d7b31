import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import type { JsonObject, SessionStore } from "coatcheck";
import { coatcheck } from "coatcheck";
import { sealedCookie } from "coatcheck/cookie";
import { memory } from "coatcheck/memory";
import { signIn } from "coatcheck/testing";
import type { Settings } from "../src/config/config.ts";
import { observe } from "../src/observe/observe.ts";
import type { Gateway } from "../src/server/gateway.ts";
import { startGateway } from "../src/server/gateway.ts";
import type { World } from "../src/session/session-layer.ts";
import { sessionLayer } from "../src/session/session-layer.ts";
import { PUBLIC, settingsOf } from "./harness.ts";
import type { Answered, Asking, Listening } from "./talk.ts";
import { ask, listenOn } from "./talk.ts";

/** A store that can be cut off, as by a network. */
export interface CutStore extends SessionStore {
  down: boolean;
  /** What its errors say, as a driver's do that quotes what it was asked. */
  complaint: string;
}

/** The same store behind a line that a test can cut. */
export function cutStore(store: SessionStore): CutStore {
  const line = { down: false, complaint: "the line to the store is cut" };
  const guarded = new Proxy(store, {
    get(target, name) {
      if (name === "down" || name === "complaint") return line[name];
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...given: readonly unknown[]): unknown => {
        if (line.down && name !== "close") throw new Error(line.complaint);
        return Reflect.apply(member, target, given);
      };
    },
    set: (_target, name, value) => Reflect.set(line, name, value),
  });
  return Object.assign(guarded, line);
}

/** What an app behind the gateway was asked. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
}

/** A gateway with the real engine, and an app behind it or beside it that writes down what it was asked. */
export interface FullGateway extends AsyncDisposable {
  readonly server: Gateway;
  readonly port: number;
  readonly appPort: number;
  readonly store: CutStore;
  readonly settings: Settings;
  readonly log: string[];
  /** Every request that reached the app. */
  readonly seen: Seen[];
  /** Signs a user in and answers their `Cookie`. */
  signIn(subject: string, claims?: JsonObject, by?: { readonly issuer?: string; readonly method?: string }): Promise<string>;
  ask(path: string, asking?: Asking): Promise<Answered>;
  /** The status of a script's request with this cookie: 401 once its session has ended. */
  statusWith(cookie: string, path?: string): Promise<number>;
  /** Asks the admin listener. */
  admin(path: string, asking?: Asking): Promise<Answered>;
  /** Reads the configuration again, as SIGHUP does. */
  reload(): void;
  /** Stops the gateway alone. */
  close(): Promise<void>;
}

export interface FullGatewayOptions {
  /** Parts of the configuration file. */
  readonly config?: { readonly [key: string]: unknown };
  /** Of the one upstream; `url` is the app's. */
  readonly upstream?: { readonly [key: string]: unknown };
  /** Several, which get the app's address. None: the gateway proxies nothing. */
  readonly upstreams?: readonly { readonly [key: string]: unknown }[];
  readonly store?: SessionStore;
  /** Sessions are in their cookies, and `store` keeps markers, or nothing at all. */
  readonly sealed?: "marks" | "alone";
  readonly world?: World;
  readonly app?: RequestListener;
}

/** The app: it shows what it was asked. */
function showing(seen: Seen[], listener: RequestListener | undefined): RequestListener {
  return (message, response) => {
    const { method = "", url = "", headers, rawHeaders } = message;
    seen.push({ method, url, headers, rawHeaders });
    message.resume();
    if (listener !== undefined) listener(message, response);
    else response.setHeader("content-type", "application/json").end(JSON.stringify({ app: true, method, url, headers }));
  };
}

/** Starts one. */
export async function startFullGateway(options: FullGatewayOptions = {}): Promise<FullGateway> {
  const seen: Seen[] = [];
  const app = await listenOn(showing(seen, options.app));
  try {
    return await fullGatewayOf(options, seen, app);
  } catch (error) {
    await app[Symbol.asyncDispose]();
    throw error;
  }
}

async function fullGatewayOf(options: FullGatewayOptions, seen: Seen[], app: Listening): Promise<FullGateway> {
  const url = `http://127.0.0.1:${app.port}`;
  const upstreams = options.upstreams ?? [{ access: "user", ...options.upstream }];
  const file = {
    secrets: [randomBytes(32).toString("base64url")],
    trustedProxies: ["127.0.0.0/8"],
    upstreams: upstreams.map((one) => ({ url, ...one })),
    log: { level: "debug" },
    ...options.config,
  };
  const settings = settingsOf(file);
  const store = cutStore(options.store ?? memory());
  const marks = options.sealed === "marks" ? { marks: store } : {};
  const place = options.sealed === undefined ? store : sealedCookie(marks);
  const log: string[] = [];
  const observation = observe(settings, { write: (line) => void log.push(line) });
  const sessions = sessionLayer(settings, place, observation, options.world ?? { providers: [] });
  const gateway = await startGateway({ settings, sessions, observation });
  const { publicUrl, secrets, session } = settings;
  const { idle, lifetime } = session;
  const clock = options.world?.clock;
  const world = clock === undefined ? {} : { clock };
  const auth = coatcheck({ publicUrl, secrets, store: place, session: { idle, lifetime }, ...world });
  return {
    server: gateway,
    port: gateway.port,
    appPort: app.port,
    store,
    settings,
    log,
    seen,
    signIn: (subject, claims = {}, by = {}) => signIn(auth, { subject, claims, ...by }),
    ask: (path, asking) => ask(gateway.port, path, asking),
    statusWith: async (cookie, path = "/a") => (await ask(gateway.port, path, { headers: { ...SCRIPT, cookie } })).status,
    admin: (path, asking = {}) =>
      ask(gateway.adminPort ?? 0, path, { ...asking, headers: { host: "localhost", ...asking.headers } }),
    reload: () => sessions.changeSecrets(settingsOf(file)),
    close: () => gateway.close(),
    async [Symbol.asyncDispose]() {
      store.down = false;
      await gateway.close();
      await auth.close();
      await app[Symbol.asyncDispose]();
    },
  };
}

/** Headers of a browser that is going to show a page. */
export const PAGE = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none" };
/** Headers of a page's own script. */
export const SCRIPT = {
  accept: "application/json",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
  "sec-fetch-site": "same-origin",
};
/** The public origin. */
export const ORIGIN = `https://${PUBLIC}`;
