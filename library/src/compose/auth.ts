/** What `coatcheck()` answers, made of its parts: requests, sessions, tokens, keys, readiness, and how it closes. */
import type {
  AssertionSigner,
  Clock,
  Provider,
  SessionDirectory,
  SessionStore,
  TokenDirectory,
  TokenVerifier,
} from "../contracts.ts";
import { ownerOf } from "../core/record.ts";
import type { KeysInUse } from "../crypto/keys-in-use.ts";
import type { RequestEngine } from "../engine/engine.ts";
import type { DrainableBackground } from "../engine/lifecycle/background.ts";
import type { Sweeper } from "../engine/lifecycle/sweep/sweep.ts";
import type { Resolver } from "../engine/request/authenticate/resolver.ts";
import { keptAlive } from "../engine/system.ts";
import type { Auth } from "../http/auth.ts";
import { handleFetch } from "../http/fetch-handler.ts";
import { assertionSigner } from "../oidc/proxy-assertion/sign.ts";

interface AuthParts {
  readonly engine: RequestEngine<unknown>;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly background: DrainableBackground;
  readonly providers: readonly Provider[];
  readonly verifiers: readonly TokenVerifier[];
  readonly keys: KeysInUse;
  /** The public URL. */
  readonly issuer: string;
  readonly sessions: SessionDirectory;
  readonly tokens: TokenDirectory;
  /** Looks up the users of a proxy, if there is one. */
  readonly resolver: Resolver | undefined;
  readonly sweeper: Sweeper;
  /** Stops what runs by itself. */
  readonly closing: AbortController;
  /** What is told first that all is over, in this order. */
  readonly closes: readonly { close(): void }[];
}

/** Makes it. */
export function authOf(parts: AuthParts): Auth<unknown> {
  const { engine, store, clock, providers, keys, issuer, sessions, tokens, resolver, sweeper } = parts;
  const keyOf = (owner: Parameters<Auth<unknown>["endAll"]>[0]) => (typeof owner === "string" ? owner : ownerOf(owner));
  const providerStates = () =>
    providers.map((provider) => ({ name: provider.name, ready: provider.ready(), ...provider.about?.() }));
  let signer: AssertionSigner | undefined;
  return {
    engine,
    handle: (request, handler, info) => handleFetch(engine, request, handler, info),
    endAll: (owner) => sessions.endAll(keyOf(owner), "elsewhere"),
    forget: (owner) => resolver?.forget(keyOf(owner)),
    sessions,
    tokens,
    sweep: () => keptAlive(sweeper.sweep()),
    get keys() {
      return keys.names(clock.now());
    },
    changeKeys: (changed) => keys.change(changed),
    get assertions() {
      signer ??= assertionSigner({ keys: keys.signing, clock, issuer });
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
    close: ({ within } = {}) => close(parts, within),
  };
}

async function close(parts: AuthParts, within: number | undefined): Promise<void> {
  const { clock, providers, verifiers, background, closing, closes } = parts;
  const drained = new AbortController();
  const cut = (): void => providers.forEach((provider) => void provider.cut?.());
  if (within !== undefined) void clock.sleep(within, drained.signal).then(cut, () => undefined);
  closing.abort();
  for (const part of closes) part.close();
  for (const provider of providers) await provider.close();
  for (const verifier of verifiers) await verifier.close?.();
  await background.drain();
  drained.abort("over");
}

async function storeAnswers(store: SessionStore, clock: Clock): Promise<boolean> {
  try {
    await store.marked("ready", clock.now());
    return true;
  } catch {
    return false;
  }
}
