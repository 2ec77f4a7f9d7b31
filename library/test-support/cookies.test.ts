/** What a browser sends back of what it was given. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signIn } from "../src/testing/sign-in.ts";
import { authWith } from "./auth.ts";
import { cookieOf, idOf, nameAndValue } from "./cookies.ts";
import { ORIGIN } from "./origin.ts";

test("of a line of Set-Cookie name and value are sent back, and nothing of no line", () => {
  assert.equal(nameAndValue("a=b=c; Path=/; Secure"), "a=b=c");
  assert.deepEqual([nameAndValue(undefined), cookieOf({ cookies: [] }), cookieOf(new Response())], ["", "", ""]);
  assert.equal(cookieOf({ cookies: ["a=1; Path=/", "b=2"] }), "a=1");
  assert.equal(cookieOf(new Response(null, { headers: [["set-cookie", "a=1; Path=/"]] })), "a=1");
});

test("a cookie names the session that the store has, and an app tells what it did", async () => {
  const { auth, store, clock, events, told } = authWith();
  const cookie = await signIn(auth, { subject: "alice" });
  assert.equal((await store.get(idOf(cookie)))?.created, clock.now());
  const ask = () => auth.handle(new Request(ORIGIN, { headers: { cookie } }), ({ id }) => new Response(id));
  assert.equal(await (await ask()).text(), idOf(cookie));
  assert.deepEqual([events.length, told("session.created").length, told("session.ended").length], [1, 1, 0]);
  await auth.close();
});
