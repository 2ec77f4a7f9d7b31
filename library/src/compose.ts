/** The wiring: puts the parts together for the options that were given. */
import { authOf } from "./compose/auth.ts";
import { secretsOf } from "./compose/development-secret.ts";
import { enginePages } from "./compose/engine-pages.ts";
import { lifecycleOf } from "./compose/lifecycle.ts";
import { providersOf } from "./compose/providers.ts";
import { sessionsPlace } from "./compose/sessions-place.ts";
import { bearerOf, proxyOf } from "./compose/strategies.ts";
import type { JsonObject } from "./contracts.ts";
import { createCookies, plainHttpWarning } from "./cookie/names.ts";
import { omitUndefined } from "./core/options/omit-undefined.ts";
import { deviations, recentLogin, sessionPolicy } from "./core/policy.ts";
import { refreshPolicy } from "./core/refresh.ts";
import { systemEntropy } from "./crypto/entropy.ts";
import { keysInUse } from "./crypto/keys-in-use.ts";
import { examinable } from "./doctor/subjects.ts";
import { keysRoute } from "./endpoints/keys.ts";
import { askingApp } from "./endpoints/login/admission.ts";
import { oidcRoutes } from "./endpoints/routes.ts";
import { RequestEngine } from "./engine/engine.ts";
import { createBackground } from "./engine/lifecycle/background.ts";
import { sweepPlan } from "./engine/lifecycle/sweep/options.ts";
import { Sweeper } from "./engine/lifecycle/sweep/sweep.ts";
import { checkedOrigin, checkedPrefix, checkedStrategies, checkedUrl, origins, validator } from "./engine/option-checks.ts";
import { refreshAbsent } from "./engine/refresh/background-job.ts";
import { RefreshCoordinator } from "./engine/refresh/coordinator.ts";
import { reporter } from "./engine/reporter.ts";
import { formFinder } from "./engine/request/step-up/kept-forms.ts";
import { systemClock } from "./engine/system.ts";
import type { Auth } from "./http/auth.ts";
import { keptAddress } from "./net/kept-address.ts";
import { checkOptionNames } from "./options/known-options.ts";
import { checkedHook } from "./options/refresh-hook.ts";
import type { CoatcheckOptions } from "./options.ts";
import { pagesOf } from "./pages/pages.ts";
import { keysOfAudiences } from "./tokens/options.ts";
import { tokensOf } from "./tokens/tokens.ts";

/**
 * Puts a session layer together. Throws a `TypeError` or a `CoatcheckError` for an option that cannot be right.
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
  checkOptionNames(options);
  const clock = options.clock ?? systemClock;
  const entropy = options.entropy ?? systemEntropy;
  const report = reporter(options.on);
  const background = createBackground(report);
  const refresh = refreshPolicy(options.refresh);
  const policy = sessionPolicy(options.session, refresh.withoutRefreshToken === "end");
  for (const reason of deviations(options.session ?? {})) report({ name: "session.preset-exceeded", level: "warn", reason });
  const sweep = sweepPlan(options.sweep);
  const pages = pagesOf(options.pages, { entropy, report });
  const own = origins(options.publicUrl);
  const cookies = createCookies({ origins: own, ...options.cookie, ...omitUndefined({ plainHttp: options.plainHttp }) });
  const hint = plainHttpWarning(own);
  if (hint !== undefined) report({ name: "address.insecure", level: "warn", hint });
  const { signing: signingOptions } = options;
  const secrets = secretsOf(options, own, entropy);
  const audiences = keysOfAudiences(options.tokens);
  const keys = keysInUse({ secrets, ...omitUndefined({ signing: signingOptions }) }, entropy, {
    now: () => clock.now(),
    ...omitUndefined({ audiences }),
  });
  const { keyring, signing } = keys;
  const prefix = checkedPrefix(options.prefix ?? "/auth");
  const place = sessionsPlace(options, { clock, keyring, cookies, policy, report });
  const { store, sealed } = place;
  const issuer = own[0] ?? "";
  const ownTokens = tokensOf(options.tokens, {
    keys: signing,
    keyring,
    issuer,
    prefix,
    store,
    clock,
    entropy,
    policy,
    report,
    pages,
  });
  // Before anything is begun that would have to be closed.
  const bearers = bearerOf(options, clock, ownTokens.verifiers);
  const reserved = options.proxy === undefined ? ["session"] : ["session", "proxy"];
  const explicit = checkedStrategies([...bearers.strategies, ...(options.strategies ?? [])], reserved);
  const standing = { origins: own, prefix, keyring, store, clock, entropy, report };
  const { providers, routes, clients } = providersOf(options, standing);

  const world = { store, clock, entropy, policy, report, background, providers, keyring };
  const { endings, announce, unfinished, served, directory } = lifecycleOf(options, { ...world, ...place.notices });
  const sessions = place.directory(directory);
  const onRefresh = askingApp(checkedHook(options.onRefresh, refresh), clock);
  const coordinator = new RefreshCoordinator({ ...world, refresh, endings, announce, ...omitUndefined({ onRefresh }) });
  const proxy = proxyOf(options.proxy, world);
  const issuing = ownTokens.with({ announce, unfinished });
  const engine = new RequestEngine<unknown>({
    ...world,
    sealed,
    chain: {
      explicit,
      proxy: proxy === null ? null : { reader: proxy.reader, resolver: proxy.resolver },
      session: place.session(served),
    },
    cookies,
    origins: { own, trusted: (options.trustedOrigins ?? []).map(checkedOrigin) },
    prefix,
    validate: validator(options.data),
    keep: {
      userAgent: options.keep?.userAgent ?? false,
      address: keptAddress(options.keep?.address),
      addressOf: options.keep?.addressOf ?? ((request) => request.client ?? request.peer),
    },
    routes: [
      ...oidcRoutes({
        ...world,
        keptForm: formFinder(world),
        pages,
        sessions,
        tokens: issuing.directory,
        recent: recentLogin(options.session),
        cookies,
        prefix,
        frontchannelLogout: (options.frontchannelLogout ?? false) !== false,
        ...omitUndefined({
          loginChooser: options.loginChooser,
          signedOutPage: options.signedOutPage,
          proxySignOutUrl: options.proxy?.signOutUrl === undefined ? undefined : checkedUrl(options.proxy.signOutUrl),
          clearSiteData: options.clearSiteData,
          onSignIn: options.onSignIn,
          onLink: options.onLink,
          loginRoom: place.loginRoom,
          returnOrigins: options.cookie?.domain === undefined ? undefined : own,
        }),
      }),
      ...routes,
      keysRoute(signing, clock),
      ...issuing.routes,
    ],
    endings,
    announce,
    unfinished,
    coordinator,
    refresh,
    ...enginePages(pages),
  });
  const closing = new AbortController();
  const sweeper = new Sweeper({ ...world, signal: closing.signal, idle: policy.idle, plan: sweep });
  background.waitUntil(sweeper.periodically());
  if (refresh.background) background.waitUntil(refreshAbsent(world, coordinator, closing.signal));

  const auth = authOf({
    ...world,
    engine,
    verifiers: bearers.verifiers,
    keys,
    issuer,
    sessions,
    tokens: issuing.directory,
    resolver: proxy?.resolver,
    sweeper,
    closing,
    closes: [endings, coordinator, unfinished],
  });
  const stores = [{ name: "", open: () => place.examined, closes: false }];
  return examinable(auth, { ...standing, clients, stores, now: () => clock.now() });
}
