/** What becomes of a request once the app has registered a user, or could not; and how chance is drawn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Verdict } from "../../contracts.ts";
import { chance } from "../../crypto/entropy.ts";
import { type Authenticated, registered } from "./authenticate/authenticate.ts";

const identity = { issuer: "i", subject: "s", claims: {}, authenticatedAt: 0, method: "proxy" };
const dead = { reason: "idle" } as const;
const before: Authenticated = { verdict: { kind: "abstain", dead }, by: "session" };

test("F-46 a registered caller is a user; no other is one, and an outage is none of theirs", () => {
  const accept: Verdict = { kind: "principal", principal: { identity, owner: "o", ambient: true } };
  const asserted = { identity, owner: "o" };
  assert.deepEqual(registered({ kind: "found", owner: "o", identity }, before), { verdict: accept, by: "proxy", asserted, dead });
  assert.deepEqual(registered({ kind: "unknown" }, before), { verdict: before.verdict, by: null });
  assert.deepEqual(registered({ kind: "blocked" }, before), {
    verdict: { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" },
    by: "proxy",
    dead,
  });
  const cause = new Error("away");
  assert.deepEqual(registered({ kind: "failed", code: "ERR_APP_HOOK", cause }, before), {
    verdict: { kind: "unavailable", code: "ERR_APP_HOOK", cause },
    by: "proxy",
  });
  assert.equal("dead" in registered({ kind: "blocked" }, { ...before, verdict: { kind: "abstain" } }), false);
});

test("F-46 chance is two random bytes, from nought to less than one", () => {
  const of = (...bytes: readonly number[]): number =>
    chance({
      bytes: (length) => {
        assert.equal(length, 2);
        return Uint8Array.from(bytes);
      },
    });
  assert.deepEqual([of(0, 0), of(0, 1), of(1, 0), of(128, 0)], [0, 1 / 65_536, 256 / 65_536, 0.5]);
  assert.ok(of(255, 255) < 1);
});
