import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject, SessionRow } from "../contracts.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { type Draft, type LoginIntent, NO_INTENT, withChange, withLogin, withLogout, withRotate } from "./draft.ts";
import { type Circumstances, type Held, needsTicket, type Plan, plan } from "./plan.ts";
import { sessionPolicy } from "./policy.ts";
import { EMPTY_BODY, parseBody, serializeBody } from "./record.ts";

const NOW = 1_000_000;
const ALICE: LoginIntent = login("alice");

function login(subject: string, more: Partial<LoginIntent> = {}): LoginIntent {
  const identity = { issuer: "i", subject, claims: {}, authenticatedAt: NOW, method: "app" };
  return { identity, owner: `i ${subject}`, fresh: false, tokens: null, provider: null, sid: null, issuedAt: null, ...more };
}

function live(owner: string | null, data: JsonObject = {}, previous = false): Held {
  const body = { ...EMPTY_BODY, data };
  const row = sampleRow({ owner, version: 7, body: serializeBody(body), created: 0, seen: 0, expires: NOW * 2 });
  return { live: { row, body, previous }, dead: null, several: [], lost: false, navigation: false };
}

const ANONYMOUS: Held = { live: null, dead: null, several: [], lost: false, navigation: false };
const DEAD: Held = { ...ANONYMOUS, dead: { reason: "unknown" } };

function circumstances(status = 200, more: Partial<Circumstances> = {}): Circumstances {
  const minted = { id: "new-id", secretHash: "new-hash", sealedTokens: null, renewAt: null };
  const known = { now: NOW, status, policy: sessionPolicy(), minted, client: {}, step: 1_000, prefetch: false };
  return { ...known, validate: (data) => data, ...more };
}

function planned(held: Held, draft: Draft, status = 200, more: Partial<Circumstances> = {}): Extract<Plan, { kind: "write" }> {
  const result = plan(held, draft, circumstances(status, more));
  assert.equal(result.kind, "write");
  if (result.kind !== "write") throw new TypeError();
  return result;
}

const set = (patch: JsonObject, draft: Draft = NO_INTENT): Draft => withChange(draft, { kind: "set", patch });
const shape = ({ steps, cookie }: Extract<Plan, { kind: "write" }>): readonly string[] => [
  ...steps.map((step) =>
    step.kind === "end" ? `end:${step.reason}` : `put:${step.condition}${step.row.ended === null ? "" : ":ended"}`,
  ),
  cookie,
];
const written = (result: Extract<Plan, { kind: "write" }>): SessionRow => {
  const step = result.steps.find((one) => one.kind === "put" && one.row.ended === null);
  if (step?.kind !== "put") throw new TypeError("nothing was written");
  return step.row;
};
const dataOf = (result: Extract<Plan, { kind: "write" }>): JsonObject => parseBody(written(result)).data;

test("S-01 S-02 CK-11 without intent nothing is written and the cookie stays, whatever was presented", () => {
  for (const held of [ANONYMOUS, DEAD, live(null), live("i alice")]) assert.deepEqual(shape(planned(held, NO_INTENT)), ["keep"]);
});

test("S-41 CK-15 only a navigation or a logout clears a dead ticket", () => {
  assert.deepEqual(shape(planned({ ...DEAD, navigation: true }, NO_INTENT)), ["clear"]);
  assert.deepEqual(shape(planned(DEAD, NO_INTENT, 401)), ["keep"]);
  assert.deepEqual(shape(planned(DEAD, withLogout())), ["clear"]);
  assert.deepEqual(shape(planned(ANONYMOUS, withLogout())), ["keep"]);
});

