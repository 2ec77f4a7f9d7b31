import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import type { EndReason, Identity } from "coatcheck/contracts";
import { CoatcheckError } from "coatcheck/errors";
import type { Settings } from "../src/config/config.ts";
import { loadConfig } from "../src/config/config.ts";
import { formatProblems } from "../src/config/sources/place.ts";
import { observe } from "../src/observe/observe.ts";
import { headerOf } from "../src/request/client-request.ts";
import { problemOf, problemOfError } from "../src/response/response.ts";
import type { Gateway } from "../src/server/gateway.ts";
import { startGateway } from "../src/server/gateway.ts";
import { groupsOf } from "../src/session/groups.ts";
import type { Admission, SessionLayer } from "../src/session/interface.ts";

/** The host that tests send: the public one. */
export const PUBLIC = "app.example.com";

/** Who a cookie `__Host-Http-coatcheck=NAME` is, in these tests. */
export const USERS: { readonly [name: string]: Identity } = {
  alice: userNamed("alice", ["staff", "admins"]),
  bob: userNamed("bob", ["guests"]),
};

function userNamed(subject: string, groups: readonly string[]): Identity {
  const claims = { email: `${subject}@example.com`, preferred_username: subject, groups };
  return { issuer: "https://id.example.com", subject, claims, authenticatedAt: 0, method: "oidc:default" };
}

/** What tests can say about the session layer. */
export interface Control {
  users: { [name: string]: Identity };
  /** What `settle` answers, and was asked with. */
  settle: (status: number) => readonly string[] | Promise<readonly string[]>;
  /** What a rejected access token is refreshed to. */
  refresh: (rejected: string) => string | Promise<string>;
  /** Whether sessions have a refresh token. */
  refreshes: boolean;
  /** What waits for the end of a session, by its id. */
  readonly watchers: Map<string, Set<(reason: EndReason) => void>>;
  asked: number;
}

/** Ends a session, as far as the gateway hears of it. */
export function endSession({ watchers }: Control, id: string, reason: EndReason = "logout"): void {
  for (const onEnd of watchers.get(id) ?? []) onEnd(reason);
}

function nameIn(cookie: string | undefined): string | undefined {
  return /(?:^|; )__Host-Http-coatcheck=([a-z]+)/.exec(cookie ?? "")?.[1];
}

const KEYS = { seals: "k1", opens: ["k1"], signs: "s1", verifies: ["s1"] };

function sessionLayer(control: Control): SessionLayer {
  const admissionOf = (name: string | undefined): Admission => {
    const known = name === undefined ? undefined : control.users[name];
    return {
      kind: "admitted",
      identity: known ?? null,
      groups: groupsOf(known ?? null),
      via: known === undefined ? null : "session",
      sessionId: known === undefined ? null : `id-of-${name}`,
      refreshes: control.refreshes,
      accessToken: (rejected) => (rejected === undefined ? `token-of-${name}` : control.refresh(rejected)),
      ownToken: ({ audience }) => `own-token-of-${name}-for-${audience}`,
      assertion: (audience) => (known === undefined ? "" : `${name} for ${audience}`),
      settle: (status) => control.settle(status),
    };
  };
  return {
    authenticate(request, { require, mayLogin }) {
      control.asked++;
      const name = nameIn(request.header("cookie"));
      if (name === "down") throw new CoatcheckError("ERR_STORE_UNAVAILABLE");
      if (name === "slow") return Promise.resolve(admissionOf("alice"));
      const admission = admissionOf(name);
      if (require === "none" || admission.identity !== null) return admission;
      if (mayLogin && request.header("accept")?.includes("text/html") === true) {
        return { kind: "rejected", response: { status: 302, headers: [["location", "/auth/login"]], body: "" } };
      }
      return { kind: "rejected", response: problemOf("ERR_UNAUTHENTICATED") };
    },
    watchSession(id, onEnd) {
      const watchers = control.watchers.get(id) ?? new Set();
      control.watchers.set(id, watchers.add(onEnd));
      return () => void watchers.delete(onEnd);
    },
    endpoints: async (request) => {
      if (request.path === "/echo")
        return { status: 200, headers: [["content-type", "text/plain"]], body: `${request.method} ${await request.body(1024)}` };
      if (request.path === "/boom") throw new Error("secret-canary");
      return undefined;
    },
    check: (request) => {
      const name = nameIn(request.header("cookie"));
      const seen = [
        ["x-seen", `${request.askedBy} ${request.method} ${request.origin} ${request.target} ${request.groups.join("+")}`],
      ] as const;
      return name === undefined ? problemOf("ERR_UNAUTHENTICATED", seen) : { status: 200, headers: seen, body: "" };
    },
    answerFailure: problemOfError,
    answerForbidden: () => problemOf("ERR_FORBIDDEN"),
    mayUse: () => true,
    isOwnCookie: (name) => /^coatcheck(?:\.|$)/.test(name.replace(/^__(?:host-http|host|secure|http)-/i, "")),
    proxyHeaders: ["x-authentik-uid", "x-proxy-secret"],
    proxyProven: false,
    sweep: async () => ({ deleted: 0, rows: null, complete: true }),
    tokens: {
      issue: () => Promise.reject(new Error("not here")),
      issuePersonal: () => Promise.reject(new Error("not here")),
      list: async () => [],
      revoke: async () => false,
      signIn: async () => false,
      forSession: () => ({ accessToken: "own-token", expiresAt: 0 }),
    },
    directory: {
      list: async () => [],
      show: async () => null,
      end: async () => false,
      endAll: async () => 0,
      signedOut: async () => 0,
    },
    health: { store: () => true, providers: () => [{ name: "default", ready: true }], keys: KEYS },
    adminToken: () => undefined,
    storePassword: () => undefined,
    changeSecrets: () => {},
    close: () => {},
  };
}

