/** What a request is authenticated as, over strategies and proxies that answer what the test says. */
import assert from "node:assert/strict";
import type {
  AuditEvent,
  MaybePromise,
  ProvenSession,
  ProxyVerdict,
  SessionRow,
  Strategy,
  StrategyContext,
  Verdict,
} from "../../src/contracts.ts";
import { serializeBody } from "../../src/core/record.ts";
import { authenticate, type Chain } from "../../src/engine/request/authenticate/authenticate.ts";
import { Resolver, type ResolverOptions } from "../../src/engine/request/authenticate/resolver.ts";
import { memory } from "../../src/stores/memory.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { sampleRow } from "../../src/testing/store-suite/rows.ts";
import { assertedUser } from "../proxy-reader.ts";
import { requestWith } from "../requests.ts";

export const ABSTAIN: Verdict = { kind: "abstain" };
export const ALICE = assertedUser("alice");
export const NEVER_ASKED = (): never => assert.fail("not asked");

export function strategy(name: string, examine: Strategy["examine"], more: Partial<Strategy> = {}): Strategy {
  return { name, ambient: false, presented: () => true, examine, ...more };
}

export const clock = manualClock();

export function authenticateWorld(chain: Partial<Chain>) {
  const events: AuditEvent[] = [];
  const report = (event: AuditEvent): void => void events.push(event);
  const context: StrategyContext = { request: requestWith(), store: memory(), now: clock.now(), clock, report };
  const whole: Chain = { explicit: [], proxy: null, session: strategy("session", () => ABSTAIN), ...chain };
  return { events, authenticated: () => authenticate(whole, context) };
}

export function proxyOf(
  read: () => MaybePromise<ProxyVerdict>,
  options: ResolverOptions = {},
  hint?: string,
): NonNullable<Chain["proxy"]> {
  const resolver = new Resolver(options, { clock, report: () => {} });
  return { resolver, reader: { headers: ["x-user"], read, ...(hint === undefined ? {} : { hint: () => hint }) } };
}

export function provenOf(changes: Partial<SessionRow> & { readonly method?: string } = {}): ProvenSession {
  const { method = "app", ...row } = changes;
  const identity = { ...ALICE, method };
  const body = serializeBody({ format: 1, identity, data: {}, tokens: null, provider: null });
  return { row: sampleRow({ owner: "alice", body, ...row }), previous: false };
}

export const THROWN = new Error("away");
export const FAILS: { readonly [how: string]: () => Promise<never> } = {
  throws: () => {
    throw THROWN;
  },
  rejects: () => Promise.reject(THROWN),
};
