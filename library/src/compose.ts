/** The wiring: puts the parts together for the options that were given. */
import type {
  AssertionSigner,
  Clock,
  JsonObject,
  Provider,
  ProxyReader,
  Report,
  SessionStore,
  TokenVerifier,
} from "./contracts.ts";
import { createCookies } from "./cookie/names.ts";
import { isKept } from "./core/hot-rows.ts";
import { omitUndefined } from "./core/options/omit-undefined.ts";
import { deviations, sessionPolicy } from "./core/policy.ts";
import { ownerOf } from "./core/record.ts";
import { refreshPolicy } from "./core/refresh.ts";
import { systemEntropy } from "./crypto/entropy.ts";
import { keysInUse } from "./crypto/keys-in-use.ts";
import { ServedSecrets } from "./crypto/served-secrets.ts";
import { hashProof, rememberingProof, type TicketProof } from "./crypto/ticket-proof.ts";
import { keysRoute } from "./endpoints/keys.ts";
import { forbiddenPage } from "./endpoints/pages/forbidden-page.ts";
import { outagePage } from "./endpoints/pages/outage-page.ts";
import { oidcRoutes } from "./endpoints/routes.ts";
import { boundedStore, checkedStoreTimeout } from "./engine/bounded-store.ts";
import { RequestEngine } from "./engine/engine.ts";
import { type Announce, announcer } from "./engine/lifecycle/announce.ts";
import { createBackground } from "./engine/lifecycle/background.ts";
import { sessionDirectory } from "./engine/lifecycle/directory.ts";
import { Endings } from "./engine/lifecycle/endings.ts";
import { MarkerBudget } from "./engine/lifecycle/marker-budget.ts";
import { sweepPlan } from "./engine/lifecycle/sweep/options.ts";
import { Sweeper } from "./engine/lifecycle/sweep/sweep.ts";
import { UnfinishedEndings } from "./engine/lifecycle/unfinished-endings.ts";
import {
  checkedCount,
  checkedOrigin,
  checkedPrefix,
  checkedProvider,
  checkedStrategies,
  checkedUrl,
  isProvider,
  origins,
  validator,
} from "./engine/option-checks.ts";
import { refreshAbsent } from "./engine/refresh/background-job.ts";
import { RefreshCoordinator } from "./engine/refresh/coordinator.ts";
import { reporter } from "./engine/reporter.ts";
import { Resolver } from "./engine/request/authenticate/resolver.ts";
import { keptAlive, systemClock } from "./engine/system.ts";
import type { Auth } from "./http/auth.ts";
import { handleFetch } from "./http/fetch-handler.ts";
import { keptAddress } from "./net/kept-address.ts";
import { bearerVerifiers } from "./oidc/bearer/verifiers.ts";
import type { ProviderConfig } from "./oidc/provider/config.ts";
import { oidcProvider } from "./oidc/provider/provider.ts";
import { assertionSigner } from "./oidc/proxy-assertion/sign.ts";
import { assertionVerifier } from "./oidc/proxy-assertion/verify.ts";
import { checkOptionNames } from "./options/known-options.ts";
import type { CoatcheckOptions, ProxyOptions, ProxyReaderOptions } from "./options.ts";
import { bearer } from "./strategies/bearer.ts";
import { proxyReader } from "./strategies/proxy.ts";
import { sessionStrategy } from "./strategies/session.ts";
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
  const own = origins(options.publicUrl);
  const cookies = createCookies({ origins: own, ...options.cookie });
  const { secrets, signing: signingOptions } = options;
  const keys = keysInUse({ secrets, ...omitUndefined({ signing: signingOptions }) }, entropy);
  const { keyring, signing } = keys;
  const prefix = checkedPrefix(options.prefix ?? "/auth");
  const store = boundedStore(options.store, clock, checkedStoreTimeout(options.storeTimeout));
  const issuer = own[0] ?? "";
  const ownTokens = tokensOf(options.tokens, { keys: signing, keyring, issuer, store, clock, entropy, report });
  // Before anything is begun that would have to be closed.
  const bearers = bearerOf(options, clock, ownTokens.verifiers);
  const reserved = options.proxy === undefined ? ["session"] : ["session", "proxy"];
  const explicit = checkedStrategies([...bearers.strategies, ...(options.strategies ?? [])], reserved);
  const providers = givenProviders(options).map((given) =>
    isProvider(given) ? checkedProvider(given) : oidcProvider(given, { clock, entropy, report }),
  );

  const endings = new Endings({ store, clock, policy, background });
  const say = announcer({ endings, report, providers, keyring, background, clock });
  const most = checkedCount("maxPendingEndings", options.maxPendingEndings, 10_000);
  const served = new ServedSecrets();
  const unfinished = new UnfinishedEndings({ store, clock, entropy, announce: say, report, background, served, most });
  const announce: Announce = (ended) => {
    unfinished.said(ended.id);
    say(ended);
  };
  const coordinator = new RefreshCoordinator({
    store,
    providers,
    keyring,
    clock,
    entropy,
    policy,
    refresh,
    endings,
    announce,
    background,
    report,
  });
  const proxy = proxyOf(options.proxy, { clock, report });
  const sessions = sessionDirectory({
    store,
    clock,
    entropy,
    policy,
    report,
    announce,
    unfinished,
    budget: budgetOf(options, clock),
  });

  const issuing = ownTokens.with({ announce, unfinished });
  const engine = new RequestEngine<unknown>({
    store,
    keyring,
    clock,
    entropy,
    chain: {
      explicit,
      proxy: proxy === null ? null : { reader: proxy.reader, resolver: proxy.resolver },
      session: sessionStrategy({
        cookie: cookies.session.name,
        policy,
        proof: proofFor(store),
        served,
      }),
    },
    policy,
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
        frontchannelLogout: (options.frontchannelLogout ?? false) !== false,
        ...omitUndefined({
          signedOutPage: options.signedOutPage,
          proxySignOutUrl: options.proxy?.signOutUrl === undefined ? undefined : checkedUrl(options.proxy.signOutUrl),
          clearSiteData: options.clearSiteData,
          returnOrigins: options.cookie?.domain === undefined ? undefined : own,
        }),
      }),
      keysRoute(signing, clock),
      ...issuing.routes,
    ],
    report,
    background,
    endings,
    announce,
    unfinished,
    coordinator,
    refresh,
    outagePage,
    forbiddenPage,
  });
  const providerStates = () =>
    providers.map((provider) => ({ name: provider.name, ready: provider.ready(), ...provider.about?.() }));
  let signer: AssertionSigner | undefined;
  const closing = new AbortController();
  const sweeper = new Sweeper({ store, clock, entropy, report, signal: closing.signal, idle: policy.idle, plan: sweep });
  background.waitUntil(sweeper.periodically());
  if (refresh.background) {
    background.waitUntil(refreshAbsent({ store, clock, entropy, policy, report }, coordinator, closing.signal));
  }

  return {
    engine,
    handle: (request, handler, info) => handleFetch(engine, request, handler, info),
    endAll: (owner) => sessions.endAll(typeof owner === "string" ? owner : ownerOf(owner), "elsewhere"),
    forget: (owner) => proxy?.resolver.forget(typeof owner === "string" ? owner : ownerOf(owner)),
    sessions,
    tokens: issuing.directory,
    sweep: () => keptAlive(sweeper.sweep()),
    get keys() {
      return keys.names(clock.now());
    },
    changeKeys: (changed) => keys.change(changed),
    get assertions() {
      signer ??= assertionSigner({ keys: signing, clock, issuer });
      return signer;
    },
    get providers() {
      return providerStates();
    },
    async ready() {
      const answers = await storeAnswers(store, clock);
      const states = providerStates().map(({ name, ready }) => ({ name, ready }));
      const signsOn = states.length === 0 || states.some((state) => state.ready);
      return { ready: answers && signsOn, store: answers, providers: states, keys: keys.names(clock.now()) };
    },
    async close({ within } = {}) {
      const drained = new AbortController();
      const cut = (): void => providers.forEach((provider) => void provider.cut?.());
      if (within !== undefined) void clock.sleep(within, drained.signal).then(cut, () => undefined);
      closing.abort();
      endings.close();
      coordinator.close();
      unfinished.close();
      for (const provider of providers) await provider.close();
      for (const verifier of bearers.verifiers) await verifier.close?.();
      await background.drain();
      drained.abort("over");
    },
  };
}

