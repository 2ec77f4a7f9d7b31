/** What counts as activity of the user, and how often it is written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { idOf } from "../../../test-support/cookies.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import type { SessionOptions } from "../../core/policy.ts";
import { signIn } from "../../testing/sign-in.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

async function signedIn(session: SessionOptions = {}) {
  const { auth, clock, store } = authWith({ session });
  const cookie = await signIn(auth, { subject: "alice" });
  const id = idOf(cookie);
  return {
    clock,
    auth,
    seen: async () => (await store.get(id))?.seen,
    visit: (headers: Record<string, string> = {}, visits?: number) =>
      auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie, ...headers } }), (current) => {
        if (visits !== undefined) current.set({ visits });
        return new Response(current.identity?.subject ?? "nobody");
      }),
    keep: async () => {
      const headers = { cookie, "sec-fetch-site": "same-origin" };
      const answer = await auth.handle(new Request(`${ORIGIN}/auth/session`, { method: "POST", headers }), () => new Response());
      return answer.status;
    },
  };
}

test("F-28 SE-06 POST session counts with a short idle time too, and keeps who works signed in", async () => {
  const { clock, auth, seen, keep } = await signedIn({ idle: MINUTE });
  for (let at = 0; at < 10; at++) {
    clock.advance(20 * SECOND);
    assert.equal(await keep(), 204, `after ${at * 20 + 20} s`);
    assert.equal(await seen(), clock.now());
  }
  clock.advance(3 * SECOND - 1);
  assert.equal(await keep(), 204);
  assert.notEqual(await seen(), clock.now(), "not more often than a twentieth of the idle time");
  await auth.close();
});

test("F-28 SE-06 POST session counts once a minute if the idle time is long", async () => {
  const { clock, auth, seen, keep } = await signedIn({ idle: 10 * HOUR });
  const start = clock.now();
  clock.advance(MINUTE - 1);
  await keep();
  assert.equal(await seen(), start);
  clock.advance(1);
  await keep();
  assert.equal(await seen(), clock.now());
  await auth.close();
});

test("F-29 SE-06 AR-10 a browser that fetches ahead is no activity, also if the handler writes", async () => {
  const { clock, auth, seen, visit } = await signedIn();
  const start = clock.now();
  clock.advance(30 * MINUTE);
  for (const header of [{ "sec-purpose": "prefetch" }, { "sec-purpose": "prefetch;prerender" }, { purpose: "prefetch" }]) {
    assert.equal(await (await visit(header)).text(), "alice");
    assert.equal(await seen(), start, JSON.stringify(header));
    assert.equal((await visit(header, clock.now())).status, 200);
    assert.equal(await seen(), start, `${JSON.stringify(header)} with a write`);
  }
  await visit();
  assert.equal(await seen(), clock.now());
  await auth.close();
});

test("S-62 last seen is at most an hour old, however long the idle time is", async () => {
  const { clock, auth, seen, visit } = await signedIn({ preset: "aal1" });
  const start = clock.now();
  clock.advance(HOUR - 1);
  await visit();
  assert.equal(await seen(), start);
  clock.advance(1);
  await visit();
  assert.equal(await seen(), clock.now());
  await auth.close();
});
