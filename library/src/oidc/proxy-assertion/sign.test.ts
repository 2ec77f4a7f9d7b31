import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, hash, verify } from "node:crypto";
import { test } from "node:test";
import { keyServer } from "../../../test-support/provider/key-server.ts";
import type { Identity } from "../../contracts.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import { keysInUse } from "../../crypto/keys-in-use.ts";
import { publishedKey } from "../../crypto/signing/published-key.ts";
import { signingKeys } from "../../crypto/signing/signing-keys.ts";
import { keysRoute } from "../../endpoints/keys.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { assertionSigner } from "./sign.ts";
import { assertionVerifier } from "./verify.ts";

const A = "pZsb0WG1ehJS4A6tQ8TzC9r1Lh7mYxkVfNq2Uo5dEwI";
const B = "Xc3vB7nM1qW5eR9tY2uI6oP0aS4dF8gH3jK7lZ1xCvQ";
const ISSUER = "https://gateway.example.com";
const AUDIENCE = "http://app.internal:3000";
const IDENTITY: Identity = {
  issuer: "https://id.example.com",
  subject: "alice",
  claims: { email: "alice@example.com", email_verified: true, phone: "+49 30 1", groups: ["ignored"], name: "Alice Müller" },
  authenticatedAt: 1_800_000_000_500,
  method: "oidc:default",
};
const OWNER = "https://id.example.com alice";
const SUBJECT = { identity: IDENTITY, owner: OWNER, audience: AUDIENCE };

const partsOf = (token: string) => token.split(".").map((part) => Buffer.from(part, "base64url"));
const payloadOf = (token: string) => JSON.parse(partsOf(token)[1]?.toString() ?? "");
const signerOf = (secrets: string | readonly string[], clock = manualClock()) =>
  assertionSigner({ keys: signingKeys(createKeyring(secrets)), issuer: ISSUER, clock });

async function keysOf(secrets: readonly string[]): Promise<readonly { readonly kid: string; readonly x: string }[]> {
  const route = keysRoute(signingKeys(createKeyring(secrets)), manualClock());
  const request = { method: "GET", target: "/auth/keys", origin: ISSUER, header: () => undefined, body: async () => "" };
  const exchange: Parameters<typeof route.endpoint>[1] = JSON.parse("{}");
  const answer = await route.endpoint(request, exchange);
  assert.equal(answer.status, 200);
  assert.deepEqual(Object.fromEntries(answer.headers)["cache-control"], "public, max-age=300");
  return JSON.parse(answer.body).keys;
}

test("CR-09 CR-13 every replica publishes the same keys, the signing one first, and no private part", async () => {
  const keys = await keysOf([A, B]);
  assert.deepEqual(keys, await keysOf([A, B]));
  assert.deepEqual(
    keys.map(({ kid }) => kid).toReversed(),
    (await keysOf([B, A])).map(({ kid }) => kid),
  );
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, 2);
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "use", "x"]);
    assert.equal(key.kid, hash("sha256", JSON.stringify({ crv: "Ed25519", kty: "OKP", x: key.x }), "base64url"));
  }
});

