import assert from "node:assert/strict";
import { createHmac, createPublicKey, generateKeyPairSync, hkdfSync, randomBytes } from "node:crypto";
import { test } from "node:test";
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from "jose";
import type { SigningOptions } from "../../contracts.ts";
import { createKeyring } from "../keyring.ts";
import { P256_BYTES, p256Key } from "./derived-keys.ts";
import { publishedKey } from "./published-key.ts";
import { type SigningKeys, signingKeys } from "./signing-keys.ts";

const A = "pZsb0WG1ehJS4A6tQ8TzC9r1Lh7mYxkVfNq2Uo5dEwI";
const B = "Xc3vB7nM1qW5eR9tY2uI6oP0aS4dF8gH3jK7lZ1xCvQ";
const NOW = Date.parse("2026-06-01T00:00:00Z");
const DAY = 86_400_000;

const ed = generateKeyPairSync("ed25519").privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const pem = (key: typeof ed): string => key.export({ format: "pem", type: "pkcs8" }).toString();
const publicPem = (key: typeof ed): string => createPublicKey(key).export({ format: "pem", type: "spki" }).toString();

const set = (options: SigningOptions = {}, secrets: readonly string[] = [A, B]): SigningKeys =>
  signingKeys(createKeyring(secrets), options);
const jwksOf = (keys: SigningKeys, now = NOW) => JSON.parse(keys.published(now));
const kidsOf = (keys: SigningKeys, now = NOW): readonly string[] => jwksOf(keys, now).keys.map(({ kid }: { kid: string }) => kid);

/** The parts of a token, as one who verifies it has them. */
function judged(keys: SigningKeys, token: string, now = NOW, change: { alg?: string; kid?: string | null } = {}): boolean {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const hint = { ...JSON.parse(Buffer.from(header, "base64url").toString()), ...change };
  return keys.isSigned(hint, `${header}.${payload}`, Buffer.from(signature, "base64url"), now);
}

/** A token of before, by a key that we do not sign with. */
function hs256(secret: Buffer, header: object): string {
  const input = [header, { sub: "alice" }].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

const WAYS: readonly (readonly [name: string, options: SigningOptions, alg: string])[] = [
  ["EdDSA", {}, "EdDSA"],
  ["Ed25519", { keys: ["Ed25519"] }, "Ed25519"],
  ["ES256", { keys: ["ES256"] }, "ES256"],
  ["Ed25519 as PEM", { keys: [pem(ed)] }, "EdDSA"],
  ["P-256 as JWK", { keys: [ec.export({ format: "jwk" })] }, "ES256"],
  ["RSA as the text of a JWK set", { keys: [JSON.stringify({ keys: [rsa.export({ format: "jwk" })] })] }, "RS256"],
];
for (const [name, options, alg] of WAYS) {
  test(`CR-13 JT-07 what is signed is verified by the published set, by its thumbprint: ${name}`, async () => {
    const keys = set(options);
    const token = keys.sign({ typ: "at+jwt" }, { sub: "alice" });
    assert.deepEqual(keys.signs, { alg, kid: kidsOf(keys)[0] });
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwksOf(keys)));
    assert.deepEqual([payload.sub, protectedHeader], ["alice", { typ: "at+jwt", ...keys.signs }]);
    for (const key of jwksOf(keys).keys) {
      assert.equal(key.kid, await calculateJwkThumbprint(key));
      assert.deepEqual([key.use, key.alg], ["sig", alg]);
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert.equal(secret in key, false, secret);
    }
    assert.equal(judged(keys, token), true);
    assert.equal(judged(keys, `${token.slice(0, -8)}AAAAAAAA`), false);
  });
}

test("CR-13 an ES256 key is 48 bytes of HKDF modulo n - 1, plus 1, also at its ends", () => {
  const order = BigInt(`0x${"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"}`);
  const dOf = (key: ReturnType<typeof p256Key>): bigint =>
    BigInt(`0x${Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url").toString("hex")}`);
  const bytes = Buffer.from(hkdfSync("sha256", Buffer.from(A, "base64url"), "", "coatcheck/v1/sign-es256", P256_BYTES));
  const expected = (BigInt(`0x${bytes.toString("hex")}`) % (order - 1n)) + 1n;
  const [derived] = createKeyring(A).signingKeys("ES256");
  assert.ok(derived !== undefined);
  assert.equal(dOf(derived.key), expected);
  const padded = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(P256_BYTES * 2, "0"), "hex");
  assert.equal(dOf(p256Key(padded(0n))), 1n);
  assert.equal(dOf(p256Key(padded(order - 2n))), order - 1n);
  assert.equal(dOf(p256Key(padded(order - 1n))), 1n);
});

