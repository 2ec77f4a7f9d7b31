import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { systemEntropy } from "./entropy.ts";
import { createKeyring } from "./keyring.ts";
import { type KeysInUse, keysInUse } from "./keys-in-use.ts";
import { signingKeys } from "./signing/signing-keys.ts";

const [OLD = "", NEW = ""] = [0, 1].map(() => randomBytes(32).toString("base64url"));
const made = (secrets: readonly string[]): KeysInUse => keysInUse({ secrets }, systemEntropy);
const kidsOf = (keys: KeysInUse): readonly string[] =>
  JSON.parse(keys.signing.published(0)).keys.map(({ kid }: { kid: string }) => kid);

test("S-64 CR-08 keys change in one step; what was sealed or signed by one that stays is good", () => {
  const keys = made([OLD]);
  const { keyring, signing } = keys;
  const sealed = keyring.seal("tokens", "text", "id");
  const before = { kid: signing.signs.kid, hash: keyring.deriveHash("address", "::1") };
  keys.change({ secrets: [NEW, OLD] });
  assert.deepEqual(keyring.open("tokens", sealed, "id"), { kind: "opened", plaintext: "text" });
  assert.deepEqual([keyring.isCurrent(sealed), keyring.isCurrent(keyring.seal("tokens", "", ""))], [false, true]);
  const fresh = createKeyring([NEW, OLD]);
  assert.deepEqual(keyring.keyIds, fresh.keyIds);
  assert.deepEqual(kidsOf(keys), kidsOf(made([NEW, OLD])));
  assert.equal(kidsOf(keys)[1], before.kid);
  assert.notEqual(keyring.deriveHash("address", "::1"), before.hash);
  assert.equal(keyring.signingKeys("ES256").length, 2);
  assert.deepEqual(
    keyring.usage().map(({ keyId }) => keyId),
    fresh.keyIds.opens,
  );
  assert.deepEqual(keys.names(0), { ...fresh.keyIds, signs: signing.signs.kid, verifies: kidsOf(keys) });
  keys.change({ secrets: [NEW] });
  assert.equal(keyring.open("tokens", sealed, "id").kind, "unknown-key");
});

test("S-64 keys that cannot be used are refused, and those of before go on", () => {
  const keys = made([OLD]);
  const before = keys.names(0);
  for (const [changed, code] of [
    [{ secrets: ["changeme"] }, "ERR_SECRET"],
    [{ secrets: undefined }, "ERR_SECRET"],
    [{ secrets: [NEW], signing: { keys: ["nothing"] } }, "ERR_CONFIG"],
  ] as const) {
    assert.throws(
      () => keys.change(changed),
      (error) => error instanceof Error && "code" in error && error.code === code,
    );
    assert.deepEqual(keys.names(0), before);
  }
});

test("S-59 the way of signing stays until it is changed too", () => {
  const keys = keysInUse({ secrets: OLD, signing: { keys: ["ES256"] } }, systemEntropy);
  keys.change({ secrets: NEW });
  assert.equal(keys.signing.signs.alg, "ES256");
  const token = keys.signing.sign({}, { sub: "alice" }).split(".");
  const [header = "", payload = "", signature = ""] = token;
  const isSigned = (): boolean =>
    keys.signing.isSigned(keys.signing.signs, `${header}.${payload}`, Buffer.from(signature, "base64url"), 0);
  assert.equal(isSigned(), true);
  keys.change({ secrets: NEW, signing: { keys: ["Ed25519"] } });
  assert.deepEqual(keys.signing.signs, signingKeys(createKeyring(NEW), { keys: ["Ed25519"] }).signs);
  keys.change({ secrets: OLD });
  assert.equal(keys.signing.signs.alg, "Ed25519");
  assert.deepEqual([isSigned(), keys.signing.verifies(0)], [false, kidsOf(keys)]);
});
