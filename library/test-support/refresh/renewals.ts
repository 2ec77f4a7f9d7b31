/**
 * Sessions with a provider's tokens, on as many replicas as a test wants, and a provider that answers when and as the
 * test says.
 */
import type {
  AuditEvent,
  Decision,
  Provider,
  ProviderTokens,
  RefreshOutcome,
  RequestView,
  SessionStore,
} from "../../src/contracts.ts";
import type { RequestExchange } from "../../src/engine/request/exchange.ts";
import type { Auth } from "../../src/http/auth.ts";
import type { CoatcheckOptions } from "../../src/index.ts";
import { coatcheck } from "../../src/index.ts";
import { memory } from "../../src/stores/memory.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";
import { ORIGIN, SECRET } from "../app.ts";
import { engineOf } from "../engine/inside.ts";

export const ISSUER = "https://provider.test";
export const LIFETIME = 300_000;
export const SOMEBODY = { require: "user" } as const;

/** A refresh that waits for the test to answer it. */
export interface Spend {
  readonly tokens: ProviderTokens;
  answer(outcome: RefreshOutcome): void;
}

export interface ScriptedProvider extends Provider {
  /** Every refresh so far, answered or not. */
  readonly spends: readonly Spend[];
  /** Refresh tokens that were revoked. */
  readonly revoked: readonly (string | null)[];
  /** Resolves at the next refresh. */
  next(): Promise<Spend>;
  /** From now on answers by itself. */
  always(outcome: ((spend: Spend) => RefreshOutcome) | null): void;
}

export function scriptedProvider(name = "default"): ScriptedProvider {
  const spends: Spend[] = [];
  const revoked: (string | null)[] = [];
  const waiting: ((spend: Spend) => void)[] = [];
  let usual: ((spend: Spend) => RefreshOutcome) | null = null;
  const unused = (): never => {
    throw new Error("not asked in these tests");
  };
  return {
    name,
    issuer: ISSUER,
    spends,
    revoked,
    refreshTimeout: 10_000,
    ready: () => true,
    authorizationUrl: unused,
    redeem: unused,
    refresh(tokens) {
      const { promise, resolve } = Promise.withResolvers<RefreshOutcome>();
      const spend: Spend = { tokens, answer: resolve };
      spends.push(spend);
      if (usual !== null) resolve(usual(spend));
      waiting.shift()?.(spend);
      return promise;
    },
    async revoke({ refreshToken }) {
      revoked.push(refreshToken);
      return true;
    },
    logoutUrl: () => undefined,
    close: () => undefined,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    always(outcome) {
      usual = outcome;
    },
  };
}

export const tokens = (n: number, expires: number, more: Partial<ProviderTokens> = {}): ProviderTokens => ({
  accessToken: `access-${n}`,
  refreshToken: `refresh-${n}`,
  idToken: null,
  scope: null,
  expires,
  ...more,
});

export interface Replica {
  readonly auth: Auth<Record<string, unknown>>;
  readonly events: AuditEvent[];
  /** Opens a request with the cookie and admits it. */
  ask(cookie: string, request?: Partial<RequestView>): Promise<Asked>;
}

export interface Asked {
  readonly exchange: RequestExchange<Record<string, unknown>>;
  readonly decision: Decision;
}

export interface World {
  readonly clock: ManualClock;
  readonly store: SessionStore;
  readonly provider: ScriptedProvider;
  readonly replicas: readonly Replica[];
  /** Signs alice in with an access token that lives for {@link LIFETIME}, and gives her cookie. */
  signIn(more?: Partial<ProviderTokens>): Promise<string>;
  /** Lets everything run that needs no time to pass. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** Turns of the event loop, enough for the longest chain of promises here. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function renewalWorld(
  count = 1,
  options: Partial<CoatcheckOptions<Record<string, unknown>>> = {},
  clock = manualClock(),
): World {
  const store = options.store ?? memory();
  const provider = scriptedProvider();
  const replicas = Array.from({ length: count }, (): Replica => {
    const events: AuditEvent[] = [];
    const auth = coatcheck<Record<string, unknown>>({
      publicUrl: ORIGIN,
      secrets: SECRET,
      clock,
      provider,
      ...options,
      store,
      on: (event) => void events.push(event),
    });
    return { auth, events, ask: (cookie, request) => ask(auth, cookie, request) };
  });
  return {
    clock,
    store,
    provider,
    replicas,
    async signIn(more = {}) {
      const [first] = replicas;
      if (first === undefined) throw new Error("no replica");
      const exchange = await engineOf(first.auth).open(view(""));
      const now = clock.now();
      const identity = {
        issuer: ISSUER,
        subject: "alice",
        claims: { name: "Alice" },
        authenticatedAt: now,
        method: "oidc:default",
      };
      exchange.loginFromProvider({ identity, tokens: tokens(0, now + LIFETIME, more), sid: "sid-1", issuedAt: now }, "default");
      const { cookies } = await exchange.settle(200);
      return (cookies[0] ?? "").replace(/;.*/, "");
    },
    quiet: turns,
    async close() {
      provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: null }));
      for (const spend of provider.spends) spend.answer({ kind: "unavailable", retryAfter: null, cause: null });
      clock.advance(60_000);
      await Promise.all(replicas.map(({ auth }) => auth.close()));
      await store.close();
    },
  };
}

export function view(cookie: string, more: Partial<RequestView> = {}): RequestView {
  return { method: "GET", target: "/", header: (name) => (name === "cookie" && cookie !== "" ? cookie : undefined), ...more };
}

async function ask(auth: Auth<Record<string, unknown>>, cookie: string, request: Partial<RequestView> = {}): Promise<Asked> {
  const exchange = await engineOf(auth).open(view(cookie, request));
  return { exchange, decision: await exchange.admit(SOMEBODY) };
}
