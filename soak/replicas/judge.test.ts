import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenUse } from "../refresh/journal.ts";
import type { Answer, Ending, Journals, Known } from "./journal.ts";
import { hollow, judge, type Violation } from "./judge.ts";

/** A second that everything is told from. */
const T = 1_000_000;
const lease = { length: 6_900, margin: 1_400 };

const known = (session: string, more: Partial<Known> = {}): Known => ({
  session,
  account: "alice",
  kind: "browser",
  begun: T,
  at: T + 100,
  ...more,
});
const answer = (session: string, at: number, more: Partial<Answer> = {}): Answer => ({
  session,
  from: T + at,
  at: T + at + 10,
  by: "gateway-a",
  kind: "served",
  what: "alice",
  ...more,
});
const signedOut = (session: string, at: number): Answer => answer(session, at, { kind: "signed-out", what: "401" });
const ending = (how: Ending["how"], session: string, at: number, more: Partial<Ending> = {}): Ending => ({
  how,
  account: "alice",
  session,
  from: T + at,
  at: T + at + 50,
  acknowledged: true,
  ...more,
});
const use = (at: number, by: string, more: Partial<TokenUse> = {}): TokenUse => ({
  at: T + at,
  answered: T + at + 40,
  by,
  token: "t1",
  account: "alice",
  grant: "g1",
  outcome: "rotated",
  ...more,
});

const journals = (more: Partial<Journals>): Journals => ({
  lease,
  uses: [],
  lines: [],
  faults: [],
  outages: [],
  outcries: [],
  sessions: [known("s1")],
  grants: new Map([["s1", "g1"]]),
  answers: [],
  endings: [],
  edits: [],
  reads: [],
  exchanges: [],
  dropped: [],
  refusedLogins: [],
  ...more,
});

const classesOf = (more: Partial<Journals>): readonly Violation["class"][] =>
  judge(journals(more)).violations.map((violation) => violation.class);

test("a session that is served, asked to end, and then refused is in order", () => {
  const answers = [answer("s1", 200), answer("s1", 900), signedOut("s1", 1_100), signedOut("s1", 9_000)];
  const { violations, loggedOut } = judge(journals({ answers, endings: [ending("logout", "s1", 1_000)] }));
  assert.deepEqual([violations, loggedOut], [[], []]);
});

test("a user who is served as another is foreign, whoever is told: the app, or the library", () => {
  assert.deepEqual(classesOf({ answers: [answer("s1", 200, { what: "bob" })] }), ["foreign"]);
  assert.deepEqual(classesOf({ answers: [answer("s1", 200, { what: "alice, named bob" })] }), ["foreign"]);
});

test("S-42 a session that is served after its end was acknowledged, or after a 401, is resurrected", () => {
  assert.deepEqual(classesOf({ answers: [answer("s1", 1_100)], endings: [ending("logout", "s1", 1_000)] }), ["resurrected"]);
  // A request from before, that is answered after it, is none.
  assert.deepEqual(classesOf({ answers: [answer("s1", 1_040)], endings: [ending("logout", "s1", 1_000)] }), []);
  const lost = ending("logout", "s1", 1_000, { acknowledged: false });
  assert.deepEqual(classesOf({ answers: [answer("s1", 1_100)], endings: [lost] }), []);
  const flickers = [signedOut("s1", 1_100), answer("s1", 1_200)];
  assert.deepEqual(classesOf({ answers: flickers, endings: [lost] }), ["resurrected"]);
});

test("SE-09 an ending everywhere ends what was there before it, and no later login", () => {
  const all = ending("everywhere", "s1", 1_000);
  const sessions = [known("s1"), known("s2"), known("t", { kind: "tokens" }), known("s3", { begun: T + 2_000, at: T + 2_100 })];
  const after = (session: string): readonly Violation["class"][] =>
    classesOf({ sessions, endings: [all], answers: [answer(session, 2_200)] });
  assert.deepEqual([after("s1"), after("s2"), after("t"), after("s3")], [[], ["resurrected"], ["resurrected"], []]);
  assert.deepEqual(classesOf({ sessions, endings: [all], answers: [signedOut("s2", 2_200)] }), []);
  assert.deepEqual(classesOf({ sessions, endings: [all], answers: [signedOut("s1", 2_200)] }), ["logged-out"]);
  assert.deepEqual(classesOf({ sessions, endings: [all], answers: [signedOut("s3", 2_200)] }), ["logged-out"]);
  // A process that was stopped carries it out when it goes on.
  const late = ending("everywhere", "s1", 1_000, { acknowledged: false });
  assert.deepEqual(classesOf({ sessions, endings: [late], answers: [signedOut("s3", 2_200)] }), []);
});

test("S-58 an agent ends with the session that it hangs on, and no sooner", () => {
  const sessions = [known("s1"), known("agent", { kind: "agent", parent: "s1", begun: T + 150, at: T + 160 })];
  const logout = ending("logout", "s1", 1_000);
  assert.deepEqual(classesOf({ sessions, endings: [logout], answers: [signedOut("agent", 1_100)] }), []);
  assert.deepEqual(classesOf({ sessions, endings: [logout], answers: [answer("agent", 1_100)] }), ["resurrected"]);
  assert.deepEqual(classesOf({ sessions, answers: [signedOut("agent", 1_100)] }), ["logged-out"]);
  const without = ending("logout", "s1", 1_000, { acknowledged: false });
  const answers = [signedOut("s1", 1_100), answer("agent", 1_200)];
  assert.deepEqual(classesOf({ sessions, endings: [without], answers }), ["resurrected"]);
  // One that ends all others ends its own agents, too.
  const all = ending("everywhere", "s1", 1_000);
  assert.deepEqual(classesOf({ sessions, endings: [all], answers: [answer("s1", 1_100), signedOut("agent", 1_100)] }), []);
});

