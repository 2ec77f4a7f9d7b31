import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, test } from "node:test";
import { type Bent, LOGOUT_EVENT, logoutClaims, logoutToken } from "../../../test-support/provider/logout-tokens.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { assertFailed, clientOf, signIn } from "../../../test-support/provider/sign-on.ts";
import { hmacJwt, signingKey, signJwt, unsignedJwt } from "../../../test-support/provider/signing.ts";
import type { LogoutNotification, Provider } from "../../contracts.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import type { ProviderConfig } from "./config.ts";

const clock = manualClock(1_800_000_000_000);
const op = await lyingProvider({ now: clock.now });
const strict = clientOf(op, {}, { clock }).provider;
const lenient = clientOf(op, { logoutTokenTyp: "optional" }, { clock }).provider;
after(async () => {
  await strict.close();
  await lenient.close();
  await op.close();
});
afterEach(() => op.reset());

const seconds = () => Math.floor(clock.now() / 1_000);
const made = (bent: Bent = {}): string => logoutToken(op, { now: clock.now(), ...bent });

function verify(provider: Provider, token: string) {
  return provider.verifyLogout?.(token) ?? assert.fail("no verifyLogout");
}

async function accepted(token: string, provider: Provider = strict): Promise<LogoutNotification> {
  const result = await verify(provider, token);
  if (result.kind === "logout") return result;
  return assert.fail(`${result.kind}: ${String(result.cause)}`);
}

async function refused(name: string, token: string, check: string, provider: Provider = strict): Promise<void> {
  const result = await verify(provider, token);
  assert.equal(result.kind, "invalid", name);
  assertFailed(result, "invalid", check);
}

/** A provider of its own configuration for one test. */
async function configured<T>(config: Partial<ProviderConfig>, use: (provider: Provider) => Promise<T>): Promise<T> {
  const { provider } = clientOf(op, config, { clock });
  try {
    return await use(provider);
  } finally {
    await provider.close();
  }
}

test("LO-05 an honest logout token is what the provider says", async () => {
  const { kind: _, ...notice } = { kind: "", ...(await accepted(made({ claims: { jti: "j1" } }))) };
  assert.deepEqual(notice, {
    issuer: op.issuer,
    subject: "alice",
    sid: "sid-alice",
    tokenId: "j1",
    issuedAt: seconds() * 1_000,
    expires: (seconds() + 120 + 30) * 1_000,
  });
  assert.equal((await accepted(made({ claims: { sid: undefined } }))).sid, null);
  assert.equal((await accepted(made({ claims: { sub: undefined } }))).subject, null);
});

