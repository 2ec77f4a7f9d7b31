import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import fc from "fast-check";
import { logoutToken } from "../../../test-support/provider/logout-tokens.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { hmacJwt, signingKey, signJwt, unsignedJwt } from "../../../test-support/provider/signing.ts";
import type { TokenVerdict, TokenVerifier } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import type { Fetch } from "../http/transport.ts";
import { KnownSignatures } from "../jwt/known-signatures.ts";
import type { JwtIssuer } from "./jwt-access-token.ts";
import { jwtVerifier } from "./jwt-access-token.ts";

const API = "https://api.example.com";
const clock = manualClock(1_800_000_000_000);
const op = await lyingProvider({ now: clock.now });
after(() => op.close());
afterEach(() => op.reset());

type Json = { readonly [name: string]: unknown };

const seconds = () => Math.floor(clock.now() / 1_000);
const verifier = (more: Partial<JwtIssuer> = {}): TokenVerifier =>
  jwtVerifier({ issuer: op.issuer, audience: API, ...more }, { clock });
const strict = verifier();
const plain = verifier({ acceptPlainJwt: true });

const honestHeader = (): Json => ({ alg: op.signs.alg, kid: op.signs.kid, typ: "at+jwt" });
const honestClaims = (): Json => ({
  iss: op.issuer,
  sub: "alice",
  aud: API,
  client_id: "cli",
  iat: seconds(),
  exp: seconds() + 300,
  jti: "t1",
  scope: "read write",
  role: "editor",
});

/** `undefined` leaves a member out. */
function token({
  header = {},
  claims = {},
  key = op.signs,
}: {
  header?: Json;
  claims?: Json;
  key?: typeof op.signs;
} = {}): string {
  return signJwt({ ...honestHeader(), ...header }, { ...honestClaims(), ...claims }, key);
}

/** As the strategy does: a token that is not read is left to others, so it is as invalid. */
async function judged(presented: string, by: TokenVerifier = strict): Promise<TokenVerdict> {
  return by.reads(presented) ? by.verify(presented) : { kind: "invalid", reason: "unread" };
}

async function accepted(presented: string, by: TokenVerifier = strict): Promise<Extract<TokenVerdict, { kind: "valid" }>> {
  const verdict = await judged(presented, by);
  return verdict.kind === "valid" ? verdict : assert.fail(JSON.stringify(verdict));
}

async function refused(name: string, presented: string, reason: string, by: TokenVerifier = strict): Promise<void> {
  assert.deepEqual(await judged(presented, by), { kind: "invalid", reason }, name);
}

test("JT-02 an honest access token is what the provider says", async () => {
  const { identity, expires, scope, owner } = await accepted(token({ claims: { auth_time: seconds() - 60 } }));
  assert.deepEqual(identity, {
    issuer: op.issuer,
    subject: "alice",
    claims: { sub: "alice", client_id: "cli", scope: "read write", role: "editor", auth_time: seconds() - 60 },
    authenticatedAt: (seconds() - 60) * 1_000,
    method: "bearer",
  });
  assert.equal(expires, (seconds() + 300 + 30) * 1_000);
  assert.equal(scope, "read write");
  assert.equal(owner, undefined);
  for (const typ of ["application/at+jwt", "AT+JWT"]) await accepted(token({ header: { typ } }));
});