test("CR-09 S-37 every replica publishes the same bytes, the keys of all secrets, the signing one first", () => {
  for (const keys of [["EdDSA"], ["ES256"], ["EdDSA", "ES256", pem(rsa)]] as const) {
    assert.equal(set({ keys }).published(NOW), set({ keys }).published(NOW + 400 * DAY));
    assert.equal(set({ keys }).signs.kid, kidsOf(set({ keys }))[0]);
  }
  const [one, two] = [set({}, [A, B]), set({}, [B, A])];
  assert.deepEqual(kidsOf(one), kidsOf(two).toReversed());
  assert.equal(kidsOf(set({ keys: ["EdDSA", "ES256"] })).length, 4);
});

test("S-37 CR-08 in each phase of a rotation replicas verify what the others sign", () => {
  const phases = [[A], [A, B], [B, A], [B]].map((secrets) => set({}, secrets));
  for (const [index, phase] of phases.entries()) {
    for (const neighbour of phases.slice(Math.max(0, index - 1), index + 2)) {
      assert.ok(judged(neighbour, phase.sign({}, { sub: "alice" })), String(index));
    }
  }
  const [before, , , after] = phases;
  assert.equal(after === undefined || before === undefined ? undefined : judged(after, before.sign({}, {})), false);
});

test("S-59 a configured key takes the place of derived ones, unless these are named beside it", () => {
  const derived = set();
  const own = set({ keys: [pem(ed)] });
  assert.equal(judged(own, derived.sign({}, {})), false);
  assert.equal(kidsOf(own).length, 1);
  const steps = [derived, set({ keys: ["EdDSA", pem(ed)] }), set({ keys: [pem(ed), "EdDSA"] }), own];
  assert.deepEqual(
    steps.map(({ signs }) => signs.kid === own.signs.kid),
    [false, false, true, true],
  );
  for (const [index, step] of steps.entries()) {
    for (const other of steps.slice(Math.max(0, index - 1), index + 2))
      assert.ok(judged(other, step.sign({}, {})), String(index));
  }
});

const shared = randomBytes(32);
const OLD: readonly (readonly [name: string, key: string | JsonWebKey, token: string, published: boolean])[] = [
  ["Ed25519", publicPem(ed), set({ keys: [pem(ed)] }).sign({}, {}), true],
  ["ES256", createPublicKey(ec).export({ format: "jwk" }), set({ keys: [pem(ec)] }).sign({}, {}), true],
  ["RSA", publicPem(rsa), set({ keys: [pem(rsa)] }).sign({}, {}), true],
  ["HS256", { kty: "oct", k: shared.toString("base64url") }, hs256(shared, { alg: "HS256", kid: "old" }), false],
];
for (const [name, key, token, published] of OLD) {
  test(`S-59 an old key verifies until its date, signs nothing, and nameless tokens if told: ${name}`, () => {
    const until = new Date(NOW + DAY);
    const kid = published ? undefined : "old";
    const old = { key, until, ...(kid === undefined ? {} : { kid }) };
    const keys = set({ verify: [old] });
    assert.equal(keys.signs.kid, set().signs.kid);
    assert.equal(judged(keys, token, until.getTime() - 1), true);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const forged = Buffer.from(JSON.stringify({ sub: "mallory" })).toString("base64url");
    for (const other of [`${header}.${forged}.${signature}`, `${header}.${payload}.`, `${header}.${payload}.AAAA`]) {
      assert.equal(judged(keys, other), false, other);
    }
    assert.equal(judged(keys, token, until.getTime()), false);
    assert.equal(kidsOf(keys, until.getTime() - 1).length, published ? 3 : 2);
    assert.equal(kidsOf(keys, until.getTime()).length, 2);
    assert.deepEqual([keys.verifies(NOW).length, keys.verifies(until.getTime()).length], [3, 2]);
    assert.equal(judged(keys, token, NOW, { kid: null }), false, "its tokens have names");
    const nameless = set({ verify: [{ ...old, until: until.toISOString(), withoutKid: true }] });
    assert.equal(judged(nameless, token, NOW, { kid: null }), true);
    assert.equal(judged(nameless, token, until.getTime(), { kid: null }), false);
    assert.equal(judged(nameless, token, NOW, { kid: "unknown" }), false, "a name that is not its own");
    assert.equal(JSON.stringify(jwksOf(nameless)).includes(shared.toString("base64url")), false);
  });
}

