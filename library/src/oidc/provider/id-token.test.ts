import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import type { Lies } from "../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { assertFailed, clientOf, signIn } from "../../../test-support/provider/sign-on.ts";
import { hmacJwt, signingKey, signJwt, unsignedJwt } from "../../../test-support/provider/signing.ts";

const op = await lyingProvider();
const { provider, events } = clientOf(op, { userinfo: true });
after(async () => {
  await provider.close();
  await op.close();
});
afterEach(() => op.reset());

const seconds = () => Math.floor(Date.now() / 1_000);
type Claims = Parameters<NonNullable<Lies["claims"]>>[0];

/** No login, and nothing was done with the access token (CB-12). */
async function refused(lies: Lies, check?: string): Promise<void> {
  op.reset();
  Object.assign(op.lies, lies);
  assertFailed(await signIn(op, provider), "invalid", check);
  assert.equal(op.count("token"), 1);
  assert.equal(op.count("userinfo"), 0);
}

const without =
  (name: string) =>
  (claims: Claims): Claims =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

async function accepted(lies: Lies = {}) {
  op.reset();
  Object.assign(op.lies, lies);
  const result = await signIn(op, provider);
  if (result.kind !== "login") return assert.fail(`${result.kind}: ${String(result.cause)}`);
  return result;
}

test("an honest ID token signs in", async () => {
  const before = seconds() * 1_000;
  const login = await accepted();
  assert.equal(login.identity.issuer, op.issuer);
  assert.equal(login.identity.subject, "alice");
  assert.equal(login.identity.method, "oidc:default");
  assert.equal(login.sid, "sid-alice");
  assert.ok(login.issuedAt >= before && login.issuedAt <= Date.now());
  const protocol = ["iss", "aud", "exp", "iat", "nonce", "at_hash", "sid"].filter((name) => name in login.identity.claims);
  assert.deepEqual(protocol, []);
  assert.equal(login.identity.claims["name"], "Alice");
});

test("ID-01 CB-12 the signature is verified, with the one algorithm", async () => {
  const other = signingKey("other");
  const pem = String(op.signs.publicKey.export({ type: "spki", format: "pem" }));
  const forged: { readonly [name: string]: NonNullable<Lies["idToken"]> } = {
    "changed payload": (header, claims, key) => {
      const [head = "", , end = ""] = signJwt(header, claims, key).split(".");
      return [head, Buffer.from(JSON.stringify({ ...claims, sub: "mallory" })).toString("base64url"), end].join(".");
    },
    "changed signature": (header, claims, key) => {
      const token = signJwt(header, claims, key);
      return token.slice(0, -8) + (token.endsWith("AAAAAAAA") ? "BBBBBBBB" : "AAAAAAAA");
    },
    "a key that is not published, under a published kid": (header, claims) => signJwt(header, claims, other),
    "alg none": (header, claims) => unsignedJwt(header, claims),
    "alg none with a signature": (header, claims, key) => signJwt({ ...header, alg: "none" }, claims, key),
    "HS256 with the PEM": (header, claims) => hmacJwt(header, claims, pem),
    "HS256 with the JWK": (header, claims, key) => hmacJwt(header, claims, JSON.stringify(key.jwk)),
    "HS256 with the client's secret": (header, claims) => hmacJwt(header, claims, op.clientSecret),
    "RS512 in the header": (header, claims, key) => signJwt({ ...header, alg: "RS512" }, claims, key),
    "no alg": ({ alg: _, ...header }, claims, key) => signJwt(header, claims, key),
    "alg in another case": (header, claims, key) => signJwt({ ...header, alg: "rs256" }, claims, key),
  };
  for (const [name, idToken] of Object.entries(forged)) {
    await refused({ idToken }).catch((error: unknown) => assert.fail(`${name}: ${String(error)}`));
  }
});

test("ID-01 ES256 is refused if RS256 is configured, and the other way round", async () => {
  const elliptic = signingKey("elliptic", "ES256");
  op.reset();
  op.published = [...op.published, elliptic];
  op.signs = elliptic;
  assertFailed(await signIn(op, provider), "invalid", "alg");
  const { provider: es } = clientOf(op, { idTokenSigningAlg: "ES256" });
  assert.equal((await signIn(op, es)).kind, "login");
  op.reset();
  assertFailed(await signIn(op, es), "invalid", "alg");
  await es.close();
});

test("ID-01 EdDSA and PS256 verify if they are configured", async () => {
  for (const alg of ["EdDSA", "PS256"] as const) {
    op.reset();
    op.signs = signingKey("special", alg);
    op.published = [op.signs];
    op.lies.claims = without("at_hash");
    const { provider: special } = clientOf(op, { idTokenSigningAlg: alg });
    assert.equal((await signIn(op, special)).kind, "login", alg);
    await special.close();
  }
});

test("ID-02 the issuer is compared byte for byte", async () => {
  for (const iss of [
    `${op.issuer}/`,
    op.issuer.toUpperCase(),
    op.issuer.replace("127.0.0.1", "localhost"),
    "",
    1,
    null,
    [op.issuer],
  ]) {
    await refused({ claims: (claims) => ({ ...claims, iss }) });
  }
  await refused({ claims: without("iss") });
});

