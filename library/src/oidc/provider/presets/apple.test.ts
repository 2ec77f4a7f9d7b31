/** F-32: Apple's ways, over a provider that answers HTTP: its signed secret, its form, the name that comes once. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { after, before, test } from "node:test";
import { closingAfterEach } from "../../../../test-support/closing.ts";
import type { LyingProvider } from "../../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../../test-support/provider/lying-provider.ts";
import { siteWith } from "../../../../test-support/site.ts";
import { appleSecret } from "../../../index.ts";
import { manualClock } from "../../../testing/manual-clock.ts";

const closing = closingAfterEach();
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const CLIENT = { clientId: "app", teamId: "A1B2C3D4E5", keyId: "F6G7H8I9J0", privateKey: PEM };
const NAME = { firstName: "Ada", lastName: "Lovelace" };
const DAY = 86_400_000;

let op: LyingProvider;
const clock = manualClock();
/** The provider of the test compares the secret, so it stays the same. */
const secret = appleSecret({ ...CLIENT, now: () => 0 });
before(async () => {
  op = await lyingProvider({ now: () => clock.now(), clientSecret: secret() });
});
after(() => op.close());

/** A site at Apple, as it is played; `signIn` posts the provider's form, with what comes along. */
function atApple(more: { readonly claims?: readonly string[] } = {}) {
  op.reset();
  op.user = { sub: "000792.d7", claims: { email: "ada@privaterelay.appleid.com", email_verified: "true" } };
  const provider = { issuer: op.issuer, clientId: op.clientId, clientSecret: secret, preset: "apple", ...more } as const;
  const site = siteWith({ provider, clock, session: { idle: "30d", lifetime: "30d" } });
  closing(() => site.close());
  const visitor = site.visitor();
  const signIn = async (user?: string) => {
    const begun = await visitor.get("/auth/login");
    const location = begun.headers.get("location") ?? "";
    const { response } = await op.authorize(location);
    if (user !== undefined) response.set("user", user);
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: op.origin, "sec-fetch-site": "cross-site" };
    return {
      begun,
      asked: new URL(location).searchParams,
      landed: await visitor.post("/auth/callback", headers, response.toString()),
    };
  };
  const claims = async () => (await (await visitor.get("/auth/session", { accept: "application/json" })).json()).identity.claims;
  return { visitor, signIn, claims };
}

test("F-32 Apple is asked for its form with its scope, and shown the secret by post", async () => {
  const { signIn } = atApple();
  const { begun, asked, landed } = await signIn();
  assert.equal(asked.get("response_mode"), "form_post");
  assert.equal(asked.get("scope"), "openid name email");
  assert.match(begun.headers.getSetCookie()[0] ?? "", /SameSite=None/);
  assert.equal(landed.status, 303);
  const sent = op.journal.find(({ endpoint }) => endpoint === "token");
  assert.equal(sent?.headers.authorization, undefined);
});

test("F-32 the name of Apple's first login is taken, kept over refreshes, and nothing else of it is", async () => {
  const { visitor, signIn, claims } = atApple();
  await signIn(JSON.stringify({ name: NAME, email: "evil@example.com" }));
  const told = { name: "Ada Lovelace", given_name: "Ada", family_name: "Lovelace", email: "ada@privaterelay.appleid.com" };
  const { sub, email_verified, auth_time: _, ...named } = await claims();
  assert.deepEqual([named, sub, email_verified], [told, "000792.d7", "true"]);
  clock.advance(DAY + 1);
  assert.equal((await visitor.get("/")).status, 200);
  assert.equal((await claims()).name, "Ada Lovelace");
});

test("F-32 what is no name is none: no JSON, other shapes, too long, or not wanted", async () => {
  for (const user of [
    "{",
    "null",
    "[]",
    '{"name":7}',
    '{"name":{"firstName":7}}',
    `{"name":{"firstName":"${"x".repeat(201)}"}}`,
  ]) {
    const { signIn, claims } = atApple();
    assert.equal((await signIn(user)).landed.status, 303, user);
    assert.equal((await claims()).name, undefined, user);
  }
  const { signIn, claims } = atApple({ claims: ["email"] });
  await signIn(JSON.stringify({ name: NAME }));
  assert.deepEqual(Object.keys(await claims()).toSorted(), ["email", "sub"]);
});

test("RF-01 a refresh token of Apple's is shown once a day, whatever the answer says of the access token", async () => {
  const { visitor, signIn } = atApple();
  await signIn();
  clock.advance(DAY - 1_000);
  await visitor.get("/");
  assert.equal(op.count("token"), 1);
  clock.advance(2_000);
  await visitor.get("/");
  assert.equal(op.count("token"), 2);
});

test("TK-04 Apple's secret is a JWT of the key, good for ten minutes and made anew after five", () => {
  const moving = appleSecret({ ...CLIENT, now: () => clock.now() });
  const first = moving();
  const [header = "", payload = "", signature = ""] = first.split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const at = Math.floor(clock.now() / 1_000);
  assert.deepEqual(read(header), { alg: "ES256", kid: "F6G7H8I9J0" });
  assert.deepEqual(read(payload), {
    ...{ iss: "A1B2C3D4E5", sub: "app", aud: "https://appleid.apple.com", iat: at, exp: at + 600 },
  });
  const key = { key: createPublicKey(publicKey.export({ type: "spki", format: "pem" })), dsaEncoding: "ieee-p1363" } as const;
  assert.equal(verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")), true);
  clock.advance(299_000);
  assert.equal(moving(), first);
  clock.advance(1_000);
  assert.notEqual(moving(), first);
});

test("TK-04 a key that is none of Apple's is refused at the start", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  for (const wrong of ["", "secret", rsa]) {
    assert.throws(() => appleSecret({ ...CLIENT, privateKey: wrong }), { code: "ERR_CONFIG", message: /AuthKey_….p8/ });
  }
});
