import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { createKeyring } from "../keyring.ts";
import { ed25519Key } from "./derived-keys.ts";
import { publishedKey } from "./published-key.ts";
import { type AudienceKeys, type SigningKeys, signingKeys } from "./signing-keys.ts";

const A = "pZsb0WG1ehJS4A6tQ8TzC9r1Lh7mYxkVfNq2Uo5dEwI";
const B = "Xc3vB7nM1qW5eR9tY2uI6oP0aS4dF8gH3jK7lZ1xCvQ";
const NOW = Date.parse("2026-06-01T00:00:00Z");
const OWN: AudienceKeys = new Map([
  ["agent", "ES256"],
  ["user", "EdDSA"],
]);

const set = (secrets: readonly string[] = [A], audiences = OWN): SigningKeys =>
  signingKeys(createKeyring(secrets), {}, audiences);
const published = (keys: SigningKeys): readonly { readonly kid: string; readonly alg: string }[] =>
  JSON.parse(keys.published(NOW)).keys;

/** Whether a token counts for an audience. */
function counts(keys: SigningKeys, token: string, audience: string): boolean {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const hint = JSON.parse(Buffer.from(header, "base64url").toString());
  return keys.isSigned(hint, `${header}.${payload}`, Buffer.from(signature, "base64url"), NOW, audience);
}

test("CR-13 JT-07 an audience has keys of its own, on every replica the same, published as the last", async () => {
  const keys = set();
  assert.equal(set().published(NOW), keys.published(NOW));
  const [common, agent, user] = published(keys);
  assert.deepEqual([common?.alg, agent?.alg, user?.alg], ["EdDSA", "ES256", "EdDSA"]);
  assert.deepEqual(
    [keys.signs.kid, keys.signer("other"), keys.signer("agent"), keys.signer("user")],
    [common, common, agent, user].map((key) => key?.kid),
  );
  const label = Buffer.from("coatcheck/v1/sign/user");
  const seed = hkdfSync("sha256", Buffer.from(A, "base64url"), Buffer.alloc(0), label, 32);
  assert.equal(user?.kid, publishedKey(ed25519Key(Buffer.from(seed)), "EdDSA").kid);
  for (const audience of ["agent", "user", "other"]) {
    const token = keys.sign({ typ: "at+jwt" }, { sub: "alice" }, audience);
    const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(JSON.parse(keys.published(NOW))));
    assert.equal(protectedHeader.kid, keys.signer(audience));
  }
});

test("JT-06 JT-07 the key of one audience signs nothing for another; the common ones count for all", () => {
  const keys = set();
  const matrix = ["agent", "user", "other"].map((audience) => {
    const token = keys.sign({ typ: "at+jwt" }, { sub: "alice" }, audience);
    return ["agent", "user", "other"].map((asked) => counts(keys, token, asked));
  });
  assert.deepEqual(matrix, [
    [true, false, false],
    [false, true, false],
    [true, true, true],
  ]);
});

test("CR-08 an audience's key verifies while its secret is in the list, and no longer", () => {
  const token = set([A]).sign({ typ: "at+jwt" }, { sub: "alice" }, "agent");
  assert.deepEqual(
    [[A, B], [B, A], [B]].map((secrets) => counts(set(secrets), token, "agent")),
    [true, true, false],
  );
  assert.equal(published(set([A, B])).length, 6);
});