test("ID-03 the audience is us, and no other client that is not configured", async () => {
  for (const aud of ["other", [], ["other"], ["app", "other"], "APP", ["app", 1], { app: true }, ""]) {
    await refused({ claims: (claims) => ({ ...claims, aud }) });
  }
  await refused({ claims: without("aud") });
  await refused({ claims: (claims) => ({ ...claims, aud: ["app", "other"], azp: "app" }) }, "aud");
  await accepted({ claims: (claims) => ({ ...claims, aud: ["app"] }) });
  const { provider: shared } = clientOf(op, { additionalAudiences: ["other"] });
  op.lies.claims = (claims) => ({ ...claims, aud: ["app", "other"], azp: "app" });
  assert.equal((await signIn(op, shared)).kind, "login");
  await shared.close();
});

test("ID-04 azp, if present, is us", async () => {
  await refused({ claims: (claims) => ({ ...claims, azp: "other" }) }, "azp");
  await refused({ claims: (claims) => ({ ...claims, aud: ["app"], azp: "other" }) }, "azp");
  await accepted({ claims: (claims) => ({ ...claims, azp: "app" }) });
});

test("ID-05 exp is a number and ahead", async () => {
  await refused({ claims: without("exp") });
  for (const exp of [seconds() - 300, 0, -1, String(seconds() + 300), null, "NaN"]) {
    await refused({ claims: (claims) => ({ ...claims, exp }) });
  }
  await accepted({ claims: (claims) => ({ ...claims, exp: seconds() - 10 }) });
});

test("ID-06 iat is a number, and ahead by no more than clocks differ", async () => {
  await refused({ claims: without("iat") });
  for (const iat of [seconds() + 61, seconds() + 3_600, String(seconds()), null]) {
    await refused({ claims: (claims) => ({ ...claims, iat }) });
  }
  await accepted({ claims: (claims) => ({ ...claims, iat: seconds() + 5 }) });
});

test("ID-07 the nonce is there, and ours", async () => {
  await refused({ claims: without("nonce") });
  for (const nonce of ["", "other", 1, null]) await refused({ claims: (claims) => ({ ...claims, nonce }) });
});

test("ID-08 sub is 1 to 255 ASCII characters", async () => {
  await refused({ claims: without("sub") });
  for (const sub of ["", 1, null, "x".repeat(256), "älice", "a\nb", "a\u0000", ["alice"]]) {
    await refused({ claims: (claims) => ({ ...claims, sub }) });
  }
  for (const sub of ["__proto__", "constructor", "x".repeat(255), "a b|c"]) {
    const { provider: plain } = clientOf(op);
    op.reset();
    op.lies.claims = (claims) => ({ ...claims, sub });
    const result = await signIn(op, plain);
    assert.equal(result.kind === "login" && result.identity.subject, sub);
    await plain.close();
  }
});

test("SE-16 sid, if present, is text that a store keeps", async () => {
  for (const sid of ["sid\0", "\0", "sid\ud83d"]) await refused({ claims: (claims) => ({ ...claims, sid }) }, "sid");
  await accepted({ claims: (claims) => ({ ...claims, sid: "sid 👩 \u0001" }) });
});

test("ID-09 at_hash, if present, fits the access token", async () => {
  for (const at_hash of ["x", "", 1, null, "A".repeat(22)])
    await refused({ claims: (claims) => ({ ...claims, at_hash }) }, "at_hash");
  await accepted({ claims: without("at_hash") });
});

test("ID-10 a max_age that was asked for needs a recent auth_time", async () => {
  const cases: readonly (readonly [string, (claims: Claims) => Claims, boolean])[] = [
    ["missing", without("auth_time"), false],
    ["old", (claims) => ({ ...claims, auth_time: seconds() - 400 }), false],
    ["in the future", (claims) => ({ ...claims, auth_time: seconds() + 400 }), false],
    ["no number", (claims) => ({ ...claims, auth_time: "now" }), false],
    ["recent", (claims) => ({ ...claims, auth_time: seconds() - 100 }), true],
  ];
  for (const [name, claims, fits] of cases) {
    op.reset();
    op.lies.claims = claims;
    assert.equal((await signIn(op, provider, { max_age: 300 })).kind, fits ? "login" : "invalid", name);
  }
});

test("ID-10 an acr that was asked for is there", async () => {
  for (const [acr, fits] of [
    ["gold", true],
    ["silver", true],
    ["bronze", false],
    [undefined, false],
    [["gold"], false],
    ["gold silver", false],
  ] as const) {
    op.reset();
    op.lies.claims = (claims) => (acr === undefined ? claims : { ...claims, acr });
    assert.equal((await signIn(op, provider, { acr_values: "gold silver" })).kind, fits ? "login" : "invalid", String(acr));
  }
});

test("ID-11 a token without kid verifies with a single key, never with one of several", async () => {
  const { provider: fresh } = clientOf(op);
  op.lies.header = ({ kid: _, ...header }) => header;
  assert.equal((await signIn(op, fresh)).kind, "login");
  await fresh.close();
  const { provider: several } = clientOf(op);
  op.published = [op.signs, signingKey("second")];
  assert.equal((await signIn(op, several)).kind, "invalid");
  await several.close();
});