test("RFC 8037 A.3 the thumbprint of the example key is the one of the example", () => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  const thumbprint = hash("sha256", JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }), "base64url");
  assert.equal(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x, kid } = publishedKey(privateKey, "EdDSA");
  assert.equal(kid, hash("sha256", `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, "base64url"));
});

test("CR-06 the signing key is of a purpose of its own, and of one secret alone", () => {
  const keys = [A, B].map((secret) => createKeyring([secret]).signingKeys()[0]?.key.export({ format: "jwk" })["d"]);
  assert.equal(new Set([...keys, A, B]).size, 4);
});

test("ID-17 an assertion says who, for whom, how long, and of what kind it is", () => {
  const clock = manualClock(1_800_000_100_900);
  const token = signerOf([A], clock).sign({ ...SUBJECT, groups: ["staff"] });
  const [header, payload, signature] = partsOf(token);
  const key = createKeyring([A]).signingKeys()[0]?.key;
  assert.ok(key !== undefined && signature !== undefined && payload !== undefined);
  assert.deepEqual(JSON.parse(header?.toString() ?? ""), {
    alg: "EdDSA",
    typ: "coatcheck-assertion+jwt",
    kid: publishedKey(key, "EdDSA").kid,
  });
  assert.deepEqual(JSON.parse(payload.toString()), {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: OWNER,
    idp: IDENTITY.issuer,
    idp_sub: "alice",
    auth_time: 1_800_000_000,
    email: "alice@example.com",
    email_verified: true,
    name: "Alice Müller",
    groups: ["staff"],
    iat: 1_800_000_100,
    exp: 1_800_000_700,
  });
  assert.ok(verify(null, Buffer.from(token.slice(0, token.lastIndexOf("."))), createPublicKey(key), signature));
});

test("S-28 an assertion is made once while it says the same, and anew at half of its life", () => {
  const clock = manualClock();
  const signer = signerOf([A], clock);
  const groups = ["staff"];
  const first = signer.sign({ ...SUBJECT, groups });
  clock.advance(200_000);
  assert.equal(signer.sign({ ...SUBJECT, groups }), first);
  const fresh = { ...IDENTITY, claims: { ...IDENTITY.claims } };
  assert.equal(signer.sign({ ...SUBJECT, identity: fresh, groups: [...groups] }), first, "another object that says the same");
  const renamed = { ...IDENTITY, claims: { ...IDENTITY.claims, name: "Alice Meier" } };
  assert.equal(payloadOf(signer.sign({ ...SUBJECT, identity: renamed, groups })).name, "Alice Meier");
  assert.deepEqual(payloadOf(signer.sign({ ...SUBJECT, identity: renamed, groups: [] })).groups, undefined);
  const second = signer.sign({ ...SUBJECT, groups });
  clock.advance(299_999);
  assert.equal(signer.sign({ ...SUBJECT, groups }), second);
  clock.advance(1);
  const third = signer.sign({ ...SUBJECT, groups });
  assert.ok(payloadOf(third).exp > payloadOf(second).exp);
  clock.setNow(clock.now() - 3_600_000);
  assert.ok(
    payloadOf(signer.sign({ ...SUBJECT, groups })).exp < payloadOf(third).exp,
    "a clock that was set back makes no old one good",
  );
});

test("CR-08 what an older key signed is not handed out any more once another one signs", () => {
  const keys = keysInUse({ secrets: [A] }, systemEntropy);
  const signer = assertionSigner({ keys: keys.signing, issuer: ISSUER, clock: manualClock() });
  const kidOf = (token: string): string => JSON.parse(partsOf(token)[0]?.toString() ?? "").kid;
  const first = signer.sign(SUBJECT);
  keys.change({ secrets: [A, B] });
  assert.equal(signer.sign(SUBJECT), first);
  keys.change({ secrets: [B, A] });
  const second = signer.sign(SUBJECT);
  assert.deepEqual([kidOf(first), kidOf(second)], [keys.names(0).verifies[1], keys.names(0).signs]);
});

test("S-28 no audience gets another's assertion, and no owner another's", () => {
  const signer = signerOf([A]);
  const seen = new Map<string, string>();
  for (let round = 0; round < 2; round++) {
    for (const audience of ["http://one", "http://two"]) {
      for (const owner of ["https://id.example.com alice", "https://id.example.com bob", "https://other.example.com alice"]) {
        const token = signer.sign({ identity: IDENTITY, owner, audience });
        assert.deepEqual([payloadOf(token).aud, payloadOf(token).sub], [audience, owner]);
        seen.set(`${audience} ${owner}`, token);
      }
    }
  }
  assert.equal(new Set(seen.values()).size, 6);
  for (let index = 0; index < 5_000; index++) {
    assert.equal(payloadOf(signer.sign({ ...SUBJECT, owner: `user ${index}` })).sub, `user ${index}`);
  }
});

test("an owner too long for a subject is told by its hash, and a header has room for what is told", () => {
  const owner = `https://id.example.com ${"x".repeat(255)}`;
  const claims = { name: "n".repeat(2_000), email: "a@b.c" };
  const groups = Array.from({ length: 2_000 }, (_, index) => `group-${index}`);
  const token = signerOf([A]).sign({ identity: { ...IDENTITY, claims }, owner, audience: AUDIENCE, groups });
  const payload = payloadOf(token);
  assert.equal(payload.sub, hash("sha256", owner, "base64url"));
  assert.equal(payload.name, undefined);
  assert.equal(payload.email, "a@b.c");
  assert.ok(payload.groups.length > 100 && token.length < 8_192);
});

test("CR-08 TP-03 a library verifies what a replica signs, before, while and after the secret changes", async () => {
  const server = await keyServer();
  try {
    const clock = manualClock();
    const publish = async (secrets: readonly string[]) =>
      server.pages.set("/auth/keys", JSON.stringify({ keys: await keysOf(secrets) }));
    await publish([A]);
    const options = { vendor: "coatcheck", issuer: ISSUER, audience: AUDIENCE, keys: `${server.origin}/auth/keys` } as const;
    const reader = assertionVerifier(options, { clock });
    const judged = async (secrets: readonly string[], audience = AUDIENCE) =>
      reader.verify(signerOf(secrets, clock).sign({ ...SUBJECT, audience, groups: ["staff"] }), clock.now());
    const asserted = await judged([A]);
    assert.deepEqual(asserted.kind === "asserted" ? asserted.identity : asserted, {
      issuer: ISSUER,
      subject: OWNER,
      claims: {
        sub: OWNER,
        idp: IDENTITY.issuer,
        idp_sub: "alice",
        auth_time: 1_800_000_000,
        email: "alice@example.com",
        email_verified: true,
        name: "Alice Müller",
        groups: ["staff"],
      },
      authenticatedAt: 1_800_000_000_000,
      method: "proxy",
    });
    assert.equal((await judged([A], "http://other")).kind, "invalid");
    assert.equal((await judged([B])).kind, "invalid");
    clock.advance(60_000);
    await publish([A, B]);
    assert.equal((await judged([A, B])).kind, "asserted");
    assert.equal((await judged([B, A])).kind, "asserted");
    await publish([B]);
    clock.advance(601_000);
    assert.equal((await judged([B])).kind, "asserted");
    assert.equal((await judged([A])).kind, "invalid");
  } finally {
    await server.close();
  }
});
