/** The endpoints of sign-on without engine or store: a browser with cookies, and an exchange that only remembers. */
import type {
  AuditEvent,
  Identity,
  Provider,
  ProviderLogin,
  ProviderTokens,
  RouteExchange,
  RouteRequest,
  RouteResponse,
} from "../src/contracts.ts";
import { createCookies } from "../src/cookie/names.ts";
import { CoatcheckError } from "../src/core/errors.ts";
import { sessionPolicy } from "../src/core/policy.ts";
import { systemEntropy } from "../src/crypto/entropy.ts";
import { createKeyring } from "../src/crypto/keyring.ts";
import type { LoginProvider, OidcDependencies } from "../src/endpoints/dependencies.ts";
import { oidcRoutes } from "../src/endpoints/routes.ts";
import { sessionDirectory } from "../src/engine/lifecycle/directory.ts";
import { MarkerBudget } from "../src/engine/lifecycle/marker-budget.ts";
import { pagesOf } from "../src/pages/pages.ts";
import { memory } from "../src/stores/memory.ts";
import type { ManualClock } from "../src/testing/manual-clock.ts";
import { manualClock } from "../src/testing/manual-clock.ts";
import { ORIGIN, SECRET } from "./origin.ts";
import { NAVIGATION } from "./requests.ts";

/** A browser at our site, and the user there. */
export interface Browser {
  readonly jar: Map<string, string>;
  identity: Identity | null;
  tokens: ProviderTokens | null;
  provider: string | null;
  /** The tokens are sealed with a secret that is gone. */
  unreadable?: boolean;
}

export interface Sending {
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  readonly origin?: string;
}

export interface App {
  readonly deps: OidcDependencies;
  readonly clock: ManualClock;
  readonly events: AuditEvent[];
  /** Markers that were set, by key. */
  readonly markers: Map<string, number>;
  /** What endpoints did to sessions, in order. */
  readonly did: (readonly ["login", ProviderLogin, string] | readonly ["logout"])[];
  browser(): Browser;
  send(browser: Browser, method: "GET" | "POST", target: string, sending?: Sending): Promise<RouteResponse>;
  /** All work that was left to the background. */
  settled(): Promise<void>;
}

/** An app with these providers; `change` replaces parts of what the endpoints are made of, `refuses` is a store that
 * does not take what is to be stored. */
export function appWith(
  providers: readonly (LoginProvider | Provider)[],
  change: Partial<OidcDependencies> = {},
  refuses: () => boolean = () => false,
): App {
  const clock = manualClock(Date.now());
  const events: AuditEvent[] = [];
  const markers = new Map<string, number>();
  const did: App["did"] = [];
  const background = new Set<Promise<unknown>>();
  const deps: OidcDependencies = {
    providers,
    keyring: createKeyring(SECRET),
    store: {
      mark(key, until) {
        // Of the process and of no login.
        if (key.startsWith("process:")) return true;
        const first = !markers.has(key);
        markers.set(key, until);
        return first;
      },
      marked: (key) => (markers.has(key) ? "" : undefined),
    },
    sessions: sessionDirectory({
      store: memory(),
      clock,
      entropy: systemEntropy,
      policy: sessionPolicy(),
      report: () => undefined,
      announce: () => undefined,
      unfinished: { end: () => true, again: () => true },
      budget: new MarkerBudget(10, clock),
    }),
    tokens: { list: async () => [], revoke: async () => false },
    recent: 900_000,
    cookies: createCookies({ origins: [ORIGIN] }),
    clock,
    entropy: systemEntropy,
    report: (event) => void events.push(event),
    keptForm: () => Promise.resolve(null),
    pages: pagesOf(undefined, { entropy: systemEntropy, report: () => undefined }),
    background: { waitUntil: (work) => void background.add(work) },
    prefix: "/auth",
    ...change,
  };
  const routes = oidcRoutes(deps);

  return {
    deps,
    clock,
    events,
    markers,
    did,
    browser: () => ({ jar: new Map(), identity: null, tokens: null, provider: null }),
    async send(browser, method, target, sending = {}) {
      const path = target.split("?")[0]?.replace("/auth/", "");
      const route = routes.find((one) => one.path === path && one.method === method);
      if (route === undefined) throw new Error(`no route ${method} ${target}`);
      const stored: (() => void)[] = [];
      const response = await route.endpoint(requestOf(browser, method, target, sending), exchangeOf(browser, did, stored));
      if (!refuses()) for (const act of stored) act();
      keepCookies(browser, response);
      return response;
    },
    async settled() {
      await Promise.allSettled(background);
    },
  };
}

function requestOf({ jar }: Browser, method: string, target: string, { headers, body = "", origin }: Sending): RouteRequest {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const all: { readonly [name: string]: string } = { ...NAVIGATION, ...(cookie === "" ? {} : { cookie }), ...headers };
  return {
    method,
    target,
    origin: origin ?? ORIGIN,
    header: (name) => all[name],
    async body(limit) {
      if (body.length > limit) throw new CoatcheckError("ERR_BODY_TOO_LARGE");
      return body;
    },
  };
}

function exchangeOf(browser: Browser, did: App["did"], stored: (() => void)[]): RouteExchange {
  return {
    session: sessionOf(browser.identity),
    loginFromProvider(login, provider) {
      did.push(["login", login, provider]);
      Object.assign(browser, { identity: login.identity, tokens: login.tokens, provider });
    },
    logout() {
      did.push(["logout"]);
      Object.assign(browser, { identity: null });
    },
    fromProxy: false,
    byCredential: false,
    whenStored: (act) => void stored.push(act),
    tokens() {
      if (browser.unreadable === true) throw new CoatcheckError("ERR_SEAL");
      return browser.tokens;
    },
    provider: () => browser.provider,
  };
}

function sessionOf(identity: Identity | null): RouteExchange["session"] {
  const present = identity !== null;
  return {
    id: present ? "id" : null,
    identity,
    owner: present ? `${identity.issuer} ${identity.subject}` : null,
    via: present ? "session" : null,
    createdAt: present ? 1_000 : null,
    expiresAt: present ? 3_000 : null,
    idleExpiresAt: present ? 2_000 : null,
    endedReason: null,
    login: () => undefined,
  };
}

function keepCookies({ jar }: Browser, response: RouteResponse): void {
  for (const line of cookiesOf(response)) {
    const [name = "", value = ""] = line.split(";")[0]?.split("=") ?? [];
    if (line.includes("Max-Age=0")) jar.delete(name);
    else jar.set(name, value);
  }
}

export function cookiesOf(response: RouteResponse): readonly string[] {
  return response.headers.filter(([name]) => name === "set-cookie").map(([, value]) => value);
}

export function headerOf(response: RouteResponse, name: string): string | undefined {
  return response.headers.find(([one]) => one === name)?.[1];
}

/** The path and query of where a response leads, for the next request. */
export function locationOf(response: RouteResponse): string {
  return headerOf(response, "location") ?? "";
}

/** Path and query of an address at our origin. */
export function targetOf(url: string): string {
  const { pathname, search } = new URL(url, ORIGIN);
  return pathname + search;
}
