import assert from "node:assert/strict";
import { createHmac, createSecretKey, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { authWith } from "../../test-support/auth.ts";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import { FOR_PERSON, OWNER, PERSON, shown, world } from "../../test-support/tokens.ts";
import type { JsonObject } from "../contracts.ts";
import { createKeyring } from "../crypto/keyring.ts";
import { signingKeys } from "../crypto/signing/signing-keys.ts";
import type { TokenOptions, TokenRequest } from "../index.ts";
import { signIn } from "../testing/sign-in.ts";

test("S-58 JT-01 a token that the server issued authenticates by the bearer strategy, as its subject", async () => {
  const of = world();
  const issued = await of.auth.tokens.issue(FOR_PERSON);
  const { body, status } = await shown(of, issued.accessToken);
  const claims = { name: "Alice", aud: "app", client_id: ORIGIN, scope: "read" };
  assert.deepEqual([status, body], [200, { subject: "42", claims, owner: OWNER, via: "bearer" }]);
  assert.equal(issued.expiresAt, of.clock.now() + 7_200_000);
  assert.deepEqual(
    of.told("token.issued").map(({ sessionId, owner }) => [sessionId, owner]),
    [[issued.id, OWNER]],
  );
  const row = await of.store.get(issued.id);
  assert.equal(row?.kind, "token");
  assert.ok(!JSON.stringify(row).includes(issued.accessToken.slice(-20)));
});

test("S-58 JT-01 JT-07 others verify it by the published keys, with all claims of RFC 9068", async () => {
  const of = world();
  const request = { subject: "runner-7", audience: "orders", scope: "orders:read", lifetime: "5m", client: "ci" } as const;
  const { accessToken, id } = await of.auth.tokens.issue(request);
  const keys = await (await of.auth.handle(new Request(`${ORIGIN}/auth/keys`), () => new Response())).json();
  const currentDate = new Date(of.clock.now());
  const checks = { issuer: ORIGIN, audience: "orders", typ: "at+jwt", currentDate };
  const { payload } = await jwtVerify(accessToken, createLocalJWKSet(keys), checks);
  const { jti, ...claims } = payload;
  const now = Math.floor(of.clock.now() / 1_000);
  const times = { iat: now, exp: now + 300, auth_time: now };
  const names = { iss: ORIGIN, sub: `${ORIGIN} runner-7`, aud: "orders", client_id: "ci", sid: id, scope: "orders:read" };
  assert.deepEqual(claims, { ...names, ...times });
  assert.match(String(jti), /^[\w-]{22}$/);
  assert.notEqual((await of.auth.tokens.issue(request)).accessToken, accessToken);
});

const WIDER: readonly (readonly [name: string, more: Partial<TokenRequest>, says: RegExp])[] = [
  ["an audience that is not configured", { audience: "billing" }, /audience is none/],
  ["a name of Object.prototype as audience", { audience: "constructor" }, /audience is none/],
  ["a word that the audience does not have", { scope: "read admin" }, /scope is no part/],
  ["two spaces in the scope", { scope: "read  write" }, /scope is no part/],
  ["a longer life", { lifetime: "3h" }, /lifetime is 3h/],
  ["no life", { lifetime: 0 }, /lifetime is 0/],
  ["a client with spaces", { client: "a b" }, /client is/],
  ["an owner that no store keeps", { owner: "a\0b" }, /owner is no text/],
  ["an empty owner", { owner: "" }, /owner is no text/],
  ["an empty subject", { subject: "" }, /identity.subject/],
];
test("JT-05 nothing is issued that is wider than configured, or for a name that is none", async () => {
  const of = world();
  for (const [name, more, says] of WIDER) {
    await assert.rejects(of.auth.tokens.issue({ ...FOR_PERSON, ...more }), { name: "TypeError", message: says }, name);
  }
  const none = authWith();
  await assert.rejects(none.auth.tokens.issue(FOR_PERSON), { name: "TypeError", message: /tokens is not configured/ });
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
});

test("S-58 options that cannot be right stop the start", () => {
  const wrong: readonly (readonly [TokenOptions, RegExp])[] = [
    [{ audiences: {}, accept: "app" }, /tokens.accept names "app"/],
    [{ audiences: { app: { scope: "a  b" } } }, /tokens.audiences.app.scope/],
    [{ audiences: { "a b": {} } }, /tokens.audiences have names/],
    [{ audiences: { app: { lifetime: "500d" } } }, /tokens.audiences.app.lifetime/],
  ];
  for (const [tokens, says] of wrong) assert.throws(() => authWith({ tokens }), says);
  assert.throws(() => authWith({ tokens: JSON.parse('{"audiences":{"app":{"lifetme":"1h"}}}') }), /lifetime/);
});

test("JT-02 S-69 every other token and credential is 401 invalid_token, and changes nothing", async () => {
  const of = world();
  const { auth, clock, store } = of;
  const { id, accessToken } = await auth.tokens.issue(FOR_PERSON);
  const cookie = await signIn(auth, { subject: "alice", issuer: "https://id.example.com" }, (its) =>
    // As a token's row has them.
    its.set({ audience: "app", scope: "read", client: "x" }),
  );
  const [session] = await auth.sessions.list("https://id.example.com alice");
  const victims = async () => [await store.get(id), await store.get(session?.id ?? "")].map((row) => JSON.stringify(row));
  const before = await victims();
  const keys = signingKeys(createKeyring(SECRET));
  const now = Math.floor(clock.now() / 1_000);
  const honest = { iss: ORIGIN, sub: OWNER, aud: "app", client_id: "x", iat: now, exp: now + 60, jti: "1", sid: id };
  const signed = (claims: JsonObject, header: JsonObject = { typ: "at+jwt" }): string =>
    keys.sign(header, { ...honest, ...claims });
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const unsigned = (header: object): string => `${encode({ typ: "at+jwt", ...header })}.${encode(honest)}`;
  const hmac = unsigned({ alg: "HS256", kid: keys.signs.kid });
  const stranger = unsigned({ alg: "EdDSA", kid: "another" });
  const byStranger = sign(null, Buffer.from(stranger), generateKeyPairSync("ed25519").privateKey).toString("base64url");
  assert.equal((await shown(of, signed({}))).status, 200, "the honest one");
  const subject = { identity: { ...PERSON, authenticatedAt: 1, method: "x" }, owner: OWNER };
  const wrong: Record<string, string> = {
    "typ JWT": signed({}, { typ: "JWT" }),
    "no typ": signed({}, {}),
    "an assertion": auth.assertions.sign({ ...subject, audience: "app" }),
    "a logout token's typ": signed({}, { typ: "logout+jwt" }),
    crit: signed({}, { typ: "at+jwt", crit: ["x"], x: 1 }),
    "another issuer": signed({ iss: "https://other.example.com" }),
    "another audience": signed({ aud: "orders" }),
    "no audience": signed({ aud: [] }),
    "it is over": signed({ iat: now - 99, exp: now - 31 }),
    "nbf in the future": signed({ nbf: now + 60 }),
    "iat in the future": signed({ iat: now + 60 }),
    "exp is no number": signed({ exp: "soon" }),
    "bound to a key": signed({ cnf: { jkt: "x" } }),
    "an unknown family": signed({ sid: "AAAAAAAAAAAAAAAAAAAAAA" }),
    "a browser's session as family": signed({ sid: session?.id ?? "" }),
    "a family that is no text": signed({ sid: 1 }),
    "alg none": `${unsigned({ alg: "none" })}.AA`,
    "alg none, without signature": `${unsigned({ alg: "none" })}.`,
    "an HMAC by the public key": `${hmac}.${createHmac("sha256", createSecretKey(Buffer.from(keys.signs.kid)))
      .update(hmac)
      .digest("base64url")}`,
    "another key": `${stranger}.${byStranger}`,
    "our kid, another key": `${unsigned(keys.signs)}.${byStranger}`,
    "other claims": [accessToken.split(".")[0], encode({ ...honest, sub: "admin" }), accessToken.split(".")[2]].join("."),
    "a session's ticket": cookie.slice(cookie.indexOf("=") + 1),
    "its own id": id,
    "an ID token": signed({ nonce: "n", at_hash: "h" }, { typ: "JWT" }),
  };
  for (const [name, token] of Object.entries(wrong)) {
    const { status, challenge } = await shown(of, token);
    assert.equal(status, 401, name);
    assert.match(challenge ?? "", /error="invalid_token"/, name);
  }
  assert.deepEqual(await victims(), before);
});