test("LO-05 LO-06 A-44 what BCL s2.6 asks of the claims", async () => {
  const now = seconds();
  const table: readonly (readonly [name: string, check: string, claims: Bent["claims"]])[] = [
    ["no iss", "iss", { iss: undefined }],
    ["another iss", "iss", { iss: "https://evil.example" }],
    ["iss with a slash", "iss", { iss: `${op.issuer}/` }],
    ["no aud", "aud", { aud: undefined }],
    ["another aud", "aud", { aud: "other" }],
    ["an empty list of aud", "aud", { aud: [] }],
    ["others as well", "aud", { aud: [op.clientId, "other"] }],
    ["aud that is no text", "aud", { aud: [op.clientId, 1] }],
    ["another azp", "azp", { azp: "other" }],
    ["no iat", "iat", { iat: undefined }],
    ["iat as text", "iat", { iat: String(now) }],
    ["iat in the future", "iat", { iat: now + 31 }],
    ["negative iat", "iat", { iat: -1 }],
    ["no exp", "exp", { exp: undefined }],
    ["expired", "exp", { exp: now - 30 }],
    ["exp as text", "exp", { exp: String(now + 60) }],
    ["exp past all time", "exp", { exp: 1e300 }],
    ["not valid yet", "nbf", { nbf: now + 31 }],
    ["no jti", "jti", { jti: undefined }],
    ["empty jti", "jti", { jti: "" }],
    ["long jti", "jti", { jti: "x".repeat(256) }],
    ["jti that is no text", "jti", { jti: 1 }],
    ["no events", "events", { events: undefined }],
    ["another event", "events", { events: { "http://schemas.openid.net/event/other": {} } }],
    ["no event", "events", { events: {} }],
    ["events as a list", "events", { events: [LOGOUT_EVENT] }],
    ["events as text", "events", { events: LOGOUT_EVENT }],
    ["events as null", "events", { events: null }],
    ["an event that is no object", "events", { events: { [LOGOUT_EVENT]: true } }],
    ["an event that is a list", "events", { events: { [LOGOUT_EVENT]: [] } }],
    ["an event in another case", "events", { events: { [LOGOUT_EVENT.toUpperCase()]: {} } }],
    ["a nonce", "nonce", { nonce: "n" }],
    ["an empty nonce", "nonce", { nonce: "" }],
    ["a null nonce", "nonce", { nonce: null }],
    ["neither sub nor sid", "sub", { sub: undefined, sid: undefined }],
    ["empty sub", "sub", { sub: "" }],
    ["long sub", "sub", { sub: "x".repeat(256) }],
    ["sub that is no text", "sub", { sub: 42 }],
    ["sub with a line break", "sub", { sub: "alice\n" }],
    ["null sub beside a sid", "sub", { sub: null }],
    ["empty sid", "sid", { sid: "" }],
    ["long sid", "sid", { sid: "x".repeat(256) }],
    ["sid that is no text", "sid", { sid: ["sid-alice"] }],
    ["sid with NUL", "sid", { sid: "sid-alice\0" }],
    ["sid with half a surrogate pair", "sid", { sid: "sid-alice\ud83d" }],
    ["jti with NUL", "jti", { jti: "\0" }],
  ];
  for (const [name, check, claims = {}] of table) await refused(name, made({ claims }), check);
  assert.equal(op.count("keys"), 0, "what needs no key asks for none");
  for (const claims of [
    { iat: now + 30 },
    { iat: now - 86_400 },
    { exp: now - 29 },
    { nbf: now + 30 },
    { aud: [op.clientId] },
    { azp: op.clientId },
    { jti: "x".repeat(255) },
    { events: { [LOGOUT_EVENT]: { more: 1 }, other: {} } },
    { unknown: { a: 1 } },
  ])
    await accepted(made({ claims }));
});

test("LO-05 ID-03 another audience counts only if it is configured", () =>
  configured({ additionalAudiences: ["tenant"] }, async (provider) => {
    await accepted(made({ claims: { aud: ["tenant", op.clientId] } }), provider);
    await refused("only the other", made({ claims: { aud: ["tenant"] } }), "aud", provider);
    await refused("a third", made({ claims: { aud: ["tenant", op.clientId, "x"] } }), "aud", provider);
  }));

test("LO-06 a sid is needed if the registration says so", () =>
  configured({ backchannelLogoutSessionRequired: true }, async (provider) => {
    await accepted(made(), provider);
    await accepted(made({ claims: { sub: undefined } }), provider);
    await refused("sub alone", made({ claims: { sid: undefined } }), "sid", provider);
  }));

