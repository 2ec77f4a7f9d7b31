import type { StandardSchemaV1 } from "@standard-schema/spec";
import type {
  AuditEvent,
  Clock,
  Entropy,
  JsonObject,
  Provider,
  ProxyReader,
  Report,
  SessionStore,
  Strategy,
} from "./contracts.ts";
import { createCookies } from "./cookie/names.ts";
import { deviations, type SessionOptions, sessionPolicy } from "./core/policy.ts";
import { ownerOf } from "./core/record.ts";
import { type RefreshPolicy, refreshPolicy } from "./core/renewal.ts";
import { systemEntropy } from "./crypto/entropy.ts";
import { createKeyring } from "./crypto/keyring.ts";
import type { Auth } from "./engine/auth.ts";
import { createBackground } from "./engine/background.ts";
import { sessionDirectory } from "./engine/directory.ts";
import { Endings } from "./engine/endings.ts";
import { Engine } from "./engine/engine.ts";
import { handle } from "./engine/handle.ts";
import { checkedOrigin, checkedPrefix, checkedUrl, origins, validator } from "./engine/option-checks.ts";
import { renewAbsent } from "./engine/renew-absent.ts";
import { Renewals } from "./engine/renewals.ts";
import { Resolver, type ResolverOptions } from "./engine/resolver.ts";
import { sweepHourly } from "./engine/sweep.ts";
import { systemClock } from "./engine/system.ts";
import { type AssertionOptions, assertionVerifier } from "./oidc/assertion.ts";
import type { BearerOptions } from "./oidc/bearer-verifiers.ts";
import { bearerVerifiers } from "./oidc/bearer-verifiers.ts";
import type { SiteData } from "./oidc/dependencies.ts";
import { oidcProvider } from "./oidc/provider.ts";
import type { ProviderConfig } from "./oidc/provider-config.ts";
import { oidcRoutes } from "./oidc/routes.ts";
import { bearer } from "./strategies/bearer.ts";
import { type ProxyOptions as ProxyHeaderOptions, proxyReader } from "./strategies/proxy.ts";
import { sessionStrategy } from "./strategies/session.ts";
import { keysRoute } from "./tokens/key-set.ts";

export type * from "./contracts.ts";
export { CoatcheckError, ERRORS } from "./core/errors.ts";
export { PRESETS, type SessionOptions, type SessionPolicy } from "./core/policy.ts";
export type { RefreshPolicy } from "./core/renewal.ts";
export type { Auth, Readiness } from "./engine/auth.ts";
export { SessionEnded } from "./engine/endings.ts";
export type { Known, ResolverOptions } from "./engine/resolver.ts";
export { isSignedIn } from "./engine/signed-in.ts";
export type { JwtIssuer } from "./oidc/access-token.ts";
export type { AssertionOptions } from "./oidc/assertion.ts";
export type { BearerOptions } from "./oidc/bearer-verifiers.ts";
export type { Introspection } from "./oidc/introspection.ts";
export type { ProviderConfig } from "./oidc/provider-config.ts";
export { type CustomContext, type CustomIdentity, type CustomOptions, custom } from "./strategies/custom.ts";

