import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { authWith } from "../../test-support/auth.ts";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import { OWNER, PERSON, shown, world } from "../../test-support/tokens.ts";

const AUDIENCES = { app: { scope: "read write", lifetime: "2h" }, orders: { scope: "orders:read", algorithm: "ES256" } } as const;
const own = () => world({ tokens: { audiences: AUDIENCES, accept: "app" } });
const NOBODY = { id: null, identity: null, owner: null, expiresAt: null };
type World = ReturnType<typeof own>;

/** A session of {@link PERSON} with so much left. */
function session({ clock }: World, left = 3_600_000) {
  const identity = { ...PERSON, authenticatedAt: clock.now(), method: "app" };
  return { id: "a-session", identity, owner: OWNER, expiresAt: clock.now() + left };
}

test("S-27 JT-01 a session's user gets a token for a service: short, for one audience, stored nowhere", async () => {
  const of = own();
  const { accessToken, expiresAt } = of.auth.tokens.forSession(session(of), { audience: "orders", scope: "orders:read" });
  const { jti, ...claims } = decodeJwt(accessToken);
  const now = Math.floor(of.clock.now() / 1_000);
  assert.deepEqual(claims, {
    iss: ORIGIN,
    sub: OWNER,
    aud: "orders",
    client_id: ORIGIN,
    iat: now,
    exp: now + 300,
    auth_time: now,
    sid: "a-session",
    scope: "orders:read",
  });
  assert.deepEqual([expiresAt, jti?.length, decodeProtectedHeader(accessToken).alg], [of.clock.now() + 300_000, 22, "ES256"]);
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
  const mine = of.auth.tokens.forSession(session(of), { audience: "app" });
  assert.equal((await shown(of, mine.accessToken)).status, 401);
});

test("S-27 it is no wider than its audience, and an anonymous session gets none", () => {
  const of = own();
  const asked = (request: object) => () => of.auth.tokens.forSession(session(of), { audience: "app", ...request });
  assert.throws(() => of.auth.tokens.forSession(NOBODY, { audience: "app" }), { code: "ERR_UNAUTHENTICATED" });
  assert.throws(asked({ audience: "other" }), { name: "TypeError", message: /audience is none of tokens\.audiences/ });
  assert.throws(asked({ scope: "admin" }), { name: "TypeError", message: /scope is no part/ });
  assert.throws(asked({ lifetime: "3h" }), { name: "TypeError", message: /lifetime is 3h/ });
  assert.throws(() => authWith().auth.tokens.forSession(session(of), { audience: "app" }), {
    message: /tokens is not configured/,
  });
});

test("S-27 CR-08 the same one until half a minute before its end, or until another key signs", () => {
  const of = own();
  const of1 = session(of);
  const token = (from = of1, lifetime = 120_000) => of.auth.tokens.forSession(from, { audience: "app", lifetime }).accessToken;
  const first = token();
  of.clock.advance(89_999);
  assert.deepEqual([token(), token({ ...of1, id: "another" }) === first, token(of1, 60_000) === first], [first, false, false]);
  of.clock.advance(1);
  const second = token();
  assert.notEqual(second, first);
  const fresh = "Xc3vB7nM1qW5eR9tY2uI6oP0aS4dF8gH3jK7lZ1xCvQ";
  of.auth.changeKeys({ secrets: [fresh, SECRET] });
  assert.notEqual(decodeProtectedHeader(token()).kid, decodeProtectedHeader(second).kid);
});

test("S-27 of two credentials of an owner, none of which is a session, each gets one that ends with it", () => {
  const of = own();
  const ends = (left: number) => of.auth.tokens.forSession({ ...session(of, left), id: null }, { audience: "app" }).expiresAt;
  const now = of.clock.now();
  assert.deepEqual([ends(200_000), ends(100_000), ends(200_000)], [now + 200_000, now + 100_000, now + 200_000]);
});

test("S-27 of thousands of sessions that take turns each keeps its token", () => {
  const of = own();
  const someone = session(of);
  const all = () =>
    Array.from({ length: 2_500 }, (_, index) => {
      const from = { ...someone, id: `session-${index}` };
      return of.auth.tokens.forSession(from, { audience: "app" }).accessToken;
    });
  const first = all();
  of.clock.advance(1_000);
  assert.deepEqual(all(), first);
});

test("S-27 it ends with its session, and names a proxy's user who has none by the owner", () => {
  const of = own();
  const short = session(of, 45_000);
  assert.equal(of.auth.tokens.forSession(short, { audience: "app" }).expiresAt, short.expiresAt);
  const { accessToken } = of.auth.tokens.forSession({ ...session(of), id: null, expiresAt: null }, { audience: "app" });
  assert.deepEqual([decodeJwt(accessToken).sub, "sid" in decodeJwt(accessToken)], [OWNER, false]);
});
