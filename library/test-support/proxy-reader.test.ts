/** The proxy of tests names the user of a header, and none without it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "./auth.ts";
import { cookieOf } from "./cookies.ts";
import { ORIGIN } from "./origin.ts";
import { assertedUser, proxyReader } from "./proxy-reader.ts";
import { NAVIGATION, requestWith } from "./requests.ts";

test("the header names the user, with the claims that the test finds in the request", () => {
  const reader = proxyReader((request) => ({ role: request.header("x-role") ?? "none" }));
  assert.deepEqual(reader.headers, ["x-user"]);
  assert.deepEqual(reader.read(requestWith({}), 0), { kind: "absent" });
  assert.deepEqual(reader.read(requestWith({ "x-user": "alice", "x-role": "admin" }), 0), {
    kind: "asserted",
    identity: assertedUser("alice", { role: "admin" }),
  });
});

test("an app behind it serves the user, and begins their session at a navigation", async () => {
  const { auth, store, clock } = authWith({ proxy: { reader: proxyReader() } });
  const ask = (headers: Record<string, string>) =>
    auth.handle(new Request(ORIGIN, { headers }), ({ identity }) => new Response(identity?.subject ?? "anonymous"), {
      peer: "10.0.0.1",
    });
  const answer = await ask({ ...NAVIGATION, "x-user": "alice" });
  assert.equal(await answer.text(), "alice");
  assert.match(cookieOf(answer), /^__Host-Http-coatcheck=[\w-]{22}\./);
  assert.equal((await store.list({ owner: "proxy:test alice" }, 10, clock.now())).length, 1);
  assert.equal(await (await ask({})).text(), "anonymous");
  await auth.close();
});