test("JT-02 the negative matrix of claims", async () => {
  const now = seconds();
  const table: readonly (readonly [name: string, reason: string, claims: Json])[] = [
    ["no iss", "unread", { iss: undefined }],
    ["another iss", "unread", { iss: "https://evil.example" }],
    ["iss with a slash", "unread", { iss: `${op.issuer}/` }],
    ["iss in a list", "unread", { iss: [op.issuer] }],
    ["no aud", "aud", { aud: undefined }],
    ["a foreign aud", "aud", { aud: "https://other.example.com" }],
    ["a prefix of our aud", "aud", { aud: `${API}/v2` }],
    ["an empty list of aud", "aud", { aud: [] }],
    ["aud that is no text", "aud", { aud: [API, 1] }],
    ["no exp", "exp", { exp: undefined }],
    ["exp as text", "exp", { exp: String(now + 300) }],
    ["expired", "exp", { exp: now - 30 }],
    ["exp beyond all dates", "exp", { exp: 1e300 }],
    ["nbf in the future", "nbf", { nbf: now + 31 }],
    ["nbf as text", "nbf", { nbf: "0" }],
    ["iat in the future", "iat", { iat: now + 31 }],
    ["iat below zero", "iat", { iat: -1 }],
    ["no sub", "sub", { sub: undefined }],
    ["an empty sub", "sub", { sub: "" }],
    ["a sub that is no text", "sub", { sub: 7 }],
    ["a sub with a line feed", "sub", { sub: "a\nb" }],
    ["too long a sub", "sub", { sub: "x".repeat(256) }],
    ["bound to a key", "cnf", { cnf: { jkt: "x" } }],
  ];
  for (const [name, reason, claims] of table) await refused(name, token({ claims }), reason);
  assert.equal(op.journal.length, 0, "what needs no key asks for none");
  for (const claims of [{ aud: ["other", API] }, { exp: now - 29 }, { nbf: now + 30 }, { iat: now + 30 }, { iat: undefined }])
    await accepted(token({ claims }));
});

test("JT-02 the negative matrix of headers: typ, alg, kid, crit", async () => {
  const table: readonly (readonly [name: string, reason: string, header: Json])[] = [
    ["no typ", "typ", { typ: undefined }],
    ["typ JWT", "typ", { typ: "JWT" }],
    ["typ of a logout token", "typ", { typ: "logout+jwt" }],
    ["typ in a list", "typ", { typ: ["at+jwt"] }],
    ["no alg", "alg", { alg: undefined }],
    ["an alg that is not allowed", "alg", { alg: "RS512" }],
    ["alg in another case", "alg", { alg: "rs256" }],
    ["alg of another key", "kid", { alg: "ES256" }],
    ["alg of the same kind of key, but not this one's", "kid", { alg: "PS256" }],
    ["crit", "crit", { crit: ["exp"] }],
    ["an empty crit", "crit", { crit: [] }],
    ["kid that is no text", "kid", { kid: 1 }],
  ];
  for (const [name, reason, header] of table) await refused(name, token({ header }), reason);
  await accepted(token({ header: { unknown: 1 } }));
});

test("JT-02 only a signature of the key counts: not none, HMAC by the public key, another key or payload", async () => {
  await refused("none", unsignedJwt(honestHeader(), honestClaims()), "unread");
  await refused("none with a signature", token({ header: { alg: "none" } }), "alg");
  const pem = op.signs.publicKey.export({ type: "spki", format: "pem" }).toString();
  await refused("HS256 with the PEM", hmacJwt(honestHeader(), honestClaims(), pem), "alg");
  await refused("HS256 with the JWK", hmacJwt(honestHeader(), honestClaims(), JSON.stringify(op.signs.jwk)), "alg");
  const thief = signingKey("thief");
  await refused("another key with our kid", token({ key: thief }), "signature");
  const [header = "", , signature = ""] = token().split(".");
  const changed = Buffer.from(JSON.stringify({ ...honestClaims(), sub: "mallory" })).toString("base64url");
  await refused("a changed payload", `${header}.${changed}.${signature}`, "signature");
  await refused("no signature", `${header}.${changed}.`, "unread");
});

test("ID-15 keys that a token brings along or points to are neither used nor fetched", async () => {
  const thief = signingKey("thief");
  const canary = `${op.origin}/canary`;
  for (const header of [{ jku: canary }, { x5u: canary }, { jwk: thief.jwk }, { x5c: ["MIIB"] }]) {
    await refused(JSON.stringify(header), token({ header: { ...header, kid: undefined }, key: thief }), "signature");
    await refused(JSON.stringify(header), token({ header: { ...header, kid: "thief" }, key: thief }), "kid");
  }
  assert.deepEqual(
    op.journal.filter(({ endpoint }) => endpoint === "other"),
    [],
  );
});

