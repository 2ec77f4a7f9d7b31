import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Fault, Journals, Line, Stored, TokenUse } from "./journal.ts";
import { hollow, judge } from "./judge.ts";

/** A lease of 5 s, of which 1 s is for the sending. */
const lease = { length: 5_000, margin: 1_000 };
const NOTHING: Journals = {
  lease,
  uses: [],
  lines: [],
  faults: [],
  sessions: [{ session: "s", account: "u1.1" }],
  answers: [],
  stored: [{ session: "s", ended: null, reason: null }],
};

const use = (at: number, by: string, token: string, outcome: TokenUse["outcome"] = "rotated"): TokenUse => ({
  at,
  answered: at + 100,
  by,
  token,
  account: "u1.1",
  grant: "g1",
  outcome,
});
const line = (at: number, by: string, event: string, reason: string | null = null): Line => ({
  at,
  by,
  event,
  reason,
  session: "s",
});
const kill = (from: number, by: string): Fault => ({ kind: "kill", by, from, until: null });
const stop = (from: number, until: number, by: string): Fault => ({ kind: "stop", by, from, until });
const over = (ended: number, reason: string | null = "refresh-lost"): readonly Stored[] => [{ session: "s", ended, reason }];
const answer = (at: number, kind: Answer["kind"] = "signed-out"): Answer => ({ at, by: "b1", session: "s", kind, what: "it" });

/** `a1` sends and does not commit; `b1` takes over and hears that the token was used. */
const LOST: Journals = {
  ...NOTHING,
  uses: [use(1_000, "a1", "t1"), use(6_200, "b1", "t1", "reuse")],
  lines: [line(6_310, "b1", "session.ended", "refresh-lost")],
  faults: [kill(1_080, "a1")],
  answers: [answer(6_320)],
  stored: over(6_305),
};

const messages = (change: Partial<Journals>, base: Journals = LOST): readonly string[] =>
  judge({ ...base, ...change }).violations.map(({ message }) => message);

test("RF-02 a session that rotates and rotates is as it should be", () => {
  const verdict = judge({ ...NOTHING, uses: [use(1_000, "a1", "t1"), use(6_000, "b1", "t2"), use(11_000, "a1", "t3")] });
  assert.deepEqual(verdict, { repeats: [], loggedOut: [], lost: [], violations: [] });
});

test("RF-04 S-23 a kill between sending and commit explains one repeat, one ending and later refusals", () => {
  const { repeats, loggedOut, lost, violations } = judge(LOST);
  assert.deepEqual(violations, []);
  assert.deepEqual(
    [repeats.length, repeats[0]?.fault, loggedOut.length, loggedOut[0]?.reason],
    [1, LOST.faults[0], 1, "refresh-lost"],
  );
  assert.equal(loggedOut[0]?.repeat, repeats[0]);
  assert.equal(lost.length, 0);
});

test("RF-02 a token presented again fails the run where no fault explains it", () => {
  const unexplained = /no fault explains it/;
  for (const [name, change] of [
    ["no fault at all", { faults: [] }],
    ["a kill of another gateway", { faults: [kill(1_080, "c1")] }],
    ["a kill of an earlier life", { faults: [kill(1_080, "a0")] }],
    ["a kill long before", { faults: [kill(-500, "a1")] }],
    ["a kill long after the commit was due", { faults: [kill(2_500, "a1")] }],
    ["a kill after the repeat", { faults: [kill(6_300, "a1")] }],
    ["the commit was told", { lines: [...LOST.lines, line(1_110, "a1", "refresh.completed", "refreshed")] }],
    ["a stop that was over long before", { faults: [stop(1_050, 3_000, "a1")] }],
    ["the other did not wait for the lease", { uses: [use(1_000, "a1", "t1"), use(4_000, "b1", "t1", "reuse")] }],
    ["the provider did not notice, and the journal does", { uses: [use(1_000, "a1", "t1"), use(1_010, "b1", "t1")], faults: [] }],
  ] as const) {
    const { violations, repeats, loggedOut } = judge({ ...LOST, ...change });
    assert.ok(
      violations.some(({ message }) => unexplained.test(message)),
      name,
    );
    assert.equal(repeats[0]?.fault, null, name);
    assert.equal(loggedOut[0]?.repeat, null, name);
  }
});

test("S-23 a result that the store would not take, while another gateway stood still, is lost by a kill", () => {
  const held = [line(2_090, "a1", "refresh.held", "write"), ...LOST.lines];
  const still = stop(900, 2_800, "c1");
  assert.deepEqual(messages({ lines: held, faults: [still, kill(3_000, "a1")] }), []);
  assert.equal(messages({ faults: [still, kill(3_000, "a1")] }).length, 2, "the store was not said to be in the way");
  assert.equal(messages({ lines: held, faults: [kill(3_000, "a1")] }).length, 2, "no other gateway stood still");
  const late = [line(3_090, "a1", "refresh.held", "write"), ...LOST.lines];
  assert.equal(messages({ lines: late, faults: [still, kill(3_000, "a1")] }).length, 2, "it was told after the kill");
  assert.equal(messages({ lines: held, faults: [still, kill(4_900, "a1")] }).length, 2, "it had the time");
});