test("JT-07 CR-10 the key is the one that is named, with its own algorithm; no other is tried", () => {
  const jwk = createPublicKey(rsa).export({ format: "jwk" });
  const keys = set({ keys: ["ES256", "EdDSA"], verify: [{ key: { ...jwk, kid: "rsa-2024" }, until: "2027-01-01" }] });
  const token = keys.sign({}, {});
  const [, , other = ""] = kidsOf(keys);
  for (const kid of ["unknown", "", other, null]) assert.equal(judged(keys, token, NOW, { kid }), false, String(kid));
  for (const alg of ["none", "HS256", "RS256", "EdDSA", "es256", ""]) assert.equal(judged(keys, token, NOW, { alg }), false, alg);
  const eddsa = set().sign({}, {});
  for (const alg of ["EdDSA", "Ed25519"]) assert.equal(judged(set(), eddsa, NOW, { alg }), true, alg);
  // A public key as if it were a shared one: the oldest confusion of algorithms.
  const confused = hs256(Buffer.from(publicPem(rsa)), { alg: "HS256", kid: "rsa-2024" });
  assert.equal(judged(keys, confused), false);
  assert.ok(kidsOf(keys).includes("rsa-2024"));
});

const REFUSED: readonly (readonly [name: string, options: SigningOptions, words: RegExp])[] = [
  ["none", { keys: [] }, /signing\.keys is empty/],
  ["no key", { keys: ["hello canary"] }, /signing\.keys\[0\] is neither PEM nor JSON/],
  ["a broken PEM", { keys: [pem(ed).replace(/MC/, "canary")] }, /signing\.keys\[0\] is no key that can be read/],
  ["a file half written", { keys: [pem(ed) + pem(ec).slice(0, -9)] }, /signing\.keys\[0\] is cut off/],
  ["public", { keys: ["EdDSA", publicPem(ed)] }, /signing\.keys\[1\] is no private key/],
  ["shared", { keys: [{ kty: "oct", k: A }] }, /signing\.keys\[0\] is no private key/],
  ["a short RSA key", { keys: [pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey)] }, /not used here/],
  ["another curve", { keys: [pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey)] }, /not used here/],
  ["another algorithm", { keys: [{ ...rsa.export({ format: "jwk" }), alg: "PS256" }] }, /for another algorithm than RS256/],
  ["for encryption", { keys: [{ ...ec.export({ format: "jwk" }), use: "enc" }] }, /not for signatures/],
  ["an empty set", { keys: ['{"keys":[]}'] }, /holds no key/],
  ["a list of texts", { keys: ['{"keys":["canary"]}'] }, /is no key/],
  ["the same twice", { keys: [pem(ed), pem(ed)] }, /two signing keys are called/],
  ["two names of one", { keys: ["EdDSA", "Ed25519"] }, /two signing keys are called/],
  ["a date in local time", { verify: [{ key: publicPem(ed), until: "2027-01-01T00:00:00" }] }, /until is no date with its zone/],
  ["no date", { verify: [{ key: publicPem(ed), until: "soon" }] }, /signing\.verify\[0\]\.until is no date/],
  ["a short shared key", { verify: [{ key: { kty: "oct", k: "canary" }, until: "2027-01-01" }] }, /shorter than 32 bytes/],
  ["two in one", { verify: [{ key: publicPem(ed) + publicPem(ec), until: "2027-01-01" }] }, /several keys/],
  [
    "two nameless of one kind",
    {
      verify: [ed, generateKeyPairSync("ed25519").privateKey].map((key) => ({
        key: publicPem(key),
        until: "2027-01-01",
        withoutKid: true,
      })),
    },
    /two EdDSA keys verify tokens without a kid/,
  ],
];
for (const [name, options, words] of REFUSED) {
  test(`S-59 what is no signing key is refused at start, and not quoted: ${name}`, () => {
    assert.throws(
      () => set(options),
      (error: Error) => {
        assert.match(error.message, words);
        assert.equal(/canary|BEGIN|"d"/.test(error.message), false, error.message);
        assert.equal(error.cause, undefined);
        return "code" in error && error.code === "ERR_CONFIG";
      },
    );
  });
}

test("RFC 7638 the thumbprint of the example of the RFC is the one of the example", () => {
  const n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
  const key = createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" });
  assert.equal(publishedKey(key, "RS256").kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
});
