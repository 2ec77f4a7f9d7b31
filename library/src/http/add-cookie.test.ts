/** A handler's own list of cookies is the handler's: nothing of ours is left in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { optionsOf } from "../../test-support/engine/inside.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import { listen, say } from "../../test-support/talk.ts";
import { coatcheckNode } from "../adapters/node.ts";

test("F-46 a list of cookies that the app sets for all users never carries one person's session to another", async () => {
  const { auth } = authWith({ publicUrl: LOOPBACK });
  const shared = ["theme=dark", "lang=en"];
  await using server = await listen(
    coatcheckNode(auth).handler((request, response, session) => {
      const subject = request.url?.slice(1) ?? "";
      if (subject !== "") session.login({ issuer: "app", subject });
      response.setHeader("set-cookie", shared).end();
    }),
  );
  const alice = await say(server.port, "/alice");
  assert.deepEqual([alice.cookies.length, alice.cookies.slice(0, 2)], [3, ["theme=dark", "lang=en"]]);
  assert.deepEqual(shared, ["theme=dark", "lang=en"]);
  assert.deepEqual((await say(server.port, "/")).cookies, shared);
  const bob = await say(server.port, "/bob");
  assert.equal(bob.cookies.length, 3);
  assert.notEqual(bob.cookies[2], alice.cookies[2]);
  await auth.close();
});

test("F-46 nor does a list that was set before one of our own endpoints answers", async () => {
  const { auth } = authWith({ publicUrl: LOOPBACK });
  const shared = ["theme=dark"];
  const handler = coatcheckNode(auth).handler(() => assert.fail("not ours"));
  await using server = await listen((request, response) => {
    response.setHeader("set-cookie", shared);
    handler(request, response);
  });
  const { name } = optionsOf(auth).cookies.session;
  const cookie = `${name}=${"x".repeat(22)}.${"x".repeat(42)}A`;
  const left = await say(server.port, "/auth/logout", {
    method: "POST",
    headers: { cookie, ...NAVIGATION, "sec-fetch-site": "same-origin" },
  });
  assert.deepEqual([left.cookies[0], left.cookies.length], ["theme=dark", 2]);
  assert.deepEqual(shared, ["theme=dark"]);
  await auth.close();
});
