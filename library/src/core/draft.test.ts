import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../contracts.ts";
import type { Draft, LoginIntent, Validate } from "./draft.ts";
import { draftData, hasIntent, heeded, NO_INTENT, withChange, withLogin, withLogout, withRotate } from "./draft.ts";

function login(subject: string, more: Partial<LoginIntent> = {}): LoginIntent {
  const identity = { issuer: "i", subject, claims: {}, authenticatedAt: 0, method: "app" };
  return { identity, owner: subject, fresh: false, tokens: null, provider: null, sid: null, issuedAt: null, ...more };
}
const ALICE = login("alice");
const BOB = login("bob");
const set = (draft: Draft, patch: JsonObject): Draft => withChange(draft, { kind: "set", patch });
const accepts: Validate = (data) => data;
const anonymous = { owner: null, data: {} };

test("nothing recorded is no intent, and whatever was recorded is one", () => {
  assert.equal(hasIntent(NO_INTENT), false);
  assert.deepEqual(NO_INTENT, { changes: [], login: null, beforeLogin: 0, rotate: false, logout: false, afterLogout: false });
  for (const draft of [set(NO_INTENT, {}), withRotate(NO_INTENT), withLogin(NO_INTENT, ALICE), withLogout()])
    assert.equal(hasIntent(draft), true);
});

test("after a logout nothing is set or exchanged, and the app is told what it did wrong", () => {
  assert.throws(() => set(withLogout(), { a: 1 }), /^TypeError: this request has logged out; session data/);
  assert.throws(() => withRotate(withLogout()), /^TypeError: this request has logged out; there is no secret/);
});

test("CB-10 what was set for one login is no other's, and what was set before both is the session's", () => {
  const first = set(withLogin(set(NO_INTENT, { before: 1 }), ALICE), { alices: 1 });
  const same = withLogin(first, login("alice", { sid: "2" }));
  assert.deepEqual(draftData(anonymous, same, accepts), { before: 1, alices: 1 });
  assert.equal(same.login?.sid, "2");
  assert.equal(same.beforeLogin, 2);
  const another = withLogin(first, BOB);
  assert.deepEqual(draftData(anonymous, another, accepts), { before: 1 });
  assert.equal(another.beforeLogin, 1);
  assert.deepEqual(draftData({ owner: "alice", data: { old: 1 } }, set(another, { bobs: 1 }), accepts), { bobs: 1 });
});

test("S-10 a login after a logout is a fresh one, however often it is said", () => {
  const after = withLogin(withLogout(), ALICE);
  assert.deepEqual(after, { ...NO_INTENT, login: { ...ALICE, fresh: true }, afterLogout: true });
  assert.deepEqual(withLogin(after, BOB), { ...NO_INTENT, login: { ...BOB, fresh: true }, afterLogout: true });
  assert.deepEqual(withLogin(set(after, { a: 1 }), BOB).changes, []);
});

test("S-34 a 5xx keeps a logout, also one that a login came after, and nothing else", () => {
  const draft = set(withLogin(NO_INTENT, ALICE), { a: 1 });
  assert.equal(heeded(draft, 499), draft);
  assert.equal(heeded(draft, 500), NO_INTENT);
  assert.deepEqual(heeded(withLogout(), 500), withLogout());
  assert.deepEqual(heeded(withLogin(withLogout(), ALICE), 500), withLogout());
});

test("data of an older schema read as none if something is set, and stay if nothing is", () => {
  const numbers: Validate = (data) => {
    if (Object.values(data).some((value) => typeof value !== "number")) throw new TypeError("no number");
    return data;
  };
  const old = { owner: "alice", data: { a: "text" } };
  assert.deepEqual(draftData(old, set(NO_INTENT, { b: 1 }), numbers), { b: 1 });
  assert.deepEqual(draftData(old, withRotate(NO_INTENT), numbers), { a: "text" });
  assert.deepEqual(draftData({ owner: "alice", data: { a: 1 } }, set(NO_INTENT, { b: 1 }), numbers), { a: 1, b: 1 });
  assert.throws(() => draftData(anonymous, set(NO_INTENT, { b: "text" }), numbers), TypeError);
  const counted = withChange(set(NO_INTENT, { n: 1 }), { kind: "update", fn: (data) => ({ n: Number(data["n"]) + 1 }) });
  assert.deepEqual(draftData(old, counted, numbers), { n: 2 });
});