test("RF-03 who is signed out unasked needs a repeat, the repeat a fault, and no stored result before it", () => {
  const answers = [answer("s1", 200), signedOut("s1", 20_000)];
  const line = { at: T + 19_000, by: "gateway-b1", event: "session.ended", reason: "refresh-lost", session: "s1" };
  const uses = [use(1_000, "gateway-a1"), use(8_000, "gateway-b1", { outcome: "reuse" })];
  const kill = { kind: "kill" as const, by: "gateway-a1", from: T + 1_020, until: null };
  assert.deepEqual(classesOf({ answers }), ["logged-out"]);
  assert.deepEqual(classesOf({ answers, uses, lines: [line] }), ["logged-out", "reuse"]);
  const { violations, loggedOut } = judge(journals({ answers, uses, lines: [line], faults: [kill] }));
  assert.deepEqual([violations, loggedOut.length, loggedOut[0]?.repeat?.cause], [[], 1, kill]);
  assert.deepEqual(classesOf({ answers, uses, lines: [{ ...line, reason: "expired" }], faults: [kill] }), ["logged-out"]);
  const stored = { at: T + 1_030, by: "gateway-a1", event: "refresh.completed", reason: "refreshed", session: "s1" };
  assert.deepEqual(classesOf({ answers, uses, lines: [stored, line], faults: [kill] }), ["logged-out", "reuse"]);
});

test("RF-03 an outage of the store explains a repeat after a whole lease, and no other", () => {
  const answers = [signedOut("s1", 20_000)];
  const lines = [{ at: T + 19_000, by: "gateway-b1", event: "session.ended", reason: "provider", session: "s1" }];
  const outage = { kind: "failover" as const, what: "killed", from: T + 900, until: T + 5_000 };
  const uses = [use(1_000, "gateway-a1"), use(8_000, "gateway-b1", { outcome: "reuse" })];
  assert.deepEqual(classesOf({ answers, lines, uses, outages: [outage] }), []);
  assert.deepEqual(classesOf({ answers, lines, uses, outages: [{ ...outage, kind: "reload" }] }), ["logged-out", "reuse"]);
  const early = [use(1_000, "gateway-a1"), use(3_000, "gateway-b1", { outcome: "reuse" })];
  assert.deepEqual(classesOf({ answers, lines, uses: early, outages: [outage] }), ["logged-out", "reuse"]);
  const before = { ...outage, from: T - 9_000, until: T - 5_000 };
  assert.deepEqual(classesOf({ answers, lines, uses, outages: [before] }), ["logged-out", "reuse"]);
});

test("CR-09 data that were stored are there, and no data of another", () => {
  const edit = { book: "b1", key: "a", value: 3, from: T + 200, at: T + 250, stored: true };
  const read = (values: Readonly<Record<string, number>>, from = T + 300) => ({ book: "b1", by: "app-a", from, values });
  assert.deepEqual(classesOf({ edits: [edit], reads: [read({ a: 3 })] }), []);
  assert.deepEqual(classesOf({ edits: [edit], reads: [read({})] }), ["lost-edit"]);
  assert.deepEqual(classesOf({ edits: [edit], reads: [read({}, T + 240)] }), []);
  assert.deepEqual(classesOf({ edits: [{ ...edit, stored: false }], reads: [read({})] }), []);
  const older = { ...edit, value: 2, from: T + 100, at: T + 150 };
  assert.deepEqual(classesOf({ edits: [older, edit], reads: [read({ a: 2 })] }), ["lost-edit"]);
  assert.deepEqual(classesOf({ edits: [edit], reads: [read({ a: 3, b: 7 })] }), ["foreign"]);
  assert.deepEqual(classesOf({ dropped: [{ session: "s1", by: "s2" }] }), ["lost-edit"]);
});

test("S-20 a refresh token of ours has one successor", () => {
  const exchange = { session: "s1", token: "r1", successor: "r2", by: "app-a" };
  assert.deepEqual(classesOf({ exchanges: [exchange, { ...exchange, by: "app-b" }] }), []);
  assert.deepEqual(classesOf({ exchanges: [exchange, { ...exchange, successor: "r3" }] }), ["two-successors"]);
});

test("other answers, refused logins and what processes cry out fail a run", () => {
  assert.deepEqual(classesOf({ answers: [answer("s1", 200, { kind: "wrong", what: "500" })] }), ["wrong"]);
  assert.deepEqual(classesOf({ refusedLogins: ["gateway-c answered 400 to a callback"] }), ["wrong"]);
  assert.deepEqual(classesOf({ outcries: [{ by: "gateway-c1", what: "request.failed" }] }), ["outcry"]);
});

test("a run in which something did not happen proves nothing, and says what", () => {
  const none = { logins: 0, endings: 0, edits: 0, exchanges: 0 };
  assert.equal(hollow(journals({}), none).length, 10);
  const faults = [
    { kind: "kill" as const, by: "gateway-a1", from: T, until: null },
    { kind: "stop" as const, by: "gateway-a1", from: T, until: T },
  ];
  const outages = (["restart", "failover", "rotation", "reload"] as const).map((kind) => ({ kind, what: "", from: T, until: T }));
  const endings = (["logout", "everywhere", "revoke", "replaced"] as const).map((how) => ending(how, "s1", 0));
  const whole = journals({ faults, outages, endings });
  assert.deepEqual(hollow(whole, none), []);
  assert.deepEqual(hollow(whole, { ...none, edits: 1 }), ["there were 0 edits, not 1"]);
});
