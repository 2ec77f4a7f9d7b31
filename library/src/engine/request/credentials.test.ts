import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { turns } from "../../../test-support/event-loop.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import type { Strategy } from "../../contracts.ts";
import { signIn } from "../../testing/sign-in.ts";

const robot: Strategy = {
  name: "bearer",
  ambient: false,
  presented: (request) => request.header("authorization") !== undefined,
  examine({ request, now }) {
    if (request.header("authorization") !== "Bearer good") return { kind: "abstain" };
    const identity = { issuer: "robots", subject: "r2", claims: {}, authenticatedAt: now, method: "bearer" };
    return { kind: "principal", principal: { identity, owner: "robots r2", ambient: false } };
  },
};

const { auth } = authWith({ strategies: [robot] });

const ask = (authorization: string) =>
  auth.handle(new Request(`${ORIGIN}/`, { headers: { authorization } }), (session) => {
    session.set({ visits: 1 });
    return new Response(session.identity?.subject ?? "nobody");
  });

test("S-01 a handler that writes for a request with a credential of its own is 400, and nothing is stored", async () => {
  const response = await ask("Bearer good");
  assert.equal(response.status, 400);
  assert.equal(JSON.parse(await response.text()).code, "ERR_BAD_REQUEST");
  assert.equal(response.headers.get("set-cookie"), null);
});

const LIKE_A_TICKET = `Bearer ${"A".repeat(22)}.${"A".repeat(43)}`;

test("A-36 TP-05 a bearer that its strategy makes nothing of is 401, whatever it looks like", async () => {
  const response = await ask(LIKE_A_TICKET);
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("set-cookie"), null);
});

test("TP-07 S-05 a strategy that never answers is 503, and no caller is served by a weaker credential", async () => {
  const silent: Strategy = { ...robot, examine: () => new Promise(() => undefined) };
  const { auth: plain, clock } = authWith({ strategies: [silent] });
  const cookie = await signIn(plain, { subject: "alice" });
  const request = new Request(`${ORIGIN}/`, { headers: { authorization: "Bearer good", cookie } });
  const answer = plain.handle(request, (session) => new Response(session.identity?.subject ?? "nobody"));
  await turns();
  clock.advance(30_000);
  assert.equal((await answer).status, 503);
  await plain.close();
});

test("A-36 a scheme that no strategy reads is anonymous, and no session", async () => {
  const { auth: plain } = authWith();
  const request = new Request(`${ORIGIN}/`, { headers: { authorization: LIKE_A_TICKET } });
  const response = await plain.handle(request, (session) => new Response(session.identity?.subject ?? "nobody"));
  assert.equal(await response.text(), "nobody");
  await plain.close();
});
