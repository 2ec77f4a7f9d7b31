/** Implements the session layer with the library. */
import {
  type Auth,
  type Clock,
  coatcheck,
  type JsonObject,
  type PagesOptions,
  type Provider,
  type SigningOptions,
} from "coatcheck";
import { devProvider } from "coatcheck/dev";
import { CoatcheckError } from "coatcheck/errors";
import { readSecret } from "coatcheck/secrets";
import { omitUndefined } from "coatcheck/settings";
import { check } from "../check/check.ts";
import type { Settings } from "../config/config.ts";
import { plainOrigin } from "../config/development/plain-http.ts";
import { withSecrets } from "../config/with-secrets.ts";
import type { Observation } from "../observe/observe.ts";
import { problemOfError } from "../response/response.ts";
import { identityHeaderMaker, type LeftOut } from "../upstream/headers/identity-headers.ts";
import { authenticate } from "./admission.ts";
import { bearerOptions } from "./bearer.ts";
import type { SessionLayer } from "./interface.ts";
import { clientSecretOf, type LiveSettings } from "./live-settings.ts";
import { omitUnset } from "./omit-unset.ts";
import { People } from "./people/people.ts";
import { type SessionsPlace, storeOf, timedSessions } from "./place/sessions-place.ts";
import { shownSecret } from "./provider/client-secret.ts";
import { providerOf } from "./provider/provider-of.ts";
import { proxyOptions } from "./proxy-identity.ts";
import { needsOf, termsOf, tokenOptions } from "./tokens/own-tokens.ts";

/** For which people get a page. */
const OUTAGES: ReadonlySet<number> = new Set([502, 503, 504]);

/** What a test may replace: the world outside. */
export interface World {
  readonly clock?: Clock;
  readonly providers?: readonly Provider[];
}

/** The library's engine, configured as the settings say, behind what the gateway asks of a session layer. */
export function sessionLayer(
  settings: Settings,
  store: SessionsPlace,
  observation: Observation,
  world: World = {},
): SessionLayer {
  const { metrics, observer, report } = observation;
  const live: LiveSettings = { now: settings };
  const proxy = proxyOptions(settings, live);
  const bearer = bearerOptions(settings, live);
  const tokens = tokenOptions(settings, live);
  const people = new People(live);
  const auth = coatcheck({
    ...people.hooks(settings),
    publicUrl: settings.publicUrl,
    plainHttp: settings.plainHttp,
    secrets: settings.secrets,
    signing: signingOf(settings),
    store: timedSessions(store, (operation, milliseconds) => metrics.store(operation, milliseconds)),
    providers: world.providers ?? [
      ...settings.providers.map((provider) => ({
        ...providerOf(provider),
        clientSecret: shownSecret(provider, clientSecretOf(provider, live)),
      })),
      ...developmentOf(settings),
    ],
    session: sessionOf(settings),
    refresh: settings.refresh,
    sweep: { ...settings.sweep, every: settings.sweep.every === 0 ? false : settings.sweep.every },
    cookie: cookieOf(settings),
    clearSiteData: settings.session.clearSiteData,
    frontchannelLogout: frontchannelOf(settings),
    maxPendingEndings: settings.session.maxPendingEndings,
    loginChooser: settings.loginChooser,
    prefix: settings.prefix,
    pages: pagesOf(settings),
    keep: {
      userAgent: settings.session.keepUserAgent,
      address: settings.session.keepAddress === "none" ? false : settings.session.keepAddress,
    },
    on: report,
    ...omitUndefined({ proxy, bearer, tokens, signedOutPage: settings.signedOutPage, clock: world.clock }),
  });
  const leftOut: LeftOut = (reason) => observer.notice("identity-header.left-out", { reason });
  return layerOf(auth, live, store, people, leftOut);
}

function layerOf(
  auth: Auth<JsonObject>,
  live: LiveSettings,
  store: SessionsPlace,
  people: People,
  leftOut: LeftOut,
): SessionLayer {
  const { engine, assertions: signer, tokens } = auth;
  const { now: settings } = live;
  const own = { needs: needsOf(settings.check, settings), terms: termsOf(settings.check), tokens };
  const { claims } = people;
  const checker = { engine, leftOut, told: identityHeaderMaker(settings), providers: settings.providers, own, claims };
  return {
    authenticate: (request, ask) => authenticate(engine, { signer, tokens, claims }, request, ask),
    mayUse: (upstream, identity) => people.mayUse(upstream, identity),
    answerForbidden: (request) => engine.answer({ kind: "refuse", status: 403, code: "ERR_FORBIDDEN" }, request),
    watchSession: (id, onEnd) => engine.watch(id, onEnd),
    endpoints: (request) => (engine.owns(request.target) ? engine.serve(request) : undefined),
    check: (request) => check(checker, request),
    answerFailure(error, request, mayLogin = false) {
      if (!(error instanceof CoatcheckError)) return problemOfError(error);
      if (mayLogin && error.code === "ERR_SESSION_ENDED") return engine.answerThrown(error, request);
      return OUTAGES.has(error.status) ? engine.answerFailure(error, request) : problemOfError(error);
    },
    isOwnCookie: (name) => engine.isOwnCookie(name),
    proxyHeaders: engine.proxy?.headers ?? [],
    proxyProven: engine.proxy?.proven ?? false,
    directory: auth.sessions,
    tokens,
    sweep: () => auth.sweep(),
    health: {
      store: async () => (await auth.ready()).store,
      providers: () => auth.providers,
      plainHttp: plainOrigin(settings) !== undefined,
      get keys() {
        return auth.keys;
      },
    },
    adminToken: () => live.now.admin.token,
    storePassword: () => live.now.storePassword,
    changeSecrets(fresh) {
      const next = withSecrets(live.now, fresh);
      for (const value of next.proxyIdentity?.secret?.value ?? []) readSecret(value, "proxyIdentity.secret.value");
      auth.changeKeys({ secrets: next.secrets, signing: signingOf(next) });
      live.now = next;
    },
    async close(within) {
      await auth.close(omitUndefined({ within }));
      await storeOf(store)?.close();
    },
  };
}

/** The provider that stands in while an app is written. */
function developmentOf({ devUsers }: Settings) {
  const users = devUsers.map(({ name, email, groups }) => [name, { groups, ...omitUndefined({ email }) }] as const);
  return users.length === 0 ? [] : [devProvider({ users: Object.fromEntries(users) })];
}

/** As the library takes them; the configuration has seen to it that each is one of both. */
function signingOf({ signing: { keys, verify } }: Settings): SigningOptions {
  return { keys: keys.map(({ derived, key }) => derived ?? key ?? ""), verify: verify.map(omitUnset) };
}

function sessionOf({ session: { idle, lifetime, unconfirmed, recent, persistent, maxPerUser } }: Settings) {
  return { idle, lifetime, unconfirmed, recent, persistent, ...omitUndefined({ maxPerUser }) };
}

function pagesOf({ brand: { name, logo, css, accent, accentDark }, language }: Settings): PagesOptions {
  return { brand: { ...omitUndefined({ name, logo, css }), colors: omitUndefined({ accent, accentDark }) }, language };
}

function frontchannelOf({ frontchannelLogout: { enabled, maxMarkers } }: Settings) {
  return enabled ? { maxMarkers } : false;
}

function cookieOf({ session: { sameSite, domain } }: Settings) {
  return {
    sameSite: sameSite === "strict" ? ("Strict" as const) : ("Lax" as const),
    ...omitUndefined({ domain }),
  };
}