/** The plain proof would do for every store. */
function proofFor({ capabilities }: SessionStore): TicketProof {
  return capabilities.keepsRows ? rememberingProof(hashProof, (row) => isKept(capabilities, row)) : hashProof;
}

function proxyOf(
  given: ProxyOptions | ProxyReaderOptions | undefined,
  world: { readonly clock: Clock; readonly report: Report },
) {
  if (given === undefined) return null;
  return { reader: "reader" in given ? given.reader : readerOf(given, world), resolver: new Resolver(given, world) };
}

function readerOf({ assertion, ...options }: ProxyOptions, { clock }: { readonly clock: Clock }): ProxyReader {
  return proxyReader(options, omitUndefined({ assertion: assertion && assertionVerifier(assertion, { clock }) }));
}

function givenProviders({ provider, providers }: CoatcheckOptions<unknown>): readonly (ProviderConfig | Provider)[] {
  const all = [...(provider === undefined ? [] : [provider]), ...(providers ?? [])];
  const names = all.map((one) => one.name ?? "default");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`two providers are called ${twice}; give each a name of its own`);
  return all;
}

function bearerOf(options: CoatcheckOptions<unknown>, clock: Clock, own: readonly TokenVerifier[]) {
  const { bearer: given } = options;
  if (given === undefined && own.length === 0) return { verifiers: [], strategies: [] };
  const clients = givenProviders(options).flatMap((one) => (isProvider(one) ? [] : [one]));
  // Ours read what names us as its issuer, and nothing else.
  const verifiers = [...own, ...(given === undefined ? [] : bearerVerifiers(given, { clock, clients }))];
  return { verifiers, strategies: [bearer({ ...given, verifiers })] };
}

function budgetOf({ frontchannelLogout: given }: CoatcheckOptions<unknown>, clock: Clock): MarkerBudget {
  const most = typeof given === "object" ? given.maxMarkers : undefined;
  return new MarkerBudget(checkedCount("frontchannelLogout.maxMarkers", most, 10_000), clock);
}

async function storeAnswers(store: SessionStore, clock: Clock): Promise<boolean> {
  try {
    await store.marked("ready", clock.now());
    return true;
  } catch {
    return false;
  }
}