test("LO-07 the type: strict by default, absent or JWT if that is configured, another never", async () => {
  for (const typ of ["logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "Application/Logout+Jwt"]) {
    await accepted(made({ header: { typ } }));
    await accepted(made({ header: { typ } }), lenient);
  }
  for (const typ of [undefined, "JWT", "jwt"]) {
    await refused(`${typ} in strict mode`, made({ header: { typ } }), "typ");
    await accepted(made({ header: { typ } }), lenient);
  }
  for (const typ of ["at+jwt", "logout", "logout+jwt ", "text/logout+jwt", "application/jwt", "", null, 1, ["logout+jwt"]])
    for (const provider of [strict, lenient]) await refused(String(typ), made({ header: { typ } }), "typ", provider);
});

test("ID-17 tokens of other kinds are no logout tokens, and a logout token is none of them", async () => {
  const login = await signIn(op, strict);
  assert.ok(login.kind === "login" && login.tokens.idToken !== null);
  const { idToken, accessToken, refreshToken } = login.tokens;
  await refused("ID token", idToken, "typ");
  for (const provider of [strict, lenient]) {
    const idClaims = { ...logoutClaims(op, clock.now()), events: undefined, sub: "alice", sid: "sid-alice" };
    const header = { alg: "RS256", kid: op.signs.kid };
    await refused(
      "ID token without type or nonce",
      signJwt(header, idClaims, op.signs),
      provider === strict ? "typ" : "events",
      provider,
    );
    await refused("JWT access token", made({ header: { typ: "at+jwt" } }), "typ", provider);
    await refused("opaque access token", accessToken, "format", provider);
    await refused("refresh token", refreshToken ?? "", "format", provider);
  }
  await refused("ID token in the lenient mode", idToken, "jti", lenient);
  op.lies.idToken = () => made();
  assertFailed(await signIn(op, strict), "invalid", "typ");
  op.lies.idToken = () => made({ header: { typ: "JWT" } });
  assertFailed(await signIn(op, strict), "invalid");
});

test("LO-05 ID-01 the signature is verified, with the one algorithm", async () => {
  const claims = { ...logoutClaims(op, clock.now()), sub: "alice" };
  const header = { alg: "RS256", kid: op.signs.kid, typ: "logout+jwt" };
  const [head = "", , end = ""] = signJwt(header, claims, op.signs).split(".");
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: "bob" })).toString("base64url");
  const pem = String(op.signs.publicKey.export({ type: "spki", format: "pem" }));
  const table: readonly (readonly [name: string, check: string, token: string])[] = [
    ["changed payload", "signature", `${head}.${forged}.${end}`],
    ["another key under a published kid", "signature", signJwt(header, claims, signingKey("other"))],
    ["alg none", "format", unsignedJwt(header, claims)],
    ["alg none with a signature", "alg", made({ header: { alg: "none" } })],
    ["HS256 with the PEM", "alg", hmacJwt(header, claims, pem)],
    ["HS256 with the client's secret", "alg", hmacJwt(header, claims, op.clientSecret)],
    ["RS512 in the header", "alg", made({ header: { alg: "RS512" } })],
    ["ES256", "alg", made({ key: signingKey("first", "ES256") })],
    ["PS256", "alg", made({ key: signingKey("first", "PS256") })],
    ["no alg", "alg", made({ header: { alg: undefined } })],
    ["alg in another case", "alg", made({ header: { alg: "rs256" } })],
    ["critical extensions", "crit", made({ header: { crit: ["exp"], exp: 1 } })],
    ["an empty crit", "crit", made({ header: { crit: [] } })],
    ["unencoded payload", "crit", made({ header: { b64: false, crit: ["b64"] } })],
  ];
  for (const [name, check, token] of table) await refused(name, token, check);
});

test("LO-05 other algorithms if they are configured", async () => {
  for (const alg of ["ES256", "EdDSA", "PS256"] as const) {
    const key = signingKey("own", alg);
    op.published = [key];
    await configured({ idTokenSigningAlg: alg }, async (provider) => {
      await accepted(made({ key }), provider);
      await refused("RS256", made({ key: signingKey("own") }), "alg", provider);
    });
  }
});

test("LO-05 ID-15 DK-09 only a compact JWS of legal characters and bounded size; nothing in it is followed", async () => {
  const token = made();
  const [head = "", payload = "", end = ""] = token.split(".");
  const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
  const encoded = (text: string | Buffer): string => Buffer.from(text).toString("base64url");
  for (const bad of [
    "",
    ".",
    "..",
    `${head}.${payload}`,
    `${token}.`,
    `${token}.${end}`,
    ` ${token}`,
    `${token}\n`,
    `${head}.${payload}.${end}=`,
    `${head}+.${payload}.${end}`,
    `${head}.${encoded("[]")}.${end}`,
    `${head}.${encoded("null")}.${end}`,
    `${head}.${encoded("no json")}.${end}`,
    `${head}.${encoded(Buffer.from([0x22, 0xff, 0x22]))}.${end}`,
    `${encoded("1")}.${payload}.${end}`,
    `${head}.${encoded(deep)}.${end}`,
    `${head}.${encoded(JSON.stringify({ x: "x".repeat(20_000) }))}.${end}`,
    JSON.stringify({ payload, signatures: [] }),
  ])
    await refused(bad.slice(0, 40), bad, "format");
  const evil = signingKey("evil");
  const leads = { jku: `${op.issuer}/evil`, x5u: `${op.issuer}/evil`, jwk: evil.jwk, x5c: ["AAAA"], kid: op.signs.kid };
  await refused("a key of the token's own", made({ key: evil, header: leads }), "signature");
  assert.equal(op.count("other"), 0);
  for (const kid of ["x".repeat(257), 1, null, {}, ["first"]]) await refused(String(kid), made({ header: { kid } }), "kid");
  for (const kid of ["../../etc/passwd", "' OR 1=1", "a\nb", "__proto__", ""])
    await refused(kid, made({ header: { kid } }), "kid");
});