const TABLE: readonly [name: string, held: Held, draft: Draft, status: number, expected: readonly string[]][] = [
  ["set, anonymous", ANONYMOUS, set({ a: 1 }), 200, ["put:absent", "set"]],
  ["set nothing, anonymous", ANONYMOUS, set({}), 200, ["keep"]],
  ["set over a dead ticket: SE-01 a new id", DEAD, set({ a: 1 }), 200, ["put:absent", "set"]],
  ["set, session", live("i alice"), set({ a: 1 }), 200, ["put:7", "keep"]],
  ["set the same", live("i alice", { a: 1 }), set({ a: 1 }), 200, ["keep"]],
  ["set, then 404", live("i alice"), set({ a: 1 }), 404, ["put:7", "keep"]],
  ["set, then 500", live("i alice"), set({ a: 1 }), 500, ["keep"]],
  ["rotate", live("i alice"), withRotate(NO_INTENT), 200, ["put:7", "set"]],
  ["rotate, previous secret", live("i alice", {}, true), withRotate(NO_INTENT), 200, ["keep"]],
  ["rotate, anonymous", ANONYMOUS, withRotate(NO_INTENT), 200, ["keep"]],
  ["rotate, then 503", live("i alice"), withRotate(NO_INTENT), 503, ["keep"]],
  ["login, anonymous", ANONYMOUS, withLogin(NO_INTENT, ALICE), 200, ["put:absent", "set"]],
  ["login, anonymous", live(null), withLogin(NO_INTENT, ALICE), 200, ["put:absent", "put:7:ended", "set"]],
  ["login, the same user", live("i alice"), withLogin(NO_INTENT, ALICE), 200, ["put:absent", "put:7:ended", "set"]],
  [
    "login, another user: the old ends first",
    live("i bob"),
    withLogin(NO_INTENT, ALICE),
    200,
    ["end:identity-changed", "put:absent", "set"],
  ],
  [
    "login, fresh",
    live("i alice"),
    withLogin(NO_INTENT, login("alice", { fresh: true })),
    200,
    ["put:absent", "end:replaced", "set"],
  ],
  ["login, then 500", live("i bob"), withLogin(NO_INTENT, ALICE), 500, ["keep"]],
  ["logout", live("i alice"), withLogout(), 200, ["put:7:ended", "clear"]],
  ["logout, then 500", live("i alice"), withLogout(), 500, ["put:7:ended", "clear"]],
  ["set and logout", live("i alice"), withLogout(), 500, ["put:7:ended", "clear"]],
];

for (const [name, held, draft, status, expected] of TABLE) {
  test(`S-10 SE-07 S-34 plan: ${name}`, () => assert.deepEqual(shape(planned(held, draft, status)), expected));
}

test("CB-10 data of the same identity or of an anonymous session are kept, another identity's never", () => {
  assert.deepEqual(dataOf(planned(live(null, { cart: 1 }), withLogin(NO_INTENT, ALICE))), { cart: 1 });
  assert.deepEqual(dataOf(planned(live("i alice", { cart: 1 }), withLogin(NO_INTENT, ALICE))), { cart: 1 });
  assert.deepEqual(dataOf(planned(live("i bob", { cart: 1 }), withLogin(NO_INTENT, ALICE))), {});
  assert.deepEqual(dataOf(planned(live("i alice", { cart: 1 }), withLogin(NO_INTENT, login("alice", { fresh: true })))), {});
  const before = withLogin(set({ secretOfBob: 1 }), ALICE);
  assert.deepEqual(dataOf(planned(live("i bob"), before)), {}, "set before the login was meant for the old identity");
  assert.deepEqual(dataOf(planned(live("i bob"), set({ hello: 1 }, withLogin(NO_INTENT, ALICE)))), { hello: 1 });
});

test("S-10 a login after a logout in one request takes nothing over", () => {
  const draft = withLogin(withLogout(), ALICE);
  assert.deepEqual(dataOf(planned(live("i alice", { cart: 1 }), draft)), {});
});

test("SE-12 what was set on a session that ended meanwhile is refused; a logout and a login still stand", () => {
  const lost: Held = { ...ANONYMOUS, lost: true };
  assert.equal(plan(lost, set({ a: 1 }), circumstances()).kind, "lost");
  assert.equal(plan(lost, withRotate(NO_INTENT), circumstances()).kind, "lost");
  assert.deepEqual(shape(planned(lost, withLogout())), ["clear"]);
  assert.deepEqual(shape(planned(lost, withLogin(NO_INTENT, ALICE))), ["put:absent", "set"]);
});

test("SE-03 no write moves the absolute end, and each raises the version by its step", () => {
  const held = live("i alice");
  const row = held.live?.row;
  for (const draft of [set({ a: 1 }), withRotate(NO_INTENT), withRotate(set({ b: 2 }))]) {
    const next = written(planned(held, draft));
    assert.equal(next.expires, row?.expires);
    assert.equal(next.created, row?.created);
    assert.equal(next.version, 1_007);
  }
});

test("SE-03 a session lives from when its login was recorded, and is active from when it is stored", () => {
  const { created, expires, seen } = written(planned(ANONYMOUS, withLogin(NO_INTENT, ALICE), 200, { began: NOW - 5_000 }));
  assert.deepEqual([created, expires - created, seen], [NOW - 5_000, sessionPolicy().lifetime, NOW]);
});

