import assert from "node:assert/strict";
import { test } from "node:test";
import type { Presented, Resolution, UnknownUsers } from "./reconcile.ts";
import { reconcile, reconcileAbsent, reconcileUnusable } from "./reconcile.ts";

const CAUSE = new Error("away");
const FORBIDDEN = { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" };

/** No session, an anonymous one, that of the user whom the proxy asserts, and another's. */
const PRESENTED: readonly (Presented | null)[] = [
  null,
  { owner: null, fromProxy: false },
  { owner: "alice", fromProxy: false },
  { owner: "bob", fromProxy: true },
];

const found: Resolution = { kind: "found", owner: "alice" };

test("S-21 TP-05 whom a proxy asserts is served, and no session of another's beside them", () => {
  assert.deepEqual(
    PRESENTED.map((presented) => reconcile(found, presented, "refuse")),
    [
      { end: null, as: { kind: "user", owner: "alice", own: false } },
      { end: null, as: { kind: "user", owner: "alice", own: true } },
      { end: null, as: { kind: "user", owner: "alice", own: true } },
      { end: "identity-changed", as: { kind: "user", owner: "alice", own: false } },
    ],
  );
});

test("S-21 a user whom the app does not know leaves no session, whatever becomes of them", () => {
  const unknown: Resolution = { kind: "unknown" };
  const outcomes: { readonly [way in UnknownUsers]: unknown } = {
    anonymous: { kind: "anonymous" },
    register: { kind: "register", own: false },
    refuse: FORBIDDEN,
  };
  for (const way of ["anonymous", "register", "refuse"] as const) {
    for (const presented of PRESENTED) {
      const end = presented === null ? null : "identity-changed";
      assert.deepEqual(reconcile(unknown, presented, way), { end, as: outcomes[way] });
    }
  }
});

test("S-21 whom the app lets in no more is refused, and their session ends", () => {
  for (const presented of PRESENTED) {
    const end = presented === null ? null : "admin";
    assert.deepEqual(reconcile({ kind: "blocked" }, presented, "register"), { end, as: FORBIDDEN });
  }
});

test("S-21 if the look-up fails nothing ends and no user is served", () => {
  const failed: Resolution = { kind: "failed", code: "ERR_APP_HOOK", cause: CAUSE };
  for (const presented of PRESENTED)
    assert.deepEqual(reconcile(failed, presented, "anonymous"), {
      end: null,
      as: { kind: "unavailable", code: "ERR_APP_HOOK", cause: CAUSE },
    });
});

test("S-21 if no user is asserted a session counts, unless it began from an assertion", () => {
  assert.deepEqual(
    PRESENTED.map((presented) => reconcileAbsent(presented)),
    ["session", "session", "session", "anonymous"].map((kind) => ({ end: null, as: { kind } })),
  );
});

test("S-21 what a proxy said and cannot be used is answered without look-up, and ends nothing", () => {
  const refuse = (status: number, code: string): unknown => ({ end: null, as: { kind: "refuse", status, code } });
  assert.deepEqual(reconcileUnusable({ kind: "malformed", reason: "user" }), refuse(400, "ERR_BAD_REQUEST"));
  assert.deepEqual(reconcileUnusable({ kind: "invalid", cause: CAUSE }), refuse(401, "ERR_INVALID_CREDENTIAL"));
  assert.deepEqual(reconcileUnusable({ kind: "unavailable", cause: CAUSE }), {
    end: null,
    as: { kind: "unavailable", code: "ERR_PROVIDER_UNAVAILABLE", cause: CAUSE },
  });
  assert.equal(reconcileUnusable({ kind: "absent" }), null);
});
