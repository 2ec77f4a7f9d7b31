/** What counts as activity of the user, and how often it is written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { signIn } from "../testing/sign-in.ts";

const SECRET = "q3Vt4lm0GkXb7JQnq9Yv0nH8o2cW5sZrT1uE6aPdFiM";
const ORIGIN = "https://app.example.com";
const MINUTE = 60_000;

async function signedIn() {
  const clock = manualClock();
  const store = memory();
  const auth = coatcheck({ publicUrl: ORIGIN, secrets: SECRET, store, clock });
  const cookie = await signIn(auth, { subject: "alice" });
  const id = cookie.slice(cookie.indexOf("=") + 1).slice(0, 22);
  return {
    clock,
    auth,
    seen: async () => (await store.get(id))?.seen,
    visit: (headers: Record<string, string> = {}, visits?: number) =>
      auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie, ...headers } }), (current) => {
        if (visits !== undefined) current.set({ visits });
        return new Response(current.identity?.subject ?? "nobody");
      }),
  };
}

test("F-29 SE-06 AR-10 a browser that fetches ahead is no activity, also where the handler writes", async () => {
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
