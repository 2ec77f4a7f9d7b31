/** Which strategies are asked in which order, and what a request is authenticated as. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ABSTAIN,
  ALICE,
  authenticateWorld,
  clock,
  FAILS,
  NEVER_ASKED,
  provenOf,
  proxyOf,
  strategy,
  THROWN,
} from "../../../../test-support/engine/authenticate-world.ts";
import { turns } from "../../../../test-support/event-loop.ts";
import { requestWith } from "../../../../test-support/requests.ts";
import type { MaybePromise, RequestView, Strategy, Verdict } from "../../../contracts.ts";
import { type Chain, hasAmbientCredential, provenBy } from "./authenticate.ts";

test("F-46 what comes along by itself: the session's cookie, an ambient credential, a header of the proxy", () => {
  const session = (presented: boolean): Strategy => strategy("session", NEVER_ASKED, { presented: () => presented });
  const credential = (ambient: boolean, presented: boolean): Strategy =>
    strategy("own", NEVER_ASKED, { ambient, presented: () => presented });
  const reader = { headers: ["x-user", "x-groups"], read: NEVER_ASKED };
  const proxy = { ...proxyOf(NEVER_ASKED), reader };
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
  for (const [at, [chain, request, along]] of cases.entries())
    assert.equal(hasAmbientCredential(chain, request), along, `case ${at}`);
});

test("F-46 a session is proven by what is accepted or stale, and by no credential", () => {
  const session = provenOf();
  const unconfirmed = { retryAfter: 1, answered: false };
  assert.equal(provenBy({ kind: "session", session }), session);
  assert.equal(provenBy({ kind: "stale", session, unconfirmed }), session);
  assert.equal(provenBy({ kind: "principal", principal: { identity: ALICE, owner: "alice", ambient: false } }), null);
  assert.equal(provenBy(ABSTAIN), null);
});

test("F-46 the first credential that is presented decides, and none after it is asked", async () => {
  const principal = { identity: ALICE, owner: "alice", ambient: false };
  const absent = strategy("absent", NEVER_ASKED, { presented: () => false });
  const { authenticated } = authenticateWorld({
    explicit: [absent, strategy("first", () => ({ kind: "principal", principal })), strategy("second", NEVER_ASKED)],
    session: strategy("session", NEVER_ASKED),
  });
  assert.deepEqual(await authenticated(), { verdict: { kind: "principal", principal }, by: "first" });
});

test("F-46 a presented credential of no user is refused, and so is one whose strategy cannot tell", async () => {
  const throwing = (): never => {
    throw new Error("a bug");
  };
  for (const presented of [() => true, throwing]) {
    const { authenticated } = authenticateWorld({ explicit: [strategy("own", async () => ABSTAIN, { presented })] });
    assert.deepEqual(await authenticated(), {
      verdict: { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL" },
      by: "own",
    });
  }
});

test("F-46 without credential and proxy the session's own word counts, and is by none if there is none", async () => {
  for (const later of [false, true]) {
    for (const explicit of [[], [strategy("own", NEVER_ASKED, { presented: () => false })]]) {
      const session = provenOf();
      const word = (verdict: Verdict): MaybePromise<Verdict> => (later ? Promise.resolve(verdict) : verdict);
      const known = authenticateWorld({ explicit, session: strategy("session", () => word({ kind: "session", session })) });
      assert.deepEqual(await known.authenticated(), { verdict: { kind: "session", session }, by: "session" });
      const unknown = authenticateWorld({ explicit, session: strategy("session", () => word(ABSTAIN)) });
      assert.deepEqual(await unknown.authenticated(), { verdict: ABSTAIN, by: null });
      assert.equal(unknown.authenticated() instanceof Promise, later);
    }
  }
});

for (const [how, fails] of Object.entries(FAILS)) {
  test(`F-46 a session's strategy that ${how} is an outage of the store, and told of`, async () => {
    const { authenticated, events } = authenticateWorld({ session: strategy("session", fails) });
    const verdict = { kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", cause: THROWN };
    assert.deepEqual(await authenticated(), { verdict, by: "session" });
    assert.deepEqual(events, [{ name: "store.failed", level: "error", reason: "read", error: THROWN }]);
  });

  test(`F-46 a credential's strategy that ${how} is a bug of the app's, and told of by its name`, async () => {
    const { authenticated, events } = authenticateWorld({ explicit: [strategy("own", fails)] });
    const { verdict, by } = await authenticated();
    assert.deepEqual([verdict.kind, by], ["unavailable", "own"]);
    assert.ok(verdict.kind === "unavailable");
    assert.deepEqual([verdict.code, verdict.cause], ["ERR_APP_HOOK", THROWN]);
    assert.deepEqual(events, [{ name: "credential.failed", level: "error", reason: "own", code: "ERR_APP_HOOK", error: THROWN }]);
  });

  test(`F-46 a proxy's reader that ${how} leaves no user served, and is told of`, async () => {
    const { authenticated, events } = authenticateWorld({ proxy: proxyOf(fails), session: strategy("session", NEVER_ASKED) });
    const { verdict, by } = await authenticated();
    assert.deepEqual([verdict.kind, by], ["unavailable", "proxy"]);
    assert.deepEqual(events, [{ name: "proxy.failed", level: "error", error: THROWN }]);
  });
}

test("F-46 a credential's strategy has thirty seconds; what it answers later is not heard", async () => {
  const late = Promise.withResolvers<Verdict>();
  const { authenticated, events } = authenticateWorld({ explicit: [strategy("own", () => late.promise)] });
  const found = authenticated();
  let over = false;
  void Promise.resolve(found).then(() => {
    over = true;
  });
  clock.advance(29_999);
  await turns();
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
  const { authenticated } = authenticateWorld({ explicit: [strategy("own", async () => ABSTAIN)] });
  await authenticated();
  assert.equal(clock.sleeping, 0);
});

test("F-46 a credential whose strategy knows at once is decided at once, without a timer", () => {
  const principal = { identity: ALICE, owner: "alice", ambient: false };
  const { authenticated } = authenticateWorld({ explicit: [strategy("own", () => ({ kind: "principal", principal }))] });
  assert.deepEqual(authenticated(), { verdict: { kind: "principal", principal }, by: "own" });
});