test("ID-12 UserInfo of another user is discarded", async () => {
  const own = await accepted();
  assert.equal(own.identity.claims["email"], "alice@example.com");
  for (const sub of ["mallory", "", undefined, "ALICE"]) {
    const before = events.length;
    const login = await accepted({ userinfo: (honest) => ({ ...honest, sub, role: "admin" }) });
    assert.equal(login.identity.subject, "alice");
    assert.equal("role" in login.identity.claims || "email" in login.identity.claims, false);
    assert.equal(events.slice(before).filter(({ reason }) => reason === "userinfo").length, 1);
  }
});

test("ID-12 what the ID token says is not overruled by UserInfo", async () => {
  const login = await accepted({
    userinfo: (honest) => ({ ...honest, name: "Eve", iss: "x", nonce: "y", aud: "z", groups: ["a"] }),
  });
  assert.equal(login.identity.claims["name"], "Alice");
  assert.deepEqual(login.identity.claims["groups"], ["a"]);
  assert.equal("nonce" in login.identity.claims, false);
});

test("ID-14 another provider's user of the same name is another user", async () => {
  const second = await lyingProvider();
  const { provider: other } = clientOf(second);
  const [here, there] = [await accepted(), await signIn(second, other)];
  assert.ok(there.kind === "login" && there.identity.subject === here.identity.subject);
  assert.notEqual(there.kind === "login" && there.identity.issuer, here.identity.issuer);
  await other.close();
  await second.close();
});

test("ID-15 keys that a token brings along are not looked at, and crit is refused", async () => {
  const evil = signingKey("evil");
  for (const header of [
    { jku: `${op.origin}/canary` },
    { x5u: `${op.origin}/canary` },
    { jwk: evil.jwk },
    { x5c: ["AAAA"] },
    { jku: `${op.origin}/canary`, kid: "evil" },
  ]) {
    await refused({ idToken: (honest, claims) => signJwt({ ...honest, ...header }, claims, evil) });
    assert.equal(op.count("other"), 0);
  }
  await refused({ header: (honest) => ({ ...honest, crit: ["exp"] }) }, "crit");
  await refused({ header: (honest) => ({ ...honest, crit: [] }) }, "crit");
});

test("ID-16 only a compact JWS of bounded size is a token", async () => {
  const bent: { readonly [name: string]: NonNullable<Lies["idToken"]> } = {
    "JSON serialisation": (header, claims, key) => {
      const [protectedHeader, payload, signature] = signJwt(header, claims, key).split(".");
      return JSON.stringify({ protected: protectedHeader, payload, signature });
    },
    "an object": (header, claims, key) => ({ token: signJwt(header, claims, key) }),
    "white space": (header, claims, key) => signJwt(header, claims, key).replace(".", ".\n"),
    "a space at the end": (header, claims, key) => `${signJwt(header, claims, key)} `,
    padding: (header, claims, key) => `${signJwt(header, claims, key)}==`,
    "the base64 alphabet": (header, claims, key) => `${signJwt(header, claims, key).slice(0, -2)}+/`,
    "five parts": () =>
      `${Buffer.from('{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":1000000000}').toString("base64url")}.a.b.c.d`,
    "a mebibyte": (header, claims, key) => signJwt(header, { ...claims, filler: "x".repeat(100_000) }, key),
    "deep nesting": (header, claims, key) => {
      const deep = `${'{"a":'.repeat(500)}1${"}".repeat(500)}`;
      return signJwt(header, JSON.stringify(claims).replace(/}$/, `,"deep":${deep}}`), key);
    },
    "a header that is no object": (_header, claims, key) => {
      const [, payload = "", signature = ""] = signJwt({}, claims, key).split(".");
      return `${Buffer.from("[]").toString("base64url")}.${payload}.${signature}`;
    },
    empty: () => "",
  };
  for (const [name, idToken] of Object.entries(bent)) {
    await refused({ idToken }).catch((error: unknown) => assert.fail(`${name}: ${String(error)}`));
  }
  await refused({ token: ({ id_token: _, ...rest }) => rest });
});

test("ID-17 a token of another kind is no ID token", async () => {
  for (const typ of ["logout+jwt", "at+jwt", "application/at+jwt", "client-authentication+jwt", "secevent+jwt", 1, ""]) {
    await refused({ header: (honest) => ({ ...honest, typ }) }, "typ");
  }
  for (const typ of ["JWT", "jwt", "application/jwt"]) await accepted({ header: (honest) => ({ ...honest, typ }) });
  await accepted({ header: ({ typ: _, ...rest }) => rest });
});

test("claims can be limited to those that are wanted", async () => {
  const { provider: limited } = clientOf(op, { claims: ["name"] });
  op.user = { sub: "alice", claims: { name: "Alice", phone: "1" } };
  const login = await signIn(op, limited);
  assert.deepEqual(login.kind === "login" && login.identity.claims, { sub: "alice", name: "Alice" });
  await limited.close();
});
