import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { proxyReader } from "../../../test-support/proxy-reader.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";

function app() {
  const { auth, clock, told } = authWith({ proxy: { reader: proxyReader() } });
  const visit = async (headers: Record<string, string> = {}, visits?: number) => {
    const request = new Request(`${ORIGIN}/`, { headers: { ...NAVIGATION, "x-user": "alice", "user-agent": "one", ...headers } });
    const answer = await auth.handle(
      request,
      (session) => {
        if (visits !== undefined) session.set({ visits });
        return new Response(session.identity?.subject ?? "nobody");
      },
      { peer: "10.0.0.1" },
    );
    assert.deepEqual([answer.status, await answer.text()], [200, "alice"]);
    return answer.headers.getSetCookie().length;
  };
  return { clock, auth, visit, created: () => told("session.created").length };
}

test("F-18 S-35 of ten first navigations at once one stores a session, and all are served", async () => {
  const { clock, auth, visit, created } = app();
  const cookies = await Promise.all(Array.from({ length: 10 }, () => visit()));
  assert.deepEqual([created(), cookies.filter((count) => count === 1).length], [1, 1]);
  clock.advance(5_000);
  assert.equal(await visit(), 1, "whose cookie was lost gets another one a few seconds later");
  assert.equal(created(), 2);
  await auth.close();
});

test("F-18 S-35 another browser, another user and what a handler writes are not held up", async () => {
  const { auth, visit, created } = app();
  assert.equal(await visit(), 1);
  assert.equal(await visit({ "user-agent": "two" }), 1);
  assert.equal(await visit({}, 1), 1, "a handler's write is stored");
  assert.equal(created(), 3);
  await auth.close();
});

for (const [status, navigation, write] of [
  [200, true, true],
  [302, true, true],
  [399, true, true],
  [400, false, true],
  [404, false, true],
  [499, false, true],
  [500, false, false],
] as const) {
  test(`F-46 S-35 ${status} begins ${navigation ? "a" : "no"} session, a write is ${write ? "" : "not "}kept`, async () => {
    const kept: boolean[] = [];
    for (const writes of [false, true]) {
      const { auth, created } = app();
      const headers = { "x-user": "alice", ...(writes ? {} : NAVIGATION) };
      const answer = await auth.handle(
        new Request(`${ORIGIN}/`, { headers }),
        (session) => {
          if (writes) session.set({ visits: 1 });
          return new Response(null, { status });
        },
        { peer: "10.0.0.1" },
      );
      assert.equal(answer.status, status);
      assert.equal(answer.headers.getSetCookie().length, created());
      kept.push(created() === 1);
      await auth.close();
    }
    assert.deepEqual(kept, [navigation, write]);
  });
}
