/** What a request is authenticated as if it comes through a proxy that signs users on, row by row. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ABSTAIN,
  ALICE,
  authenticateWorld,
  clock,
  NEVER_ASKED,
  provenOf,
  proxyOf,
  strategy,
  THROWN,
} from "../../../../test-support/engine/authenticate-world.ts";
import type { AuditEvent, Verdict } from "../../../contracts.ts";
import { type Authenticated, registered, reportRejected } from "./authenticate.ts";
import { type Resolved, Resolver, type ResolverOptions } from "./resolver.ts";

test("F-46 a malformed assertion is told of, with what to do if that is known, and no user is served", async () => {
  for (const hint of [undefined, "send it once"]) {
    const { authenticated, events } = authenticateWorld({
      proxy: proxyOf(() => ({ kind: "malformed", reason: "twice" }), {}, hint),
      session: strategy("session", NEVER_ASKED),
    });
    const { verdict, by } = await authenticated();
    assert.deepEqual([verdict.kind, by], ["refuse", "proxy"]);
    assert.deepEqual(events, [
      { name: "proxy.malformed", level: "warn", reason: "twice", ...(hint === undefined ? {} : { hint }) },
    ]);
  }
});

test("F-46 headers that were not believed are told of, and the session counts as without a proxy", async () => {
  const session = provenOf();
  const { authenticated, events } = authenticateWorld({
    proxy: proxyOf(() => ({ kind: "stripped", reason: "peer" })),
    session: strategy("session", () => ({ kind: "session", session })),
  });
  assert.deepEqual(await authenticated(), { verdict: { kind: "session", session }, by: "session" });
  assert.deepEqual(events, [{ name: "proxy.stripped", level: "warn", reason: "peer" }]);
});

test("F-46 a session that began from the proxy's word counts only with it; any other stays its user's", async () => {
  for (const [method, by] of [
    ["proxy", null],
    ["app", "session"],
  ] as const) {
    const { authenticated } = authenticateWorld({
      proxy: proxyOf(() => ({ kind: "absent" })),
      session: strategy("session", () => ({ kind: "session", session: provenOf({ method }) })),
    });
    const found = await authenticated();
    assert.deepEqual([found.by, found.verdict.kind], [by, by === null ? "abstain" : "session"]);
  }
});

test("F-46 while the store does not answer no user is served, whomever the proxy asserts", async () => {
  const verdict: Verdict = { kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", cause: THROWN };
  const { authenticated } = authenticateWorld({
    proxy: proxyOf(() => ({ kind: "asserted", identity: ALICE })),
    session: strategy("session", () => verdict),
  });
  assert.deepEqual(await authenticated(), { verdict, by: "session" });
});

test("F-46 users who are blocked, or unknown if that is refused, are told of by name; no others are", () => {
  const told = (resolved: Resolved, unknown: ResolverOptions["unknown"] = "refuse"): readonly AuditEvent[] => {
    const events: AuditEvent[] = [];
    const report = (event: AuditEvent): void => void events.push(event);
    reportRejected(ALICE, resolved, new Resolver({ unknown }, { clock, report }), report);
    return events;
  };
  const event = { name: "session.refused", level: "warn", code: "ERR_FORBIDDEN" };
  assert.deepEqual(told({ kind: "blocked" }), [{ ...event, reason: "blocked", owner: "proxy:test alice" }]);
  assert.deepEqual(told({ kind: "blocked", owner: "u1" }), [{ ...event, reason: "blocked", owner: "u1" }]);
  assert.deepEqual(told({ kind: "unknown" }), [{ ...event, reason: "unknown", owner: "proxy:test alice" }]);
  assert.deepEqual(told({ kind: "unknown" }, "anonymous"), []);
  assert.deepEqual(told({ kind: "found", owner: "u1", identity: ALICE }), []);
});

test("F-46 after a registration the authentication says what became of it, and keeps what is dead", () => {
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
    verdict: { kind: "principal", principal },
    by: "proxy",
    asserted: { identity: ALICE, owner: "u1" },
    dead,
  });
  assert.deepEqual(registered({ kind: "blocked" }, { verdict: ABSTAIN, by: null }), {
    verdict: { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" },
    by: "proxy",
  });
});

const KNOWN: ResolverOptions = { resolve: () => ({ owner: "u1" }) };
const UNKNOWN: ResolverOptions = { resolve: () => null };
const BLOCKED: ResolverOptions = { resolve: () => ({ blocked: true, owner: "u1" }) };
const theirs = provenOf({ owner: "u1" });
const anothers = provenOf({ owner: "bob" });
const anonymous = provenOf({ owner: null });
const accepts = (session: typeof theirs): Verdict => ({ kind: "session", session });
const asserted = { identity: ALICE, owner: "u1" };
const asThem: Authenticated = {
  verdict: { kind: "principal", principal: { ...asserted, ambient: true } },
  by: "proxy",
  asserted,
};
const forbidden: Authenticated = { verdict: { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" }, by: "proxy" };
const gone = { reason: "logout", id: "gone" } as const;
const over = (reason: "identity-changed" | "admin") => ({
  dead: { reason, id: anothers.row.id },
  ending: { session: anothers, reason },
});
/** As an anonymous caller, whose ticket is dead from now on. */
const { dead: deadNow, ending: endingNow } = over("identity-changed");
const anonymousNow: Authenticated = { verdict: { kind: "abstain", dead: deadNow }, by: null, ending: endingNow };

