/** A provider without a network: every refresh waits until the test answers it. */
import type { Provider, ProviderTokens, RefreshOutcome } from "../../src/contracts.ts";

export const ISSUER = "https://provider.test";

/** A refresh that waits for the test to answer it. */
export interface RefreshCall {
  readonly tokens: ProviderTokens;
  answer(outcome: RefreshOutcome): void;
}

export interface ScriptedProvider extends Provider {
  /** Every refresh so far, answered or not. */
  readonly calls: readonly RefreshCall[];
  /** Refresh tokens that were revoked. */
  readonly revoked: readonly (string | null)[];
  /** Resolves at the next refresh. */
  next(): Promise<RefreshCall>;
  /** From now on answers by itself. */
  always(outcome: ((call: RefreshCall) => RefreshOutcome) | null): void;
}

export function scriptedProvider(name = "default"): ScriptedProvider {
  const calls: RefreshCall[] = [];
  const revoked: (string | null)[] = [];
  const waiting: ((call: RefreshCall) => void)[] = [];
  let usual: ((call: RefreshCall) => RefreshOutcome) | null = null;
  const unused = (): never => {
    throw new Error("not asked in these tests");
  };
  return {
    name,
    issuer: ISSUER,
    calls,
    revoked,
    refreshTimeout: 10_000,
    ready: () => true,
    authorizationUrl: unused,
    redeem: unused,
    refresh(tokens) {
      const { promise, resolve } = Promise.withResolvers<RefreshOutcome>();
      const call: RefreshCall = { tokens, answer: resolve };
      calls.push(call);
      if (usual !== null) resolve(usual(call));
      waiting.shift()?.(call);
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

/** The n-th tokens of a session: `access-n` and `refresh-n`. */
export const tokens = (n: number, expires: number, more: Partial<ProviderTokens> = {}): ProviderTokens => ({
  accessToken: `access-${n}`,
  refreshToken: `refresh-${n}`,
  idToken: null,
  scope: null,
  expires,
  ...more,
});
