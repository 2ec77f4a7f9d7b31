/**
 * Sessions with a provider's tokens, on as many replicas as a test wants, and a provider that answers when and as the
 * test says.
 */
import assert from "node:assert/strict";
import type {
  AuditEvent,
  Decision,
  ProviderTokens,
  RefreshOutcome,
  RequestView,
  SessionRow,
  SessionStore,
} from "../../src/contracts.ts";
import type { RefreshCoordinator } from "../../src/engine/refresh/coordinator.ts";
import type { RequestExchange } from "../../src/engine/request/exchange.ts";
import type { Auth } from "../../src/http/auth.ts";
import { coatcheck } from "../../src/index.ts";
import { memory } from "../../src/stores/memory.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";
import type { StoredOptions } from "../auth.ts";
import { cookieOf, idOf } from "../cookies.ts";
import { engineOf, optionsOf } from "../engine/inside.ts";
import { turns } from "../event-loop.ts";
import { ORIGIN, SECRET } from "../origin.ts";
import { REQUIRE_USER, view } from "../requests.ts";
import { ISSUER, type ScriptedProvider, scriptedProvider, tokens } from "./scripted-provider.ts";

/** How long an access token lives, milliseconds. */
export const LIFETIME = 300_000;

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

export interface RefreshWorld {
  readonly clock: ManualClock;
  readonly store: SessionStore;
  readonly provider: ScriptedProvider;
  readonly replicas: readonly Replica[];
  /** The only replica, or the one at this place. */
  replica(at?: number): Replica;
  /** What refreshes in the only replica, or in the one at this place. */
  coordinator(at?: number): RefreshCoordinator;
  /** The events of this name that the only replica told of, or the one at this place. */
  told(name: AuditEvent["name"], at?: number): readonly AuditEvent[];
  /** Signs alice in with an access token that lives for {@link LIFETIME}, and gives her cookie. */
  signIn(more?: Partial<ProviderTokens>): Promise<string>;
  /** The row of the session that a cookie names. */
  rowOf(cookie: string): Promise<SessionRow>;
  /** The answer of a provider that gives the n-th tokens, which live for {@link LIFETIME} from now. */
  refreshed(n: number, more?: Partial<ProviderTokens>): RefreshOutcome;
  /** Lets everything run that needs no time to pass. */
  quiet(): Promise<void>;
  /** Lets time pass in steps: whatever sleeps, however short, sleeps until the end of one. */
  pass(milliseconds: number, step?: number): Promise<void>;
  close(): Promise<void>;
}

/** Enough for the longest chain of promises here. */
const TURNS = 12;

export function refreshWorld(
  count = 1,
  options: Partial<StoredOptions<Record<string, unknown>>> = {},
  clock = manualClock(),
): RefreshWorld {
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
  const replica = (at = 0): Replica => replicas[at] ?? assert.fail(`no replica ${at}`);
  const quiet = (): Promise<void> => turns(TURNS);
  return {
    clock,
    store,
    provider,
    replicas,
    replica,
    coordinator: (at) => optionsOf(replica(at).auth).coordinator,
    told: (name, at) => replica(at).events.filter((event) => event.name === name),
    async signIn(more = {}) {
      const exchange = await engineOf(replica().auth).open(view(""));
      const now = clock.now();
      const identity = {
        issuer: ISSUER,
        subject: "alice",
        claims: { name: "Alice" },
        authenticatedAt: now,
        method: "oidc:default",
      };
      exchange.loginFromProvider({ identity, tokens: tokens(0, now + LIFETIME, more), sid: "sid-1", issuedAt: now }, "default");
      return cookieOf(await exchange.settle(200));
    },
    rowOf: async (cookie) => (await store.get(idOf(cookie))) ?? assert.fail("no row"),
    refreshed: (n, more) => ({ kind: "refreshed", tokens: tokens(n, clock.now() + LIFETIME, more), claims: null }),
    quiet,
    async pass(milliseconds, step = 500) {
      for (let left = milliseconds; left > 0; left -= step) {
        clock.advance(Math.min(left, step));
        await quiet();
      }
    },
    async close() {
      provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: null }));
      for (const call of provider.calls) call.answer({ kind: "unavailable", retryAfter: null, cause: null });
      clock.advance(60_000);
      await Promise.all(replicas.map(({ auth }) => auth.close()));
      await store.close();
    },
  };
}

async function ask(auth: Auth<Record<string, unknown>>, cookie: string, request: Partial<RequestView> = {}): Promise<Asked> {
  const exchange = await engineOf(auth).open(view(cookie, request));
  return { exchange, decision: await exchange.admit(REQUIRE_USER) };
}