/** What `coatcheck()` takes. */
export interface CoatcheckOptions<Data> {
  /** The origin that browsers use, or several; cookies, redirect URIs and the CSRF origin come from it, never from a request. */
  readonly publicUrl: string | readonly string[];
  /** 32 random bytes or more as base64url; several, in a list or with commas between: the first seals, all open. */
  readonly secrets: string | readonly string[] | undefined;
  readonly store: SessionStore;
  /** The OpenID provider, or several with names; without one the app signs people in itself with `session.login`. */
  readonly provider?: ProviderConfig | Provider;
  readonly providers?: readonly (ProviderConfig | Provider)[];
  /** Bearer tokens of providers, and of your own making. Asked first; a token that is presented decides. */
  readonly bearer?: BearerOptions;
  /** Ways of your own to find out who asks, in order; all are asked before the session's cookie. */
  readonly strategies?: readonly Strategy[];
  /** A proxy in front that signs people on: who asks is whom it asserts, and never the user of an older session. */
  readonly proxy?: ProxyOptions | ProxyReaderOptions;
  /** Any Standard Schema: types `session.data`, checks what is written, completes what is read. Must answer synchronously. */
  readonly data?: StandardSchemaV1<unknown, Data>;
  /** How long sessions last. Default: NIST AAL2, an hour idle and a day in all. Milliseconds. */
  readonly session?: SessionOptions;
  /** When the provider's tokens are renewed. Default: whenever they have run out, so that a session ends when its provider ends it. */
  readonly refresh?: Partial<RefreshPolicy>;
  readonly cookie?: { readonly name?: string; readonly domain?: string; readonly sameSite?: "Lax" | "Strict" };
  /** Where our own endpoints live. Default `/auth`. */
  readonly prefix?: string;
  /** Other origins whose pages may send unsafe requests. */
  readonly trustedOrigins?: readonly string[];
  /** Where a logout ends when the provider has no page for it. A path. Default `/`. */
  readonly signedOutPage?: string;
  /** What browsers are asked to forget of this origin at a logout. Default `["cache", "storage"]`; `[]`: nothing. */
  readonly clearSiteData?: readonly SiteData[];
  /** What is kept about the client with a new session; nothing by default (OP-03). The address only as a keyed hash. */
  readonly keep?: { readonly userAgent?: boolean; readonly address?: boolean };
  /** Hears every event; for logs and metrics. Never gets a ticket, token, code, state or secret. */
  readonly on?: (event: AuditEvent) => void;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
}

/** What the app makes of whom a proxy asserts, and where its users are signed out. */
export interface ProxyUsers extends ResolverOptions {
  /** Where a logout of the proxy's user goes on to; without it they would be signed in again at once. */
  readonly signOutUrl?: string;
}

/** A proxy that signs people on: how it says who asks, and what the app makes of them. */
export interface ProxyOptions extends ProxyHeaderOptions, ProxyUsers {
  /** What the proxy signs, where it does; its plain headers are then not read. */
  readonly assertion?: AssertionOptions;
}

/** The same with a reader of your own. */
export interface ProxyReaderOptions extends ProxyUsers {
  readonly reader: ProxyReader;
}

/**
 * Puts a session layer together. Throws a `TypeError` or a `CoatcheckError` where an option cannot be right.
 *
 * @example
 * ```ts
 * const auth = coatcheck({
 *   publicUrl: "https://app.example.com",
 *   secrets: process.env["COATCHECK_SECRET"],
 *   store: memory(),
 *   provider: { issuer: "https://id.example.com", clientId: "app", clientSecret: process.env["CLIENT_SECRET"] ?? "" },
 * });
 * ```
 */