test("LO-05 without a kid the one fitting key is taken, and of several none", async () => {
  await configured({}, (provider) => accepted(made({ header: { kid: undefined } }), provider));
  op.published = [op.signs, signingKey("second")];
  await configured({}, (provider) => refused("two keys", made({ header: { kid: undefined } }), "kid", provider));
});

test("DK-05 a key that was rotated a moment ago works", () =>
  configured({}, async (provider) => {
    await accepted(made(), provider);
    op.signs = signingKey("second");
    op.published = [op.signs];
    await accepted(made(), provider);
    assert.equal(op.count("keys"), 2);
  }));

test("DK-06 ten thousand logout tokens with random kids cause one fetch per cool-down", () =>
  configured({ jwksCooldown: 30_000 }, async (provider) => {
    await accepted(made(), provider);
    const flood = async (count: number): Promise<void> => {
      const [, payload = "", end = ""] = made().split(".");
      const tokens = Array.from({ length: count }, () => {
        const header = { alg: "RS256", typ: "logout+jwt", kid: randomUUID() };
        return `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${payload}.${end}`;
      });
      const results = await Promise.all(tokens.map((token) => verify(provider, token)));
      assert.ok(results.every(({ kind }) => kind === "invalid"));
    };
    for (let round = 0; round < 100; round += 1) {
      await flood(100);
      clock.advance(100);
    }
    assert.equal(op.count("keys"), 2);
    clock.advance(30_000);
    await accepted(made(), provider);
    await flood(2);
    assert.equal(op.count("keys"), 3);
  }));

test("DK-07 a key that is not for verifying signatures verifies none", async () => {
  op.lies.keys = ({ keys: [key] }) => ({ keys: [{ ...key, use: "enc" }] });
  await configured({}, (provider) => refused("use enc", made(), "kid", provider));
  delete op.lies.keys;
  const weak = signingKey("weak", "RS256", 1_024);
  op.published = [weak];
  await configured({}, (provider) => refused("1024 bits", made({ key: weak }), "kid", provider));
});

test("DK-08 a withdrawn key is refused once the cache is old", () =>
  configured({ jwksMaxAge: 600_000 }, async (provider) => {
    await accepted(made(), provider);
    op.published = [signingKey("second")];
    clock.advance(599_000);
    await accepted(made(), provider);
    clock.advance(1_000);
    await refused("withdrawn", made(), "kid", provider);
  }));

test("LO-05 DK-04 if the keys cannot be had nothing is accepted, and it is called an outage", async () => {
  for (const status of [500, 503, 404]) {
    op.lies.raw = (entry, response) => entry.endpoint === "keys" && Boolean(response.writeHead(status).end());
    await configured({}, async (provider) => assertFailed(await verify(provider, made()), "unavailable", "keys"));
  }
  op.lies.raw = (_entry, response) => Boolean(response.writeHead(503).end());
  await configured({}, async (provider) => assertFailed(await verify(provider, made()), "unavailable", "keys"));
});

test("LO-07 a mode that is none is refused at start", () => {
  const logoutTokenTyp: string = "never";
  assert.throws(() => clientOf(op, JSON.parse(JSON.stringify({ logoutTokenTyp }))), /logoutTokenTyp is required or optional/);
});
