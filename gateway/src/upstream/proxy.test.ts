import assert from "node:assert/strict";
import { test } from "node:test";
import { echo, received, startRig, statusOf } from "../../testing/rig.ts";

test("a request reaches the upstream with who asks, and its answer comes back", async () => {
  const rig = await startRig(echo);
  try {
    const answer = await rig.get("/a?x=1", { Cookie: "a=1; __Host-Http-coatcheck=alice; b=2" });
    assert.equal(statusOf(answer), 200);
    assert.equal(received(answer, "x-auth-request-user"), "alice");
    assert.equal(received(answer, "cookie"), "a=1; b=2");
  } finally {
    await rig.close();
  }
});
