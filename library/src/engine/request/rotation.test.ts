import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { signIn } from "../../testing/sign-in.ts";

async function signedIn() {
  const { auth, clock } = authWith();
  const cookie = await signIn(auth, { subject: "alice" });
  const ask = async (with_: string, rotates: boolean, visits?: number) => {
    const answer = await auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie: with_ } }), (session) => {
      if (rotates) session.rotate();
      if (visits !== undefined) session.set({ visits });
      return new Response(session.owner === null ? "nobody" : "alice");
    });
    assert.equal(answer.status, 200);
    return { who: await answer.text(), cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? null };
  };
  return { clock, auth, cookie, ask };
}

test("F-63 SE-07 rotate's answer was lost: asking again in the grace gives the same cookie, which lives on", async () => {
  const { clock, auth, cookie, ask } = await signedIn();
  const lost = await ask(cookie, true);
  assert.notEqual(lost.cookie, null);
  assert.notEqual(lost.cookie, cookie);
  clock.advance(9_000);
  const again = await ask(cookie, true);
  assert.equal(again.cookie, lost.cookie);
  const withData = await ask(cookie, true, 1);
  assert.equal(withData.cookie, lost.cookie);
  clock.advance(60_000);
  assert.equal((await ask(again.cookie ?? "", false)).who, "alice");
  assert.equal((await ask(cookie, false)).who, "nobody", "the old one is over after its grace");
  await auth.close();
});

test("F-63 SE-07 requests that rotate at the same moment are all given the same cookie", async () => {
  const { auth, cookie, ask } = await signedIn();
  const all = await Promise.all(Array.from({ length: 5 }, () => ask(cookie, true)));
  assert.equal(new Set(all.map((one) => one.cookie)).size, 1);
  assert.equal((await ask(all[0]?.cookie ?? "", false)).who, "alice");
  await auth.close();
});

test("F-63 CR-01 a secret that was exchanged twice gives nothing, and each exchange another secret", async () => {
  const { auth, cookie, ask } = await signedIn();
  const one = (await ask(cookie, true)).cookie ?? "";
  const two = (await ask(one, true)).cookie ?? "";
  assert.equal(new Set([cookie, one, two]).size, 3);
  assert.match(two, /^__Host-Http-coatcheck=[\w-]{22}\.[\w-]{42}[AEIMQUYcgkosw048]$/);
  assert.equal((await ask(cookie, true)).cookie, null);
  assert.equal((await ask(one, true)).cookie, two);
  await auth.close();
});

test("F-46 F-63 beside cookies of our name that are none of this session's the same one comes again", async () => {
  const { auth, cookie, ask } = await signedIn();
  const name = cookie.slice(0, cookie.indexOf("="));
  const other = await signIn(auth, { subject: "bob" });
  const first = await ask(`${name}=broken; ${cookie}`, true);
  const again = await ask(`${name}=broken; ${cookie}`, true);
  assert.deepEqual([first.who, again.cookie], ["alice", first.cookie]);
  await auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie: other } }), (session) => {
    session.logout();
    return new Response();
  });
  assert.equal((await ask(`${other}; ${cookie}`, true)).cookie, first.cookie, "beside one that is over");
  await auth.close();
});

test("F-46 F-63 a made-up secret of this session, or one long exchanged, leaves the next one as it is", async () => {
  const { clock, auth, cookie, ask } = await signedIn();
  const ticketOf = (secret: string): string => `${cookie.slice(0, cookie.indexOf("."))}.${secret}`;
  const one = (await ask(cookie, true)).cookie ?? "";
  clock.advance(60_000);
  const two = (await ask(one, true)).cookie;
  for (const beside of [ticketOf(`${"x".repeat(42)}A`), cookie]) {
    const again = await ask(`${beside}; ${one}`, true);
    assert.deepEqual([again.who, again.cookie], ["alice", two]);
  }
  await auth.close();
});
