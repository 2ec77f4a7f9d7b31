import assert from "node:assert/strict";
import { test } from "node:test";
import { requestWith } from "../../test-support/requests.ts";
import type { DeadReason, Decision, Policy, RequestView, SessionRow, Verdict } from "../contracts.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { mayChange } from "./csrf.ts";
import type { Step } from "./decide.ts";
import { decide, endOf } from "./decide.ts";
import { isNavigation } from "./navigation.ts";

const OWN = "https://app.example.com";
const ORIGINS = { own: [OWN], trusted: ["https://admin.example.com"] };

function request(method: string, headers: Record<string, string> = {}): RequestView {
  return requestWith(headers, { method, target: "/page?x=1" });
}

// The table of docs/csrf.md, row for row, and its neighbours.
const CSRF: readonly [site: string | null, origin: string | null, ambient: boolean, allowed: boolean][] = [
  ["same-origin", null, true, true],
  ["same-origin", "https://evil.example", true, true],
  ["none", null, true, true],
  ["same-site", "https://sibling.example.com", true, false],
  ["same-site", null, false, false],
  ["cross-site", "https://evil.example", true, false],
  ["cross-site", "https://evil.example", false, false],
  ["cross-site", OWN, true, false],
  ["cross-site", "https://admin.example.com", true, true],
  ["bogus", OWN, true, false],
  ["Same-Origin", OWN, true, false],
  [null, OWN, true, true],
  [null, "http://app.example.com", true, false],
  [null, "https://app.example.com:444", true, false],
  [null, "https://app.example.com.evil.tld", true, false],
  [null, "https://evil.tld/https://app.example.com", true, false],
  [null, "HTTPS://APP.EXAMPLE.COM", true, false],
  [null, "null", true, false],
  [null, "null", false, false],
  [null, "https://evil.example", true, false],
  [null, "https://admin.example.com", true, true],
  [null, null, true, false],
  [null, null, false, true],
  ["", "", true, false],
];

for (const [site, origin, ambient, allowed] of CSRF) {
  test(`CS-01 CS-02 CS-03 A-46 S-47 Sec-Fetch-Site ${site}, Origin ${origin}, cookie ${ambient}: ${allowed}`, () => {
    const headers = { ...(site === null ? {} : { "sec-fetch-site": site }), ...(origin === null ? {} : { origin }) };
    assert.equal(mayChange(request("POST", headers), ORIGINS, ambient), allowed);
  });
}

test("CS-05 safe methods need no origin, and a method override counts for nothing", () => {
  for (const method of ["GET", "HEAD", "OPTIONS"]) {
    const view = request(method, { "sec-fetch-site": "cross-site", "x-http-method-override": "POST" });
    assert.equal(outcome(decide({ kind: "abstain" }, FOR_ALL, { request: view, ...WORLD, ambient: true })), "proceed", method);
  }
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "PROPFIND"]) {
    const view = request(method, { "sec-fetch-site": "cross-site" });
    assert.equal(outcome(decide({ kind: "abstain" }, FOR_ALL, { request: view, ...WORLD, ambient: true })), 403, method);
  }
});

const FOR_ALL: Policy = { require: "none" };
const FOR_USERS: Policy = { require: "user" };
const signedIn: SessionRow = sampleRow({ owner: "https://id.example alice" });
const anonymous: SessionRow = sampleRow({ owner: null, issuer: null, sid: null });
const principal = {
  identity: { issuer: "i", subject: "s", claims: {}, authenticatedAt: 0, method: "bearer" },
  owner: "i s",
  ambient: false,
};