test("RF-03 a stop explains a repeat while it lasts, and one that is over only by an answer that was lost", () => {
  assert.deepEqual(messages({ faults: [stop(1_050, 7_000, "a1")] }), []);
  assert.deepEqual(messages({ faults: [stop(1_050, 6_000, "a1")] }), [], "it went on, and the other was quicker");
  const twice = [stop(1_120, 5_000, "a1"), kill(5_150, "a1")];
  assert.deepEqual(messages({ faults: twice }), [], "it went on, and was killed before it could do anything");
  assert.equal(messages({ faults: [stop(1_120, 4_000, "a1"), kill(5_150, "a1")] }).length, 2, "it had the time");
  const unknown = {
    uses: [use(1_000, "a1", "t1"), use(3_000, "b1", "t1", "reuse")],
    lines: [line(1_300, "a1", "refresh.failed", "unknown"), ...LOST.lines],
  };
  assert.deepEqual(messages({ ...unknown, faults: [stop(-3_000, 900, "a1")] }), []);
  assert.equal(messages({ ...unknown, faults: [stop(-3_000, -200, "a1")] }).length, 2, "it stood still too long ago");
  assert.equal(messages({ ...unknown, faults: [stop(1_050, 1_250, "a1")] }).length, 2, "the answer lay there");
});

test("RF-03 a stop between lease and sending explains that the late holder sends as well", () => {
  const late = {
    uses: [use(6_200, "b1", "t1"), use(9_050, "a1", "t1", "reuse")],
    lines: [],
    answers: [],
    stored: over(9_200, "provider"),
  };
  const told = [line(9_210, "b1", "session.ended", "provider")];
  assert.deepEqual(messages({ ...late, lines: told, faults: [stop(1_000, 9_000, "a1")] }), []);
  assert.ok(messages({ ...late, lines: told, faults: [stop(1_000, 7_000, "a1")] }).length > 0, "it had time to look");
  assert.ok(
    messages({ ...late, lines: told, faults: [stop(4_000, 9_000, "a1")] }).length > 0,
    "no gateway can have waited for its lease",
  );
});

test("S-23 a fault explains one repeat of a session, and one of each", () => {
  const again = [...LOST.uses, use(7_000, "c1", "t1", "refused")];
  assert.equal(messages({ uses: again }).length, 1);
  const another = { ...use(0, "a1", "x"), account: "u2.1" };
  const verdict = judge({
    ...LOST,
    sessions: [...LOST.sessions, { session: "s2", account: "u2.1" }],
    uses: [
      ...LOST.uses,
      { ...another, at: 1_020, answered: 1_120 },
      { ...another, at: 6_400, answered: 6_500, by: "c1", outcome: "reuse" },
    ],
    lines: [...LOST.lines, { ...line(6_510, "c1", "session.ended", "refresh-lost"), session: "s2" }],
    stored: [...LOST.stored, { session: "s2", ended: 6_505, reason: "refresh-lost" }],
  });
  assert.deepEqual([verdict.violations, verdict.repeats.length, verdict.loggedOut.length], [[], 2, 2]);
});

test("S-23 a session ends once, cleanly, and for a reason", () => {
  assert.deepEqual(messages({ lines: [...LOST.lines, line(6_400, "c1", "session.ended", "provider")] }), [
    "its end was told 2 times",
  ]);
  assert.deepEqual(messages({ lines: [] }), ["its end was told by no gateway"]);
  assert.deepEqual(messages({ lines: [], faults: [...LOST.faults, kill(6_306, "b1")] }), [], "killed before it could tell");
  assert.equal(messages({ lines: [], faults: [...LOST.faults, kill(6_306, "c1")] }).length, 1, "another was killed");
  assert.deepEqual(messages({ stored: over(6_305, "idle") }), ["it ended with the reason idle"]);
  assert.deepEqual(messages({ stored: [], answers: [] }), ["its row is gone from the store"]);
  const lives: readonly Stored[] = [{ session: "s", ended: null, reason: null }];
  assert.deepEqual(messages({ stored: lives, answers: [] }), [
    "b1 told of its end, and it lives",
    "its grant is revoked, and it never ended",
  ]);
  assert.deepEqual(messages({ stored: over(9_000), lines: [line(9_001, "b1", "session.ended")] }, NOTHING), [
    "it ended (refresh-lost), and no fault explains it",
  ]);
});

test("RF-02 an answer is lost that signs out an authenticated user, or is wrong in any other way", () => {
  const { lost } = judge({ ...LOST, answers: [answer(6_100), answer(6_320), answer(6_330, "wrong")] });
  assert.deepEqual(
    lost.map(({ at }) => at),
    [6_100, 6_330],
  );
  assert.deepEqual(messages({ answers: [answer(1_000)] }, NOTHING), ["b1 answered it"]);
});

test("RF-02 tokens of no user, and errors that were not planned, fail the run", () => {
  assert.equal(messages({ uses: [{ ...use(1, "a1", "x"), account: "unknown", outcome: "refused" }] }, NOTHING).length, 1);
  assert.equal(messages({ uses: [use(1, "a1", "x", "error")] }, NOTHING).length, 1);
});

test("a run without faults, or with fewer rotations than expiries, proves nothing", () => {
  const busy = { ...NOTHING, uses: Array.from({ length: 25 }, (_, index) => use(index * 5_000, "a1", `t${index}`)) };
  const faults = [kill(1, "a1"), stop(1, 2, "b1")];
  const said = (journals: Journals, expiries = 25): number => hollow(journals, judge(journals), expiries).length;
  assert.deepEqual([said({ ...busy, faults }), said(busy), said({ ...busy, faults: faults.slice(0, 1) })], [0, 1, 1]);
  assert.deepEqual([said({ ...busy, faults }, 26), said({ ...NOTHING, faults }), said(NOTHING, 0)], [1, 1, 0]);
});