test("S-50 an anonymous session has an end of its own, and a login does not inherit it", () => {
  const policy = sessionPolicy({ lifetime: "30d", anonymous: "2h" });
  const hours = ({ created, expires }: SessionRow): number => (expires - created) / 3_600_000;
  const anonymous = written(planned(ANONYMOUS, set({ a: 1 }), 200, { policy }));
  assert.equal(hours(anonymous), 2);
  const held: Held = { ...ANONYMOUS, live: { row: anonymous, body: parseBody(anonymous), previous: false } };
  assert.equal(hours(written(planned(held, set({ a: 2 }), 200, { policy }))), 2);
  assert.equal(hours(written(planned(held, withLogin(NO_INTENT, ALICE), 200, { policy }))), 720);
});

test("SE-07 an exchanged secret is good for ten seconds, and the one before it no more", () => {
  const held = live("i alice");
  const next = written(planned(held, withRotate(NO_INTENT)));
  assert.deepEqual(
    [next.secretHash, next.previousHash, next.previousUntil],
    ["new-hash", held.live?.row.secretHash, NOW + 10_000],
  );
});

test("data past the limit are an error of the app, not a lost session", () => {
  assert.throws(() => plan(live("i alice"), set({ big: "x".repeat(70_000) }), circumstances()), { code: "ERR_DATA_TOO_LARGE" });
});

test("a plan asks for a ticket exactly when it uses one", () => {
  for (const [, held, draft, status] of TABLE) {
    const result = plan(held, draft, circumstances(status));
    if (result.kind === "write" && result.cookie === "set") assert.equal(needsTicket(draft, held), true);
  }
});

test("SE-12 edits are never lost: replaying on the fresh record keeps what others wrote beside it", () => {
  const patches = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer(), { maxKeys: 3 });
  fc.assert(
    fc.property(patches, patches, (mine, theirs) => {
      const fresh = live("i alice", theirs);
      assert.deepEqual({ ...dataAfter(fresh, set(mine)) }, { ...theirs, ...mine });
    }),
  );
});

function dataAfter(held: Held, draft: Draft): JsonObject {
  const result = planned(held, draft);
  return result.steps.length === 0 ? (held.live?.body.data ?? {}) : dataOf(result);
}

test("data are as large as session.maxData allows, and not a character larger", () => {
  const policy = sessionPolicy({ maxData: 10 });
  // {"a":"12"} has ten characters.
  for (const held of [ANONYMOUS, live("i alice"), live(null)])
    assert.doesNotThrow(() => plan(held, set({ a: "12" }), circumstances(200, { policy })));
  const large = { code: "ERR_DATA_TOO_LARGE", message: /are 11 characters of JSON; session\.maxData allows 10/ };
  for (const held of [ANONYMOUS, live("i alice")])
    assert.throws(() => plan(held, set({ a: "123" }), circumstances(200, { policy })), large);
  assert.throws(() => plan(ANONYMOUS, withLogin(set({ a: "123" }), ALICE), circumstances(200, { policy })), large);
});

test("SE-01 a new record holds what the login and the circumstances say, each in its place", () => {
  const tokens = { accessToken: "a", refreshToken: "r", idToken: null, scope: null, expires: NOW + 500 };
  const minted = { id: "new-id", secretHash: "new-hash", sealedTokens: "sealed", renewAt: NOW + 400 };
  const intent = login("alice", { tokens, provider: "main", sid: "sid-1", issuedAt: 77 });
  const next = written(planned(ANONYMOUS, withLogin(NO_INTENT, intent), 200, { minted, client: { userAgent: "Firefox" } }));
  assert.deepEqual(next, {
    id: "new-id",
    secretHash: "new-hash",
    previousHash: null,
    previousUntil: 0,
    version: 1,
    kind: "browser",
    owner: "i alice",
    issuer: "i",
    sid: "sid-1",
    created: NOW,
    seen: NOW,
    expires: NOW + sessionPolicy().lifetime,
    renewAt: NOW + 400,
    tokenExpires: NOW + 500,
    lease: null,
    ended: null,
    reason: null,
    body: serializeBody({
      ...EMPTY_BODY,
      userAgent: "Firefox",
      identity: intent.identity,
      data: {},
      tokens: "sealed",
      provider: "main",
      issuedAt: 77,
    }),
  });
  const bare = written(planned(ANONYMOUS, withLogin(NO_INTENT, ALICE)));
  assert.deepEqual([bare.sid, bare.tokenExpires, "issuedAt" in parseBody(bare)], [null, null, false]);
  const anonymous = written(planned(ANONYMOUS, set({ a: 1 }), 200, { minted, client: { userAgent: "Firefox" } }));
  const { owner, issuer, sid, renewAt, tokenExpires } = anonymous;
  assert.deepEqual([owner, issuer, sid, renewAt, tokenExpires], [null, null, null, null, null]);
  assert.deepEqual(parseBody(anonymous), { ...EMPTY_BODY, userAgent: "Firefox", data: { a: 1 } });
});

