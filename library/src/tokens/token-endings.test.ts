import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { turns } from "../../test-support/event-loop.ts";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import { failingStore } from "../../test-support/stores/failing-store.ts";
import { ask, FOR_PERSON, OWNER, PERSON, shown, TOKENS, world } from "../../test-support/tokens.ts";
import type { SessionStore } from "../contracts.ts";
import { systemEntropy } from "../crypto/entropy.ts";
import { mintTicket } from "../crypto/ticket.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import { familyRow } from "./family-row.ts";

const HOUR = 3_600_000;
const ALONE = { parent: null, actor: null, name: null };

test("S-58 SE-09 a revoked token is refused at once, on every replica, and told as ended", async () => {
  const one = world();
  const { store, clock } = one;
  const other = world({ store, clock });
  const [kept, revoked] = [await one.auth.tokens.issue(FOR_PERSON), await one.auth.tokens.issue(FOR_PERSON)];
  assert.equal((await shown(other, revoked.accessToken)).status, 200);
  assert.equal(await one.auth.tokens.revoke(revoked.id), true);
  for (const replica of [one, other]) {
    assert.equal((await shown(replica, revoked.accessToken)).status, 401);
    assert.equal((await shown(replica, kept.accessToken)).status, 200);
  }
  assert.deepEqual(
    one.told("session.ended").map(({ sessionId, reason, owner }) => [sessionId, reason, owner]),
    [[revoked.id, "admin", OWNER]],
  );
  assert.equal(await one.auth.tokens.revoke(revoked.id), false);
  assert.equal(await one.auth.tokens.revoke("unknown"), false);
  assert.equal(await one.auth.tokens.revoke("a\0b"), false);
});

test("S-58 SE-10 tokens are listed apart from sessions, without a credential; neither ends as the other", async () => {
  const { auth, store, clock } = world({ session: { maxPerUser: 1 } });
  const first = await auth.tokens.issue({ ...FOR_PERSON, client: "cli" });
  await signIn(auth, PERSON);
  const [session] = await auth.sessions.list(OWNER);
  const [info, ...more] = await auth.tokens.list(OWNER);
  const { issuer, subject } = PERSON;
  const [createdAt, expiresAt] = [clock.now(), first.expiresAt];
  const none = { kind: "access", actor: null, parent: null, name: null, lastUsedAt: null };
  const names = { ...none, id: first.id, owner: OWNER, issuer, subject, audience: "app", scope: "read", client: "cli" };
  assert.deepEqual([info, more], [{ ...names, createdAt, expiresAt }, []]);
  assert.equal((await auth.sessions.list(OWNER)).length, 1);
  assert.equal(await auth.sessions.show(first.id), null);
  assert.equal(await auth.tokens.revoke(session?.id ?? ""), false);
  assert.equal((await store.get(session?.id ?? ""))?.ended, null);
  assert.deepEqual(await auth.tokens.list("a\0b"), []);
});

test("SE-09 ending all of an owner ends their tokens, and no one else's", async () => {
  const of = world();
  const [mine, theirs] = [
    await of.auth.tokens.issue(FOR_PERSON),
    await of.auth.tokens.issue({ ...FOR_PERSON, owner: "another" }),
  ];
  assert.equal(await of.auth.endAll(OWNER), 1);
  assert.equal((await shown(of, mine.accessToken)).status, 401);
  assert.equal((await shown(of, theirs.accessToken)).body["owner"], "another");
});

test("SE-09 S-58 a token that is issued while all of its owner is ended does not live", async () => {
  const real = memory();
  let during: () => Promise<unknown> = async () => undefined;
  const put: SessionStore["put"] = async (row, condition) => {
    if (row.kind === "token") await during();
    return real.put(row, condition);
  };
  const of = world({ store: overStore(real, { put }) });
  during = () => of.auth.endAll(OWNER);
  await assert.rejects(of.auth.tokens.issue(FOR_PERSON), { code: "ERR_SESSION_ENDED" });
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
  during = async () => undefined;
  assert.equal((await shown(of, (await of.auth.tokens.issue(FOR_PERSON)).accessToken)).status, 200);
});

test("SE-03 a token has an absolute end and no idle time: no read and no sweep ends it before", async () => {
  const of = world({ session: { idle: "10m" } });
  const { accessToken, id } = await of.auth.tokens.issue(FOR_PERSON);
  of.clock.advance(2 * HOUR - 1_000);
  await of.store.survey?.(0, 100, of.clock.now(), of.clock.now() - 600_000);
  await of.auth.sweep();
  assert.equal((await shown(of, accessToken)).status, 200);
  assert.equal((await of.auth.tokens.list(OWNER)).length, 1);
  of.clock.advance(1_000);
  assert.equal((await shown(of, accessToken)).status, 401);
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
  assert.equal((await of.store.get(id))?.ended, null);
});