export function coatcheck<Data = JsonObject>(options: CoatcheckOptions<Data>): Auth<Data>;
export function coatcheck(options: CoatcheckOptions<unknown>): Auth<unknown> {
  const clock = options.clock ?? systemClock;
  const entropy = options.entropy ?? systemEntropy;
  const report = reporter(options.on);
  const background = createBackground(report);
  const refresh = refreshPolicy(options.refresh);
  const policy = sessionPolicy(options.session, refresh.withoutRefreshToken === "end");
  for (const reason of deviations(options.session ?? {})) report({ name: "session.refused", level: "warn", reason });
  const own = origins(options.publicUrl);
  const cookies = createCookies({ origins: own, ...options.cookie });
  const keyring = createKeyring(options.secrets, { entropy });
  const prefix = checkedPrefix(options.prefix ?? "/auth");
  const providers = givenProviders(options).map((given) =>
    isProvider(given) ? given : oidcProvider(given, { clock, entropy, report }),
  );
  const { store } = options;

  const endings = new Endings({ store, clock, policy, background });
  const renewals = new Renewals({
    store,
    providers,
    keyring,
    clock,
    entropy,
    policy,
    refresh,
    endings,
    background,
    report,
  });
  const tokens = bearerOf(options, clock);
  const proxy = proxyOf(options.proxy, { clock, report });
  const sessions = sessionDirectory({ store, clock, entropy, policy, report }, endings);

  const engine = new Engine<unknown>({
    store,
    keyring,
    clock,
    entropy,
    chain: {
      explicit: [...tokens.strategies, ...(options.strategies ?? [])],
      proxy: proxy === null ? null : { reader: proxy.reader, resolver: proxy.resolver },
      session: sessionStrategy({ cookie: cookies.session.name, policy, keepsRows: store.capabilities.keepsRows === true }),
    },
    policy,
    cookies,
    origins: { own, trusted: (options.trustedOrigins ?? []).map(checkedOrigin) },
    prefix,
    validate: validator(options.data),
    keep: { userAgent: options.keep?.userAgent ?? false, address: options.keep?.address ?? false },
    routes: [
      ...oidcRoutes({
        providers,
        store,
        sessions,
        keyring,
        clock,
        entropy,
        report,
        background,
        cookies,
        prefix,
        signedOutPage: options.signedOutPage ?? "/",
        ...(options.proxy?.signOutUrl === undefined ? {} : { proxySignOutUrl: checkedUrl(options.proxy.signOutUrl) }),
        ...(options.clearSiteData === undefined ? {} : { clearSiteData: options.clearSiteData }),
        ...(options.cookie?.domain === undefined ? {} : { returnOrigins: own }),
      }),
      keysRoute(keyring),
    ],
    report,
    background,
    endings,
    renewals,
    refresh,
  });
  const providerStates = () => providers.map((provider) => ({ name: provider.name, ready: provider.ready() }));
  const closing = new AbortController();
  background.waitUntil(sweepHourly(store, clock, report, closing.signal));
  if (refresh.background) {
    background.waitUntil(renewAbsent({ store, clock, entropy, policy, report }, renewals, closing.signal));
  }

  return {
    engine,
    handle: (request, handler, info) => handle(engine, request, handler, info),
    endAll: (owner) => sessions.endAll(typeof owner === "string" ? owner : ownerOf(owner), "elsewhere"),
    forget: (owner) => proxy?.resolver.forget(typeof owner === "string" ? owner : ownerOf(owner)),
    sessions,
    keys: keyring.keyIds,
    get providers() {
      return providerStates();
    },
    async ready() {
      const answers = await storeAnswers(store, clock);
      const states = providerStates();
      const signsOn = states.length === 0 || states.some((state) => state.ready);
      return { ready: answers && signsOn, store: answers, providers: states, keys: keyring.keyIds };
    },
    async close() {
      closing.abort();
      endings.close();
      renewals.close();
      for (const provider of providers) await provider.close();
      for (const verifier of tokens.verifiers) await verifier.close?.();
      await background.drain();
    },
  };
}

function reporter(on: CoatcheckOptions<unknown>["on"]): Report {
  if (on === undefined) return () => undefined;
  return (event) => {
    try {
      on(event);
    } catch {
      // A listener that throws must not change what a request is answered.
    }
  };
}

function proxyOf(
  given: ProxyOptions | ProxyReaderOptions | undefined,
  world: { readonly clock: Clock; readonly report: Report },
) {
  if (given === undefined) return null;
  return { reader: "reader" in given ? given.reader : readerOf(given, world), resolver: new Resolver(given, world) };
}

function readerOf({ assertion, ...options }: ProxyOptions, { clock }: { readonly clock: Clock }): ProxyReader {
  return proxyReader(options, assertion === undefined ? {} : { assertion: assertionVerifier(assertion, { clock }) });
}

function givenProviders({ provider, providers }: CoatcheckOptions<unknown>): readonly (ProviderConfig | Provider)[] {
  const all = [...(provider === undefined ? [] : [provider]), ...(providers ?? [])];
  const names = all.map((one) => one.name ?? "default");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`two providers are called ${twice}; give each a name of its own`);
  return all;
}

function bearerOf(options: CoatcheckOptions<unknown>, clock: Clock) {
  if (options.bearer === undefined) return { verifiers: [], strategies: [] };
  const clients = givenProviders(options).flatMap((given) => (isProvider(given) ? [] : [given]));
  const verifiers = bearerVerifiers(options.bearer, { clock, clients });
  return { verifiers, strategies: [bearer({ ...options.bearer, verifiers })] };
}

function isProvider(given: ProviderConfig | Provider): given is Provider {
  return "begin" in given;
}

async function storeAnswers(store: SessionStore, clock: Clock): Promise<boolean> {
  try {
    await store.marked("ready", clock.now());
    return true;
  } catch {
    return false;
  }
}
