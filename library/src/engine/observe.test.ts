/** Who is asked who asks, over strategies and proxies that answer what the test says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  AuditEvent,
  Identity,
  MaybePromise,
  ProvenSession,
  ProxyVerdict,
  RequestView,
  SessionRow,
  Strategy,
  StrategyContext,
  Verdict,
} from "../contracts.ts";
import { serializeBody } from "../core/record.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { sampleRow } from "../testing/store-suite-rows.ts";
import { type Chain, comesAlong, observe, provenBy, registered, reportTurnedAway } from "./observe.ts";
import { type Resolved, Resolver, type ResolverOptions } from "./resolver.ts";

const ABSTAIN: Verdict = { kind: "abstain" };
const ALICE: Identity = { issuer: "proxy:test", subject: "alice", claims: {}, authenticatedAt: 0, method: "proxy" };
const NOBODY_ASKS = (): never => assert.fail("not asked");

const requestWith = (headers: Readonly<Record<string, string>> = {}): RequestView => ({
  method: "GET",
  target: "/",
  header: (name) => headers[name],
});

function strategy(name: string, examine: Strategy["examine"], more: Partial<Strategy> = {}): Strategy {
  return { name, ambient: false, presented: () => true, examine, ...more };
}

const clock = manualClock();

function worldOf(chain: Partial<Chain>) {
  const events: AuditEvent[] = [];
  const report = (event: AuditEvent): void => void events.push(event);
  const context: StrategyContext = { request: requestWith(), store: memory(), now: clock.now(), clock, report };
  const whole: Chain = { explicit: [], proxy: null, session: strategy("session", () => ABSTAIN), ...chain };
  return { events, observed: () => observe(whole, context) };
}

function proxyOf(
  read: () => MaybePromise<ProxyVerdict>,
  options: ResolverOptions = {},
  hint?: string,
): NonNullable<Chain["proxy"]> {
  const resolver = new Resolver(options, { clock, report: () => {} });
  return { resolver, reader: { headers: ["x-user"], read, ...(hint === undefined ? {} : { hint: () => hint }) } };
}

function provenOf(changes: Partial<SessionRow> & { readonly method?: string } = {}): ProvenSession {
  const { method = "app", ...row } = changes;
  const identity = { ...ALICE, method };
  const body = serializeBody({ format: 1, identity, data: {}, tokens: null, provider: null });
  return { row: sampleRow({ owner: "alice", body, ...row }), previous: false };
}

test("F-46 what comes along by itself: the session's cookie, an ambient credential, a header of the proxy", () => {
  const session = (presented: boolean): Strategy => strategy("session", NOBODY_ASKS, { presented: () => presented });
  const credential = (ambient: boolean, presented: boolean): Strategy =>
    strategy("own", NOBODY_ASKS, { ambient, presented: () => presented });
  const reader = { headers: ["x-user", "x-groups"], read: NOBODY_ASKS };
  const proxy = { ...proxyOf(NOBODY_ASKS), reader };
  const none = { explicit: [], proxy: null, session: session(false) };
  const cases: readonly (readonly [Chain, RequestView, boolean])[] = [
    [none, requestWith(), false],
    [{ ...none, session: session(true) }, requestWith(), true],
    [{ ...none, explicit: [credential(true, true)] }, requestWith(), true],
    [{ ...none, explicit: [credential(false, true), credential(true, true)] }, requestWith(), true],
    [{ ...none, explicit: [credential(true, false)] }, requestWith(), false],
    [{ ...none, explicit: [credential(false, true)] }, requestWith(), false],
    [{ ...none, proxy }, requestWith(), false],
    [{ ...none, proxy }, requestWith({ "x-user": "alice" }), true],
    [{ ...none, proxy }, requestWith({ "x-groups": "" }), true],
    [none, requestWith({ "x-user": "alice" }), false],
  ];
  for (const [at, [chain, request, along]] of cases.entries()) assert.equal(comesAlong(chain, request), along, `case ${at}`);
});

test("F-46 a session is proven by what is accepted or stale, and by no credential", () => {
  const session = provenOf();
  const unconfirmed = { retryAfter: 1, answered: false };
  assert.equal(provenBy({ kind: "accept", session }), session);
  assert.equal(provenBy({ kind: "stale", session, unconfirmed }), session);
  assert.equal(provenBy({ kind: "accept", principal: { identity: ALICE, owner: "alice", ambient: false } }), null);
  assert.equal(provenBy(ABSTAIN), null);
});

test("F-46 the first credential that is presented decides, and none after it is asked", async () => {
  const principal = { identity: ALICE, owner: "alice", ambient: false };
  const absent = strategy("absent", NOBODY_ASKS, { presented: () => false });
  const { observed } = worldOf({
    explicit: [absent, strategy("first", () => ({ kind: "accept", principal })), strategy("second", NOBODY_ASKS)],
    session: strategy("session", NOBODY_ASKS),
  });
  assert.deepEqual(await observed(), { verdict: { kind: "accept", principal }, by: "first" });
});

test("F-46 a presented credential that is nobody's is refused, and so is one whose strategy cannot say whether it is meant", async () => {
  const throwing = (): never => {
    throw new Error("a bug");
  };
  for (const presented of [() => true, throwing]) {
    const { observed } = worldOf({ explicit: [strategy("own", async () => ABSTAIN, { presented })] });
    assert.deepEqual(await observed(), {
      verdict: { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL" },
      by: "own",
    });
  }
});

test("F-46 without credential and proxy the session's own word counts, and is by nobody where there is none", async () => {
  for (const later of [false, true]) {
    for (const explicit of [[], [strategy("own", NOBODY_ASKS, { presented: () => false })]]) {
      const session = provenOf();
      const word = (verdict: Verdict): MaybePromise<Verdict> => (later ? Promise.resolve(verdict) : verdict);
      const known = worldOf({ explicit, session: strategy("session", () => word({ kind: "accept", session })) });
      assert.deepEqual(await known.observed(), { verdict: { kind: "accept", session }, by: "session" });
      const unknown = worldOf({ explicit, session: strategy("session", () => word(ABSTAIN)) });
      assert.deepEqual(await unknown.observed(), { verdict: ABSTAIN, by: null });
      assert.equal(unknown.observed() instanceof Promise, later);
    }
  }
});

const THROWN = new Error("away");
const FAILS: { readonly [how: string]: () => Promise<never> } = {
  throws: () => {
    throw THROWN;
  },
  rejects: () => Promise.reject(THROWN),
};

for (const [how, fails] of Object.entries(FAILS)) {
  test(`F-46 a session's strategy that ${how} is an outage of the store, and told of`, async () => {
    const { observed, events } = worldOf({ session: strategy("session", fails) });
    const verdict = { kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", cause: THROWN };
    assert.deepEqual(await observed(), { verdict, by: "session" });
    assert.deepEqual(events, [{ name: "store.failed", level: "error", reason: "read", error: THROWN }]);
  });

  test(`F-46 a credential's strategy that ${how} is a bug of the app's, and told of by its name`, async () => {
    const { observed, events } = worldOf({ explicit: [strategy("own", fails)] });
    const { verdict, by } = await observed();
    assert.deepEqual([verdict.kind, by], ["unavailable", "own"]);
    assert.ok(verdict.kind === "unavailable");
    assert.deepEqual([verdict.code, verdict.cause], ["ERR_APP_HOOK", THROWN]);
    assert.deepEqual(events, [{ name: "credential.failed", level: "error", reason: "own", code: "ERR_APP_HOOK", error: THROWN }]);
  });

  test(`F-46 a proxy's reader that ${how} leaves nobody served, and is told of`, async () => {
    const { observed, events } = worldOf({ proxy: proxyOf(fails), session: strategy("session", NOBODY_ASKS) });
    const { verdict, by } = await observed();
    assert.deepEqual([verdict.kind, by], ["unavailable", "proxy"]);
    assert.deepEqual(events, [{ name: "proxy.failed", level: "error", error: THROWN }]);
  });
}

test("F-46 a credential's strategy has thirty seconds; what it answers later is not heard", async () => {
  const late = Promise.withResolvers<Verdict>();
  const { observed, events } = worldOf({ explicit: [strategy("own", () => late.promise)] });
  const found = observed();
  let over = false;
  void Promise.resolve(found).then(() => {
    over = true;
  });
  clock.advance(29_999);
  await new Promise(setImmediate);
  assert.equal(over, false);
  clock.advance(1);
  const { verdict } = await found;
  assert.ok(verdict.kind === "unavailable");
  assert.equal(verdict.code, "ERR_STORE_UNAVAILABLE");
  const [{ name, reason, error } = assert.fail("not told of")] = events;
  assert.deepEqual([name, reason], ["credential.failed", "own"]);
  assert.match(String(error), /the strategy own did not answer in time/);
  late.resolve(ABSTAIN);
  assert.equal(clock.sleeping, 0);
});

test("F-46 one that answers in time leaves no timer behind", async () => {
  const { observed } = worldOf({ explicit: [strategy("own", async () => ABSTAIN)] });
  await observed();
  assert.equal(clock.sleeping, 0);
});

test("F-46 a malformed assertion is told of, with what to do where that is known, and nobody is served", async () => {
  for (const hint of [undefined, "send it once"]) {
    const { observed, events } = worldOf({
      proxy: proxyOf(() => ({ kind: "malformed", reason: "twice" }), {}, hint),
      session: strategy("session", NOBODY_ASKS),
    });
    const { verdict, by } = await observed();
    assert.deepEqual([verdict.kind, by], ["refuse", "proxy"]);
    assert.deepEqual(events, [
      { name: "proxy.malformed", level: "warn", reason: "twice", ...(hint === undefined ? {} : { hint }) },
    ]);
  }
});

test("F-46 headers that were not believed are told of, and the session counts as without a proxy", async () => {
  const session = provenOf();
  const { observed, events } = worldOf({
    proxy: proxyOf(() => ({ kind: "stripped", reason: "peer" })),
    session: strategy("session", () => ({ kind: "accept", session })),
  });
  assert.deepEqual(await observed(), { verdict: { kind: "accept", session }, by: "session" });
  assert.deepEqual(events, [{ name: "proxy.stripped", level: "warn", reason: "peer" }]);
});

test("F-46 a session that began from the proxy's word is nobody's without it; any other stays its user's", async () => {
  for (const [method, by] of [
    ["proxy", null],
    ["app", "session"],
  ] as const) {
    const { observed } = worldOf({
      proxy: proxyOf(() => ({ kind: "absent" })),
      session: strategy("session", () => ({ kind: "accept", session: provenOf({ method }) })),
    });
    const found = await observed();
    assert.deepEqual([found.by, found.verdict.kind], [by, by === null ? "abstain" : "accept"]);
  }
});

test("F-46 while the store does not answer nobody is served, whomever the proxy asserts", async () => {
  const verdict: Verdict = { kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", cause: THROWN };
  const { observed } = worldOf({
    proxy: proxyOf(() => ({ kind: "asserted", identity: ALICE })),
    session: strategy("session", () => verdict),
  });
  assert.deepEqual(await observed(), { verdict, by: "session" });
});

test("F-46 who is blocked, and who is unknown where that is refused, is told of by name; nobody else is", () => {
  const told = (resolved: Resolved, unknown: ResolverOptions["unknown"] = "refuse"): readonly AuditEvent[] => {
    const events: AuditEvent[] = [];
    const report = (event: AuditEvent): void => void events.push(event);
    reportTurnedAway(ALICE, resolved, new Resolver({ unknown }, { clock, report }), report);
    return events;
  };
  const event = { name: "session.refused", level: "warn", code: "ERR_FORBIDDEN" };
  assert.deepEqual(told({ kind: "blocked" }), [{ ...event, reason: "blocked", owner: "proxy:test alice" }]);
  assert.deepEqual(told({ kind: "blocked", owner: "u1" }), [{ ...event, reason: "blocked", owner: "u1" }]);
  assert.deepEqual(told({ kind: "unknown" }), [{ ...event, reason: "unknown", owner: "proxy:test alice" }]);
  assert.deepEqual(told({ kind: "unknown" }, "anonymous"), []);
  assert.deepEqual(told({ kind: "found", owner: "u1", identity: ALICE }), []);
});

test("F-46 after somebody was to be registered the observation says what became of that, and keeps what is dead", () => {
  const dead = { reason: "logout", id: "gone" } as const;
  const before = { verdict: { kind: "abstain", dead }, by: null } as const;
  const cause = new Error("no room");
  assert.deepEqual(registered({ kind: "unknown" }, before), before);
  assert.deepEqual(registered({ kind: "blocked" }, before), {
    verdict: { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" },
    by: "proxy",
    dead,
  });
  assert.deepEqual(registered({ kind: "failed", code: "ERR_APP_HOOK", cause }, before), {
    verdict: { kind: "unavailable", code: "ERR_APP_HOOK", cause },
    by: "proxy",
  });
  const principal = { identity: ALICE, owner: "u1", ambient: true };
  assert.deepEqual(registered({ kind: "found", owner: "u1", identity: ALICE }, before), {
    verdict: { kind: "accept", principal },
    by: "proxy",
    asserted: { identity: ALICE, owner: "u1" },
    dead,
  });
  assert.deepEqual(registered({ kind: "blocked" }, { verdict: ABSTAIN, by: null }), {
    verdict: { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" },
    by: "proxy",
  });
});