test("S-27 S-69 a token's row is opened by no cookie, not even by its secret", async () => {
  const of = world();
  const expires = of.clock.now() + HOUR;
  const { ticket, id, secretHash } = mintTicket(systemEntropy, expires);
  const identity = { ...PERSON, authenticatedAt: of.clock.now(), method: "token" };
  const terms = { audience: "app", scope: "read", client: "x" };
  const row = familyRow(
    { id, secretHash, created: of.clock.now(), expires },
    { identity, owner: OWNER, terms, chain: null, ...ALONE },
  );
  await of.store.put(row, "absent");
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  for (const value of [ticket, accessToken]) {
    const { body } = await ask(of, { cookie: `__Host-Http-coatcheck=${value}` });
    assert.deepEqual([body["subject"], body["via"]], [null, null]);
  }
  assert.equal((await of.store.get(id))?.ended, null);
});

test("S-37 a token signed by a secret that is still in the list stays good, and by one that is gone not", async () => {
  const of = world();
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  const next = randomBytes(32).toString("base64url");
  of.auth.changeKeys({ secrets: [next, SECRET] });
  assert.equal((await shown(of, accessToken)).status, 200);
  of.auth.changeKeys({ secrets: [next] });
  assert.equal((await shown(of, accessToken)).status, 401);
});

test("SE-16 while the store is away nobody is refused or let in: 503, and nothing is issued", async () => {
  const { store, failing } = failingStore();
  const of = world({ store });
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  failing.add("get");
  const { status, body } = await shown(of, accessToken);
  assert.deepEqual([status, body["code"]], [503, "ERR_STORE_UNAVAILABLE"]);
  assert.equal((await shown(of, `${accessToken.slice(0, -8)}AAAAAAAA`)).status, 401);
  failing.clear();
  for (const method of ["put", "marked"] as const) {
    failing.add(method);
    await assert.rejects(of.auth.tokens.issue(FOR_PERSON), { code: "ERR_STORE_UNAVAILABLE" });
    failing.clear();
  }
  failing.add("list");
  await assert.rejects(of.auth.tokens.list(OWNER), { code: "ERR_STORE_UNAVAILABLE" });
  failing.clear();
  assert.equal((await of.auth.tokens.list(OWNER)).length, 1);
});

test("S-65 a token whose writing or revoking has an unknown outcome is ended as soon as the store answers", async () => {
  const real = memory();
  const { store, failing } = failingStore(real);
  const put: SessionStore["put"] = async (row, condition) => {
    const written = await real.put(row, condition);
    if (condition === "absent") throw new Error("the answer was lost");
    return written;
  };
  const lossy = world({ store: overStore(store, { put }) });
  await assert.rejects(lossy.auth.tokens.issue(FOR_PERSON), { code: "ERR_STORE_UNAVAILABLE" });
  await turns(20);
  lossy.clock.advance(60_000);
  await turns(20);
  assert.deepEqual(await lossy.auth.tokens.list(OWNER), []);

  const of = world({ store });
  const { id } = await of.auth.tokens.issue(FOR_PERSON);
  failing.add("end").add("put");
  await assert.rejects(of.auth.tokens.revoke(id), { code: "ERR_STORE_UNAVAILABLE" });
  await turns(20);
  failing.clear();
  of.clock.advance(60_000);
  await turns(20);
  assert.equal((await real.get(id))?.reason, "admin");
});

test("S-58 without an audience of its own an app takes none of the tokens that it issues", async () => {
  const of = world({ tokens: { audiences: TOKENS.audiences } });
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  assert.equal((await shown(of, accessToken)).body["subject"], null);
  const plain = authWith({ bearer: { jwt: { issuer: "https://id.example.com", audience: "app" } } });
  assert.equal((await shown(plain, accessToken)).status, 401);
});

test("SE-09 S-58 which ending of a person's sessions ends their tokens, as docs/tokens.md has it", async () => {
  const { issuer, subject } = PERSON;
  const issuedAt = Number.MAX_SAFE_INTEGER;
  const endings: Readonly<
    Record<string, readonly [ends: (of: ReturnType<typeof world>, cookie: string) => Promise<unknown>, over: boolean]>
  > = {
    logout: [({ auth }, cookie) => auth.handle(unsafe("logout", cookie), () => new Response()), false],
    "end others": [({ auth }, cookie) => auth.handle(unsafe("sessions/end-others", cookie), () => new Response()), true],
    "logout of a person": [({ auth }) => auth.sessions.signedOut({ issuer, subject, sid: null, issuedAt }), true],
    "logout of a session": [({ auth }) => auth.sessions.signedOut({ issuer, subject, sid: "s1", issuedAt }), false],
    limit: [({ auth }) => signIn(auth, PERSON), false],
    "its id": [async ({ auth }) => auth.sessions.end((await auth.tokens.list(OWNER))[0]?.id ?? "", "admin"), true],
  };
  for (const [name, [end, over]] of Object.entries(endings)) {
    const of = world({ session: { maxPerUser: 1 } });
    const cookie = await signIn(of.auth, PERSON);
    const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
    await end(of, cookie);
    assert.equal((await shown(of, accessToken)).status, over ? 401 : 200, name);
  }
});

function unsafe(path: string, cookie: string): Request {
  const headers = { cookie, origin: ORIGIN, "sec-fetch-site": "same-origin", accept: "application/json" };
  return new Request(`${ORIGIN}/auth/${path}`, { method: "POST", headers });
}