/** A gateway between a test and an upstream of its own. */
export interface Harness extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly port: number;
  readonly upstreamPort: number;
  readonly control: Control;
  readonly settings: Settings;
  /** Every log line so far. */
  readonly log: string[];
  /** Sends bytes as they are and answers all that comes back until the connection closes. */
  raw(text: string | Buffer): Promise<string>;
  /** A GET with headers, by raw socket, on a connection of its own. */
  get(path: string, headers?: { readonly [name: string]: string }): Promise<string>;
  metrics(): Promise<string>;
}

export interface HarnessOptions {
  /** Parts of the configuration file. */
  readonly config?: { readonly [key: string]: unknown };
  /** Of the one upstream; `url` is the harness's. */
  readonly upstream?: { readonly [key: string]: unknown };
  /** Several, which get the harness's URL. */
  readonly upstreams?: readonly { readonly [key: string]: unknown }[];
  readonly prepare?: (server: Server) => void;
}

/** Starts an upstream with this listener and a gateway in front of it. */
export async function startHarness(listener: RequestListener, options: HarnessOptions = {}): Promise<Harness> {
  const upstream = createServer({ highWaterMark: 16_384 }, listener);
  // A test that fails before it has its harness ends all the same.
  upstream.unref();
  options.prepare?.(upstream);
  const upstreamPort = await new Promise<number>((resolve) => {
    upstream.listen(0, "127.0.0.1", () => resolve(portOf(upstream)));
  });
  const url = `http://127.0.0.1:${upstreamPort}`;
  const upstreams = options.upstreams ?? [{ access: "optional", ...options.upstream }];
  const settings = settingsOf({ upstreams: upstreams.map((one) => ({ url, ...one })), ...options.config });
  const control: Control = {
    users: { ...USERS },
    settle: () => [],
    refresh: (rejected) => rejected,
    refreshes: false,
    watchers: new Map(),
    asked: 0,
  };
  const log: string[] = [];
  const observation = observe(settings, { write: (line) => void log.push(line) });
  const gateway = await startGateway({ settings, sessions: sessionLayer(control), observation });
  const raw = (text: string | Buffer): Promise<string> => exchange(gateway.port, text);
  return {
    gateway,
    port: gateway.port,
    upstreamPort,
    control,
    settings,
    log,
    raw,
    get: (path, headers = {}) => {
      const lines = Object.entries({ Host: PUBLIC, Connection: "close", ...headers }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      return raw(Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"));
    },
    metrics: async () => (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text(),
    async [Symbol.asyncDispose]() {
      upstream.closeAllConnections();
      await gateway.close();
      upstream.closeAllConnections();
      await new Promise((resolve) => upstream.close(resolve));
    },
  };
}

/** Complete settings from parts of a file. */
export function settingsOf(config: { readonly [key: string]: unknown }): Settings {
  const file = {
    secrets: [randomBytes(32).toString("base64url")],
    publicUrl: [`https://${PUBLIC}`],
    listen: "127.0.0.1:0",
    admin: { listen: "127.0.0.1:0" },
    store: "memory:",
    providers: [{ issuer: "https://id.example.com", clientId: "app", clientSecret: "s" }],
    limits: { shutdown: "200ms" },
    ...config,
  };
  const loaded = loadConfig({ args: [], environment: {}, directory: "/nonexistent", file });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.settings;
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const bound: AddressInfo | string | null = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

/** Sends bytes and answers what comes back until the connection closes. */
export function exchange(port: number, text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}

/** The status of a raw answer. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

/** The body of a raw answer with a known length. */
export const bodyOf = (answer: string): string => answer.slice(answer.indexOf("\r\n\r\n") + 4);

/** An upstream that answers with what it received. */
export const echo: RequestListener = (message, response) => {
  const body = JSON.stringify({ method: message.method, url: message.url, rawHeaders: message.rawHeaders });
  response.setHeader("content-type", "application/json");
  response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
};

/** What an echoing upstream received. */
export interface Echoed {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
}

/** Reads the answer of `echo`. */
export function echoed(answer: string): Echoed {
  const value: unknown = JSON.parse(Buffer.from(bodyOf(answer), "latin1").toString("utf8"));
  if (!isEchoed(value)) throw new TypeError(`no echo: ${answer}`);
  return value;
}

function isEchoed(value: unknown): value is Echoed {
  return typeof value === "object" && value !== null && "rawHeaders" in value && Array.isArray(value.rawHeaders);
}

/** The value of a header that the upstream received. */
export const received = (answer: string, name: string): string | undefined => headerOf(echoed(answer).rawHeaders, name);

/** The whole body of a message. */
export async function textOf(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of message) text += String(chunk);
  return text;
}