test("ID-16 one spelling: no JSON serialisation, encryption, padding, white space, or megabytes", async () => {
  const good = token();
  const [header = "", payload = "", signature = ""] = good.split(".");
  const unread = [
    JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    JSON.stringify({ payload, protected: header, signature }),
    `${header}.e30.AAAA.${payload}.${signature}`,
    `${header}.${payload}.${signature}=`,
    `${header}=.${payload}.${signature}`,
    `${header}.${payload}`,
    ` ${good}`,
    `${good} `,
    `${good}\n`,
    `${header}.\n${payload}.${signature}`,
    `${header}.${payload}.${signature}.`,
    good.replaceAll(".", ".."),
    `${good}${"A".repeat(1_048_576)}`,
    `${header}.${Buffer.from(`[${JSON.stringify(honestClaims())}]`).toString("base64url")}.${signature}`,
    `${header}.${Buffer.from(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`).toString("base64url")}.${signature}`,
    `${header}.${Buffer.from([0xff, 0xfe]).toString("base64url")}.${signature}`,
    "",
    "..",
  ];
  for (const presented of unread) assert.equal(strict.reads(presented), false, presented.slice(0, 60));
  await accepted(good);
});

test("ID-16 reading never throws, whatever is presented", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => strict.reads(text) === false));
  const part = fc.oneof(
    fc.base64String(),
    fc.json().map((json) => Buffer.from(json).toString("base64url")),
  );
  fc.assert(fc.property(part, part, part, (...parts) => strict.reads(parts.join(".")) === false));
});

test("ID-17 tokens of other kinds are refused: ID tokens, logout tokens, and plain JWTs like them", async () => {
  const idClaims = { iss: op.issuer, sub: "alice", aud: API, iat: seconds(), exp: seconds() + 300, auth_time: seconds() };
  const made = (claims: Json, typ: string | undefined = "JWT") =>
    signJwt({ ...honestHeader(), typ }, { ...idClaims, ...claims }, op.signs);
  await refused("an ID token", made({ nonce: "n" }), "typ");
  await refused("a logout token", logoutToken(op, { now: clock.now(), claims: { aud: API } }), "typ");
  await refused("a logout token", logoutToken(op, { now: clock.now(), claims: { aud: API } }), "typ", plain);
  const table: readonly (readonly [name: string, claims: Json])[] = [
    ["an ID token with nonce", { nonce: "n", scope: "openid" }],
    ["an ID token with at_hash", { at_hash: "h", scope: "openid" }],
    ["an ID token of the hybrid flow", { c_hash: "h", scope: "openid" }],
    ["an ID token without any of these", { azp: "app", sid: "s", email: "a@example.com" }],
    ["a logout token without typ", { events: { "http://schemas.openid.net/event/backchannel-logout": {} }, client_id: "x" }],
    ["Keycloak's ID token", { typ: "ID", azp: "app", scope: "openid" }],
    ["Keycloak's refresh token", { typ: "Refresh", azp: "app", scope: "openid" }],
    ["a kind that is no text", { typ: 1, scope: "openid" }],
  ];
  for (const [name, claims] of table) await refused(name, made(claims), "kind", plain);
  for (const claims of [
    { typ: "Bearer", scope: "openid", azp: "app", sid: "s" },
    { scp: ["read"] },
    { gty: "client-credentials" },
  ]) {
    await accepted(made(claims), plain);
    await accepted(made(claims, undefined), plain);
    await refused("strict", made(claims), "typ");
  }
  await accepted(token(), plain);
});

test("JT-02 of the allowed algorithms each works with its own kind of key, and a list of one allows one", async () => {
  const keys = (["RS256", "ES256", "EdDSA", "PS256"] as const).map((alg) => signingKey(`own-${alg}`, alg));
  op.published = keys;
  const fresh = verifier();
  const one = verifier({ algorithms: ["ES256"] });
  for (const key of keys) {
    const presented = token({ header: { alg: key.alg, kid: key.kid }, key });
    await accepted(presented, fresh);
    if (key.alg === "ES256") await accepted(presented, one);
    else await refused(key.alg, presented, "alg", one);
  }
});

test("DK-07 a key that is not for signatures verifies none", async () => {
  const key = signingKey("wrong");
  for (const jwk of [{ use: "enc" }, { key_ops: ["encrypt"] }, { alg: "RSA-OAEP" }]) {
    op.lies.keys = () => ({ keys: [{ ...key.jwk, ...jwk }] });
    await refused(JSON.stringify(jwk), token({ header: { kid: "wrong" }, key }), "kid", verifier());
  }
  const weak = signingKey("weak", "RS256", 1_024);
  op.lies.keys = () => ({ keys: [weak.jwk] });
  await refused("1024 bits", token({ header: { kid: "weak" }, key: weak }), "kid", verifier());
});

test("DK-05 DK-06 DK-08 rotation is noticed at once, guessed kids cost a fetch, withdrawn keys end", async () => {
  const by = verifier({ jwksMaxAge: 600_000, jwksCooldown: 30_000 });
  await Promise.all(Array.from({ length: 20 }, () => accepted(token(), by)));
  assert.equal(op.count("metadata"), 1, "one discovery");
  assert.equal(op.count("keys"), 1, "one fetch for all");
  const old = token();
  const next = signingKey("second");
  op.published = [next];
  op.signs = next;
  await accepted(token(), by);
  assert.equal(op.count("keys"), 2);
  await refused("the old key", old, "kid", by);
  const guesses = Array.from({ length: 50 }, (_, index) =>
    refused("a guess", token({ header: { kid: `k${index}` } }), "kid", by),
  );
  await Promise.all(guesses);
  assert.equal(op.count("keys"), 2, "the cool-down stands");
  clock.advance(30_000);
  await refused("later", token({ header: { kid: "k" } }), "kid", by);
  assert.equal(op.count("keys"), 3);
  op.published = [];
  await accepted(token(), by);
  clock.advance(600_000);
  await refused("withdrawn", token(), "kid", by);
});

test("JT-02 a token that was good is judged anew: its times, its key, and every character of it", async () => {
  const by = verifier();
  const good = token({ claims: { exp: seconds() + 60 } });
  await accepted(good, by);
  await accepted(good, by);
  const last = good.at(-1) === "A" ? "B" : "A";
  await refused("another end of the signature", good.replace(/.{3}$/, `${last}${last}${last}`), "signature", by);
  const [header = "", payload = "", signature = ""] = good.split(".");
  const other = token({ claims: { sub: "mallory" }, key: signingKey("thief") }).split(".")[1] ?? "";
  await refused("its signature below another payload", `${header}.${other}.${signature}`, "signature", by);
  await refused("its payload below another signature", `${header}.${payload}.${"A".repeat(342)}`, "signature", by);
  clock.advance(90_000);
  await refused("now it is over", good, "exp", by);
});

test("DK-08 signatures are remembered with the key, for a bounded time", () => {
  const known = new KnownSignatures(clock);
  const [key, same] = [{ kty: "RSA", kid: "k" } as const, { kty: "RSA", kid: "k" } as const];
  known.add(key, "token");
  assert.deepEqual([known.has(key, "token"), known.has(key, "toke"), known.has(same, "token")], [true, false, false]);
  clock.advance(600_000);
  assert.equal(known.has(key, "token"), false);
});

test("DK-09 a kid is data, whatever it looks like", async () => {
  for (const kid of ["../../etc/passwd", "' OR 1=1 --", "a\nb", "__proto__", "constructor", "k".repeat(102_400), ""]) {
    const presented = token({ header: { kid } });
    await refused(kid.slice(0, 20), presented, presented.length > 16_384 ? "unread" : "kid", verifier());
  }
  for (const { query, path } of op.journal) assert.match(`${path}?${query}`, /^\/(keys|\.well-known\/openid-configuration)\?$/);
});

test("DK-09 a kid has at most 256 characters, whatever is published", async () => {
  for (const [length, reason] of [
    [256, null],
    [257, "kid"],
  ] as const) {
    const key = { ...op.signs, kid: "k".repeat(length) };
    op.lies.keys = () => ({ keys: [{ ...op.signs.jwk, kid: key.kid }] });
    const presented = token({ header: { kid: key.kid } });
    if (reason === null) await accepted(presented, verifier());
    else await refused("too long", presented, reason, verifier());
  }
});

test("JT-02 of several keys without kid none is tried in turn", async () => {
  op.published = [op.signs, signingKey("second")];
  await refused("no kid", token({ header: { kid: undefined } }), "kid", verifier());
  op.published = [op.signs];
  await accepted(token({ header: { kid: undefined } }), verifier());
});

test("TP-05 keys that cannot be had are no fault of the token's: unavailable, and good again afterwards", async () => {
  const by = verifier();
  op.lies.raw = (entry, response) => {
    response.writeHead(503, { "retry-after": "7" }).end();
    return entry.endpoint === "keys" || entry.endpoint === "metadata";
  };
  const verdict = await judged(token(), by);
  assert.equal(verdict.kind, "unavailable");
  assert.equal(verdict.kind === "unavailable" && verdict.retryAfter, 7_000);
  await refused("what is wrong by itself stays so", token({ claims: { aud: "x" } }), "aud", by);
  op.reset();
  assert.equal((await judged(token(), by)).kind, "unavailable");
  assert.equal(op.journal.length, 0, "not asked again within a second of the failure");
  clock.advance(1_000);
  await accepted(token(), by);
  for (const lie of [() => ({}), () => ({ keys: 1 }), () => "text"]) {
    op.lies.keys = lie;
    assert.equal((await judged(token(), verifier())).kind, "unavailable");
  }
});

test("DK-02 DK-03 metadata of another issuer, or with addresses that may not be called, are of no use", async () => {
  const bent: readonly Json[] = [
    { issuer: `${op.issuer}/` },
    { issuer: undefined },
    { jwks_uri: undefined },
    { jwks_uri: "http://169.254.169.254/keys" },
    { jwks_uri: "file:///etc/passwd" },
    { jwks_uri: 7 },
  ];
  for (const change of bent) {
    op.lies.metadata = (honest) => ({ ...honest, ...change });
    const hosts = new Set<string>();
    const watched: Fetch = (url, options) => {
      hosts.add(new URL(url).origin);
      return fetch(url, options);
    };
    const by = jwtVerifier({ issuer: op.issuer, audience: API }, { clock, fetch: watched });
    assert.equal((await judged(token(), by)).kind, "unavailable", JSON.stringify(change));
    assert.deepEqual([...hosts], [op.origin], JSON.stringify(change));
  }
  assert.equal(op.count("keys"), 0);
  op.lies.metadata = () => assert.fail("nobody asks for metadata where jwksUri is configured");
  await accepted(token(), verifier({ jwksUri: `${op.origin}/keys` }));
});

test("JT-02 a token without the scope that is required is 403, and only when it is good otherwise", async () => {
  const by = verifier({ requiredScope: "read admin" });
  assert.deepEqual(await judged(token(), by), { kind: "insufficient", scope: "read admin" });
  await refused("forged", token({ key: signingKey("thief") }), "signature", by);
  await accepted(token({ claims: { scope: "admin read" } }), by);
  await accepted(token({ claims: { scope: undefined, scp: ["read", "admin"] } }), by);
  assert.equal((await judged(token({ claims: { scope: "readadmin" } }), by)).kind, "insufficient");
});

test("JT-02 owner says whose a token is, never before the signature held, and what it throws is an outage", async () => {
  const asked: string[] = [];
  const by = verifier({
    owner: ({ subject }) => {
      asked.push(subject);
      if (subject === "nobody") throw new Error("no such user");
      return `user-${subject}`;
    },
  });
  await refused("forged", token({ key: signingKey("thief") }), "signature", by);
  assert.deepEqual(asked, []);
  assert.equal((await accepted(token(), by)).owner, "user-alice");
  assert.equal((await judged(token({ claims: { sub: "nobody" } }), by)).kind, "unavailable");
});

test("a configuration that cannot be used is refused with its key", () => {
  const table: readonly (readonly [key: string, change: Partial<JwtIssuer>])[] = [
    ["issuer", { issuer: "http://id.example.com" }],
    ["audience", { audience: "" }],
    ["audience", { audience: [] }],
    ["algorithms", { algorithms: [] }],
    ["algorithms", { algorithms: JSON.parse('["HS256"]') }],
    ["jwksUri", { jwksUri: "http://example.com/keys" }],
    ["clockTolerance", { clockTolerance: 60_001 }],
    ["requiredScope", { requiredScope: "a  b" }],
    ["timeout", { timeout: 0 }],
    ["jwksMaxAge", { jwksMaxAge: Number.NaN }],
  ];
  for (const [key, change] of table) {
    const expected = (error: unknown) =>
      error instanceof CoatcheckError && error.code === "ERR_CONFIG" && error.message.startsWith(`bearer.jwt.${key} `);
    assert.throws(() => verifier(change), expected, key);
  }
});