const ROWS: readonly (readonly [what: string, ResolverOptions, session: Verdict, expected: Authenticated])[] = [
  ["known, without a session", KNOWN, ABSTAIN, asThem],
  ["known, with their own session", KNOWN, accepts(theirs), { verdict: accepts(theirs), by: "proxy", asserted }],
  ["known, with an anonymous session", KNOWN, accepts(anonymous), { ...asThem, anonymous }],
  ["known, with another's session", KNOWN, accepts(anothers), { ...asThem, ...over("identity-changed") }],
  ["known, with a ticket that is dead", KNOWN, { kind: "abstain", dead: gone }, { ...asThem, dead: gone }],
  ["blocked, without a session", BLOCKED, ABSTAIN, forbidden],
  ["blocked, with a session", BLOCKED, accepts(anothers), { ...forbidden, ...over("admin") }],
  ["unknown, without a session", UNKNOWN, ABSTAIN, { verdict: ABSTAIN, by: null }],
  ["unknown, with a session", UNKNOWN, accepts(anothers), anonymousNow],
  ["unknown and refused", { ...UNKNOWN, unknown: "refuse" }, ABSTAIN, forbidden],
  [
    "unknown and to be registered",
    { ...UNKNOWN, unknown: "register", register: NEVER_ASKED },
    accepts(anothers),
    { ...anonymousNow, registering: ALICE },
  ],
];

for (const [what, options, session, expected] of ROWS) {
  test(`F-46 S-30 S-33 whom a proxy asserts is served as the table says: ${what}`, async () => {
    const { authenticated, events } = authenticateWorld({
      proxy: proxyOf(() => ({ kind: "asserted", identity: ALICE }), options),
      session: strategy("session", () => session),
    });
    assert.deepEqual(await authenticated(), expected);
    const turnedAway = expected.verdict.kind === "refuse";
    assert.deepEqual(
      events.map(({ name }) => name),
      turnedAway ? ["session.refused"] : [],
    );
  });
}

test("F-46 S-31 if the look-up fails no user is served, and no session ends", async () => {
  const { authenticated } = authenticateWorld({
    proxy: proxyOf(() => ({ kind: "asserted", identity: ALICE }), { resolve: () => Promise.reject(THROWN) }),
    session: strategy("session", () => accepts(anothers)),
  });
  assert.deepEqual(await authenticated(), {
    verdict: { kind: "unavailable", code: "ERR_APP_HOOK", cause: THROWN },
    by: "proxy",
  });
});

test("F-46 if a proxy asserts no user and there is no session, the caller is anonymous; nothing is told", async () => {
  for (const verdict of [ABSTAIN, { kind: "abstain", dead: gone } as const]) {
    const { authenticated, events } = authenticateWorld({
      proxy: proxyOf(() => ({ kind: "absent" })),
      session: strategy("session", () => verdict),
    });
    assert.deepEqual(await authenticated(), { verdict, by: null });
    assert.deepEqual(events, []);
  }
});
