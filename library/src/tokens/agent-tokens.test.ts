/** Tokens of agents: they act for a person, hang on their session, and end with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../test-support/cookies.ts";
import { turns } from "../../test-support/event-loop.ts";
import { ORIGIN } from "../../test-support/origin.ts";
import { agentOf, KINDS, kindsWorld, signInBySid } from "../../test-support/token-kinds.ts";
import { FOR_PERSON, OWNER, PERSON, refreshed, shown } from "../../test-support/tokens.ts";
import type { SessionStore } from "../contracts.ts";
import { SessionEnded } from "../engine/lifecycle/endings.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";

const HOUR = 3_600_000;
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

test("S-58 an agent's token names the person, and the agent as act; the app sees both", async () => {
  const of = kindsWorld();
  const cookie = await signInBySid(of);
  const { accessToken, id } = await agentOf(of, cookie);
  const claims = claimsOf(accessToken);
  assert.deepEqual([claims.sub, claims.act, claims.aud, claims.scope], [OWNER, { sub: "agent-7" }, "agent", "read"]);
  const { body } = await shown(of, accessToken);
  assert.deepEqual([body["subject"], body["owner"]], ["42", OWNER]);
  assert.deepEqual(body["claims"], { ...PERSON.claims, aud: "agent", act: { sub: "agent-7" }, client_id: ORIGIN, scope: "read" });
  const agent = { issuer: "https://agents.example.com", subject: "7" };
  const other = await of.auth.tokens.issue({ subject: agent, audience: "agent", parent: { id: idOf(cookie) } });
  assert.deepEqual(claimsOf(other.accessToken).act, { sub: "7", iss: agent.issuer });
  assert.deepEqual((await of.auth.tokens.list(OWNER)).map(({ kind, actor, parent }) => [kind, actor, parent]).toSorted(), [
    ["agent", "7", idOf(cookie)],
    ["agent", "agent-7", idOf(cookie)],
  ]);
  assert.equal((await of.store.get(id))?.body.includes("Alice"), false);
});

test("S-58 JT-05 an agent gets no more than its person and its audience have, nor longer than the session", async () => {
  const answers: Record<string, boolean | string> = { all: true, none: false, less: "write", more: "read write admin" };
  let answer: boolean | string = true;
  const of = kindsWorld({ tokens: { ...KINDS, allow: () => answer }, session: { lifetime: "3h" } });
  const cookie = await signInBySid(of);
  const parent = { id: idOf(cookie) };
  const wanted = { subject: "agent-7", audience: "agent", parent };
  for (const [name, given] of Object.entries(answers)) {
    answer = given;
    const issued = of.auth.tokens.issue({ ...wanted, scope: "read" });
    if (name === "all" || name === "more") assert.equal((await issued).scope, "read", name);
    else await assert.rejects(issued, { code: "ERR_FORBIDDEN" }, name);
  }
  answer = true;
  await assert.rejects(of.auth.tokens.issue({ ...wanted, scope: "read write" }), { code: "ERR_FORBIDDEN" });
  await assert.rejects(of.auth.tokens.issue({ ...wanted, owner: "other" }), TypeError);
  await assert.rejects(of.auth.tokens.issue({ ...wanted, audience: "unknown" }), TypeError);
  const { expiresAt, endsAt } = await of.auth.tokens.issue({ ...wanted, refreshable: true });
  const end = of.clock.now() + 3 * HOUR;
  assert.deepEqual([expiresAt, endsAt], [end, end]);
});

test("S-58 an agent hangs on the live session of a person, and on nothing else", async () => {
  const of = kindsWorld();
  const cookie = await signInBySid(of);
  const token = await of.auth.tokens.issue(FOR_PERSON);
  const wanted = { subject: "agent-7", audience: "agent" };
  const anonymous = await of.auth.handle(new Request(`${ORIGIN}/`), (session) => {
    session.set({ visited: true });
    return new Response();
  });
  const visitor = idOf(anonymous.headers.getSetCookie()[0] ?? "");
  const parents = {
    ERR_BAD_REQUEST: [null],
    ERR_SESSION_ENDED: ["unknown", "a\0b", token.id],
    ERR_UNAUTHENTICATED: [visitor],
  };
  for (const [code, ids] of Object.entries(parents))
    for (const id of ids) await assert.rejects(of.auth.tokens.issue({ ...wanted, parent: { id } }), { code }, `${id}`);
  await of.auth.sessions.end(idOf(cookie), "logout");
  await assert.rejects(agentOf(of, cookie), { code: "ERR_SESSION_ENDED" });
  assert.deepEqual(
    (await of.auth.tokens.list(OWNER)).map(({ kind }) => kind),
    ["access"],
  );
});

test("S-58 an agent that is refreshed gets nothing once its person's session is over", async () => {
  const of = kindsWorld();
  const cookie = await signInBySid(of);
  const parent = { id: idOf(cookie) };
  const { refreshToken = "" } = await of.auth.tokens.issue({ subject: "agent-7", audience: "agent", parent, refreshable: true });
  const first = await refreshed(of, refreshToken);
  assert.equal(first.status, 200);
  const { refresh_token, access_token } = await first.json();
  assert.deepEqual(claimsOf(access_token).act, { sub: "agent-7" });
  assert.equal(of.told("token.refreshed")[0]?.reason, "agent");
  await of.auth.sessions.end(idOf(cookie), "logout");
  for (const token of [refresh_token, refreshToken]) assert.equal((await refreshed(of, token)).status, 401);
  assert.equal((await shown(of, access_token)).status, 401);
  assert.equal(of.told("token.reused").length, 0);
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
});

test("S-43 an agent is who its person is now", async () => {
  const of = kindsWorld();
  const cookie = await signInBySid(of);
  const { accessToken } = await agentOf(of, cookie);
  const row = await of.store.get(idOf(cookie));
  assert.ok(row !== undefined);
  await of.store.put({ ...row, version: row.version + 1, body: row.body.replace("Alice", "Alicia") }, row.version);
  const { body } = await shown(of, accessToken);
  assert.equal(JSON.stringify(body["claims"]).includes("Alicia"), true);
  const now = await of.store.get(idOf(cookie));
  assert.ok(now !== undefined);
  await of.store.put({ ...now, version: now.version + 1, owner: "another" }, now.version);
  assert.equal((await shown(of, accessToken)).status, 401);
});

test("S-15 S-58 what an agent began hears of the end of its session and of its own, on any replica", async () => {
  for (const end of ["session", "token", "idle"] as const) {
    const one = kindsWorld();
    const { store, clock } = one;
    const other = kindsWorld({ store, clock });
    const cookie = await signInBySid(one);
    const { accessToken, id } = await agentOf(one, cookie);
    let signal: AbortSignal | undefined;
    const request = new Request(`${ORIGIN}/stream`, { headers: { authorization: `Bearer ${accessToken}` } });
    await other.auth.handle(request, (session) => {
      ({ signal } = session);
      return new Response();
    });
    assert.ok(signal instanceof AbortSignal && !signal.aborted);
    await turns(20);
    if (end === "session") await one.auth.sessions.end(idOf(cookie), "admin");
    else if (end === "token") await one.auth.tokens.revoke(id);
    else clock.advance(HOUR);
    for (let tick = 0; tick < 4; tick++) {
      clock.advance(500);
      await turns(20);
    }
    assert.ok(signal.reason instanceof SessionEnded, end);
    assert.equal(signal.reason.reason, end === "idle" ? "idle" : "admin");
    await other.auth.close();
  }
});

test("S-15 once nobody listens to an agent's token, neither it nor its session is looked up any more", async () => {
  const real = memory();
  const read: string[] = [];
  const get: SessionStore["get"] = (id) => {
    read.push(id);
    return real.get(id);
  };
  const of = kindsWorld({ store: overStore(real, { get, watch: () => () => undefined }) });
  const cookie = await signIn(of.auth, PERSON);
  const { id } = await agentOf(of, cookie);
  const tick = async (): Promise<readonly string[]> => {
    read.length = 0;
    await turns(20);
    of.clock.advance(10_000);
    await turns(20);
    return [...read];
  };
  const stop = of.auth.engine.watch(id, () => undefined);
  await tick();
  assert.deepEqual(new Set(await tick()), new Set([id, idOf(cookie)]));
  stop();
  assert.deepEqual(await tick(), []);
  const gone = of.auth.engine.watch(id, () => undefined);
  await tick();
  await of.auth.tokens.revoke(id);
  assert.deepEqual(
    (await tick()).filter((one) => one !== id),
    [],
  );
  gone();
});