test("a plan without the ticket that it needs is a bug, and says so", () => {
  const without = circumstances(200, { minted: null });
  for (const [held, draft] of [
    [ANONYMOUS, set({ a: 1 })],
    [ANONYMOUS, withLogin(NO_INTENT, ALICE)],
    [live("i alice"), withRotate(NO_INTENT)],
  ] as const)
    assert.throws(() => plan(held, draft, without), { code: "ERR_INTERNAL" });
});

test("only what begins or exchanges a session asks for a ticket", () => {
  assert.deepEqual(
    [
      needsTicket(NO_INTENT, ANONYMOUS),
      needsTicket(set({ a: 1 }), live("i alice")),
      needsTicket(withLogout(), live("i alice")),
      needsTicket(set({ a: 1 }), ANONYMOUS),
      needsTicket(withRotate(NO_INTENT), live("i alice")),
      needsTicket(withLogin(NO_INTENT, ALICE), ANONYMOUS),
    ],
    [false, false, false, true, true, true],
  );
});

test("CK-11 of several sessions at once none is it: a logout ends them all, a login replaces them", () => {
  const held: Held = { ...ANONYMOUS, several: ["one", "two"] };
  const ended = (reason: string): object[] => ["one", "two"].map((id) => ({ kind: "end", id, reason }));
  assert.deepEqual(planned(held, withLogout()), { kind: "write", steps: ended("logout"), cookie: "clear", login: null });
  const result = planned(held, withLogin(NO_INTENT, ALICE));
  assert.deepEqual(result.steps.slice(1), ended("replaced"));
  assert.deepEqual([result.steps.length, result.cookie, result.login], [3, "set", ALICE]);
  assert.deepEqual(shape(planned(held, NO_INTENT)), ["keep"]);
});

test("S-10 what ends says why: replaced by a login of the same person, changed by another's, or signed out", () => {
  const reasons = (held: Held, draft: Draft): unknown[] =>
    planned(held, draft).steps.map((step) => (step.kind === "end" ? step.reason : step.row.reason));
  assert.deepEqual(reasons(live("i alice"), withLogin(NO_INTENT, ALICE)), [null, "replaced"]);
  assert.deepEqual(reasons(live("i bob"), withLogin(NO_INTENT, ALICE)), ["identity-changed", null]);
  assert.deepEqual(reasons(live("i alice"), withLogout()), ["logout"]);
  const [ended] = planned(live("i alice"), withLogout()).steps;
  assert.equal(ended?.kind === "put" ? ended.row.ended : null, NOW);
});

test("SE-07 a caller with the secret before gets the new one once more, if the ticket still knows it", () => {
  const late = live("i alice", {}, true);
  const minted = { id: "id", secretHash: "hash", sealedTokens: null, renewAt: null };
  assert.deepEqual(shape(planned(late, withRotate(NO_INTENT), 200, { minted: { ...minted, current: true } })), ["set"]);
  assert.deepEqual(shape(planned(late, withRotate(NO_INTENT), 200, { minted })), ["keep"]);
  assert.deepEqual(shape(planned(late, withRotate(NO_INTENT), 200, { minted: null })), ["keep"]);
  const withData = planned(late, withRotate(set({ a: 1 })), 200, { minted: { ...minted, current: true } });
  assert.deepEqual(shape(withData), ["put:7", "set"]);
  assert.equal(written(withData).secretHash, late.live?.row.secretHash, "what was exchanged is not exchanged again");
  const live7 = planned(live("i alice"), set({ a: 1 }), 200, { minted: { ...minted, current: true } });
  assert.deepEqual(shape(live7), ["put:7", "keep"]);
});

test("what a prefetch writes is no activity", () => {
  assert.equal(written(planned(live("i alice"), set({ a: 1 }), 200, { prefetch: true })).seen, 0);
  assert.equal(written(planned(live("i alice"), set({ a: 1 }))).seen, NOW);
});

test("an exchange alone leaves the body as it is, to the byte", () => {
  const held = live("i alice", { a: 1 });
  assert.equal(written(planned(held, withRotate(NO_INTENT))).body, held.live?.row.body);
});

test("S-41 data that come to nothing clear a dead ticket on a navigation, as no data do", () => {
  assert.deepEqual(shape(planned({ ...DEAD, navigation: true }, set({}))), ["clear"]);
  assert.deepEqual(shape(planned(ANONYMOUS, set({}))), ["keep"]);
});