const VERDICTS: { readonly [name: string]: Verdict } = {
  anonymous: { kind: "abstain" },
  "a dead ticket": { kind: "abstain", dead: { reason: "logout" } },
  "a session": { kind: "session", session: { row: signedIn, previous: false } },
  "an anonymous session": { kind: "session", session: { row: anonymous, previous: false } },
  "a session with a spent token": { kind: "stale", session: { row: signedIn, previous: false } },
  "a bearer": { kind: "principal", principal },
  "an invalid bearer": { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL", challenge: "Bearer" },
  outage: { kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", cause: null },
};

// What a GET that is no navigation is answered: [anonymous callers may come, a user is required].
const OUTCOMES: { readonly [name: string]: readonly [Decision["kind"] | number, Decision["kind"] | number] } = {
  anonymous: ["proceed", 401],
  "a dead ticket": ["proceed", 401],
  "a session": ["proceed", "proceed"],
  "an anonymous session": ["proceed", 401],
  "a session with a spent token": ["proceed", "proceed"],
  "a bearer": ["proceed", "proceed"],
  "an invalid bearer": [401, 401],
  outage: ["unavailable", "unavailable"],
};

const WORLD = {
  recorded: null,
  by: "session",
  before: false,
  origins: ORIGINS,
  now: 10_000_000,
  keepsInStep: false,
  unconfirmed: 3_600_000,
};

const outcome = (decision: Step): string | number => (decision.kind === "refuse" ? decision.status : decision.kind);

for (const [name, verdict] of Object.entries(VERDICTS)) {
  test(`S-03 S-05 SE-16 TP-05 ${name} is decided by the table`, () => {
    const circumstances = { request: request("GET"), ...WORLD, ambient: true };
    const expected = OUTCOMES[name];
    assert.deepEqual(
      [outcome(decide(verdict, FOR_ALL, circumstances)), outcome(decide(verdict, FOR_USERS, circumstances))],
      expected,
    );
  });
}

test("S-04 CS-10 only a bearer that authenticated is exempt from the origin check", () => {
  const circumstances = { request: request("POST", { "sec-fetch-site": "cross-site" }), ...WORLD, ambient: true };
  const kinds = Object.entries(VERDICTS).map(([name, verdict]) => [name, outcome(decide(verdict, FOR_ALL, circumstances))]);
  assert.deepEqual(Object.fromEntries(kinds), {
    anonymous: 403,
    "a dead ticket": 403,
    "a session": 403,
    "an anonymous session": 403,
    "a session with a spent token": 403,
    "a bearer": "proceed",
    "an invalid bearer": 401,
    outage: 403,
  });
  const ambientBearer: Verdict = { kind: "principal", principal: { ...principal, ambient: true } };
  assert.equal(outcome(decide(ambientBearer, FOR_ALL, circumstances)), 403);
});

test("CS-08 an anonymous POST that could log in is checked too, and an exempted route is not", () => {
  const circumstances = { request: request("POST", { origin: "https://evil.example" }), ...WORLD, ambient: false };
  assert.equal(outcome(decide({ kind: "abstain" }, FOR_ALL, circumstances)), 403);
  assert.equal(outcome(decide({ kind: "abstain" }, { require: "none", crossSite: true }, circumstances)), "proceed");
});

test("AR-10 a 401 becomes the login for a top-level navigation alone", () => {
  const cases: readonly [headers: Record<string, string>, navigation: boolean][] = [
    [{ "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }, true],
    [{ "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }, false],
    [{ "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", accept: "text/html" }, false],
    [{ "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }, false],
    [{ "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-purpose": "prefetch;prerender" }, false],
    [{ "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", purpose: "prefetch" }, false],
    [{ accept: "text/html,application/xhtml+xml", "x-moz": "prefetch" }, false],
    [{ accept: "text/html,application/xhtml+xml" }, true],
    [{ accept: "application/json" }, false],
    [{ accept: "*/*" }, false],
    [{}, false],
  ];
  for (const [headers, navigation] of cases) {
    assert.equal(isNavigation(request("GET", headers)), navigation, JSON.stringify(headers));
    const circumstances = { request: request("GET", headers), ...WORLD, ambient: false };
    assert.equal(outcome(decide({ kind: "abstain" }, FOR_USERS, circumstances)), navigation ? "login" : 401);
  }
});

const page = request("GET", { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" });
const FORBIDDEN: Decision = { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" };
const UNKNOWN: Decision = { kind: "refuse", status: 401, code: "ERR_UNAUTHENTICATED" };

test("S-05 another user's session ends before anything but the origin check, also if the verdict refuses", () => {
  const before = { request: request("GET"), ...WORLD, ambient: true, before: true };
  for (const [name, verdict] of Object.entries(VERDICTS))
    assert.deepEqual(decide(verdict, FOR_USERS, before), { kind: "reconcile" }, name);
  const foreign = { ...before, request: request("POST", { "sec-fetch-site": "cross-site" }) };
  assert.deepEqual(decide({ kind: "abstain" }, FOR_USERS, foreign), { kind: "refuse", status: 403, code: "ERR_CROSS_SITE" });
});

test("what the handler recorded counts for all that ask after it, before what the request came with", () => {
  const after = (recorded: "login" | "logout", more: Partial<Parameters<typeof decide>[2]> = {}) => ({
    request: request("GET"),
    ...WORLD,
    ambient: true,
    recorded,
    ...more,
  });
  const session = VERDICTS["a session"] ?? { kind: "abstain" };
  assert.deepEqual(decide({ kind: "abstain" }, FOR_USERS, after("login")), { kind: "proceed" });
  assert.deepEqual(
    decide({ kind: "abstain" }, { require: "user", via: ["bearer"] }, after("login", { by: "bearer" })),
    FORBIDDEN,
  );
  assert.deepEqual(decide(session, FOR_ALL, after("logout")), { kind: "proceed" });
  assert.deepEqual(decide(session, FOR_USERS, after("logout")), UNKNOWN);
  assert.deepEqual(decide(session, FOR_USERS, after("logout", { request: page })), { kind: "login" });
});

test("a route takes the ways of authenticating that it names, and all if it names none", () => {
  const by = (name: string | null) => ({ request: request("GET"), ...WORLD, ambient: true, by: name });
  const session: Verdict = { kind: "session", session: { row: signedIn, previous: false } };
  const only: Policy = { require: "user", via: ["session", "proxy"] };
  assert.deepEqual(decide(session, only, by("session")), { kind: "proceed" });
  assert.deepEqual(decide(session, only, by("proxy")), { kind: "proceed" });
  assert.deepEqual(decide(session, only, by("bearer")), FORBIDDEN);
  assert.deepEqual(decide(session, only, by(null)), FORBIDDEN);
  assert.deepEqual(decide(session, FOR_USERS, by(null)), { kind: "proceed" });
});

test("F-31 a session behind its provider is refreshed, counts for a while, then waits for it or a login", () => {
  const spent = WORLD.now - 1_000;
  const row = sampleRow({ owner: "i alice", renewAt: spent, tokenExpires: spent });
  const decided = (changes: Partial<SessionRow>, more: object = {}, policy: Policy = FOR_USERS): Step => {
    const { unconfirmed = undefined, ...world }: { unconfirmed?: { retryAfter: number; answered: boolean } } = { ...more };
    const session = { row: { ...row, ...changes }, previous: false };
    const verdict: Verdict = { kind: "stale", session, ...(unconfirmed === undefined ? {} : { unconfirmed }) };
    return decide(verdict, policy, { request: page, ...WORLD, ambient: true, keepsInStep: true, ...world });
  };
  const down = { unconfirmed: { retryAfter: 5_000, answered: false } };
  const long = WORLD.now - WORLD.unconfirmed;
  assert.deepEqual(decided({}), { kind: "refresh" });
  assert.deepEqual(decided({}, {}, { require: "user", refreshes: false }), { kind: "proceed" });
  assert.deepEqual(decided({}, {}, { require: "user", refreshes: true }), { kind: "refresh" });
  assert.deepEqual(decided({}, { keepsInStep: false }), { kind: "proceed" });
  assert.deepEqual(decided({ renewAt: null }), { kind: "proceed" });
  assert.deepEqual(decided({ tokenExpires: null }), { kind: "proceed" });
  assert.deepEqual(decided({}, down), { kind: "proceed" });
  assert.deepEqual(decided({ tokenExpires: long + 1 }, down), { kind: "proceed" });
  assert.deepEqual(decided({ tokenExpires: long }, down), {
    kind: "unavailable",
    code: "ERR_PROVIDER_UNAVAILABLE",
    retryAfter: 5_000,
  });
  assert.deepEqual(decided({ tokenExpires: long }, { unconfirmed: { retryAfter: 5_000, answered: true } }), { kind: "login" });
});

test("users who come back are told why their session ended, if they do not know", () => {
  const REASONS: readonly (readonly [DeadReason, boolean])[] = [
    ["logout", true],
    ["elsewhere", true],
    ["idle", true],
    ["expired", true],
    ["provider", true],
    ["admin", true],
    ["identity-changed", true],
    ["refresh-lost", true],
    ["replaced", false],
    ["malformed", false],
    ["unknown", false],
  ];
  for (const [reason, told] of REASONS) {
    const verdict: Verdict = { kind: "abstain", dead: { reason } };
    assert.equal(endOf(verdict), told ? reason : null, reason);
    const decision = decide(verdict, FOR_USERS, { request: page, ...WORLD, ambient: true });
    assert.deepEqual(decision, told ? { kind: "login", ended: reason } : { kind: "login" });
    assert.deepEqual(decide(verdict, FOR_USERS, { request: request("GET"), ...WORLD, ambient: true }), UNKNOWN);
  }
  assert.equal(endOf({ kind: "abstain" }), null);
  assert.equal(endOf({ kind: "session", session: { row: sampleRow({ ended: 1, reason: "idle" }), previous: false } }), null);
});
