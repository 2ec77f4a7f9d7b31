/** A login instead of a session that another request ends in the same moment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";
import { signIn } from "../../testing/sign-in.ts";

for (const meanwhile of [false, true]) {
  test(`F-46 a login tells that the session before ended${meanwhile ? ", unless it had ended already" : ""}`, async () => {
    const real = memory();
    let overtakes = false;
    const store = overStore(real, {
      end: async (target, reason, now) => {
        if (overtakes) await real.end(target, "admin", now);
        return real.end(target, reason, now);
      },
    });
    const { auth, told } = authWith({ store });
    const cookie = await signIn(auth, { subject: "alice" });
    overtakes = meanwhile;
    const answer = await auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie } }), (session) => {
      session.login({ issuer: "app", subject: "bob" });
      return new Response("welcome");
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.getSetCookie().length, 1);
    const ended = told("session.ended").map(({ reason }) => reason);
    assert.deepEqual(ended, meanwhile ? [] : ["identity-changed"]);
    const created = told("session.created");
    assert.deepEqual(
      created.map(({ level, owner }) => `${level} ${owner}`),
      ["info test alice", "info app bob"],
    );
    await auth.close();
  });
}
