import assert from "node:assert/strict";
import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import type { Keyring } from "./keyring.ts";
import { createKeyring } from "./keyring.ts";
import { signingKeys } from "./signing/signing-keys.ts";

const secret = (): string => randomBytes(32).toString("base64url");
const [old, fresh, foreign] = [secret(), secret(), secret()];
const INVALID = { kind: "invalid" } as const;
const UNKNOWN_KEY = { kind: "unknown-key" } as const;
const opened = (plaintext: string) => ({ kind: "opened", plaintext }) as const;

test("CR-03 what was sealed opens, whatever text it is, and is different each time", () => {
  const keyring = createKeyring(old);
  const text = fc.string({ unit: "grapheme", maxLength: 300 });
  fc.assert(
    fc.property(text, text, (plaintext, context) => {
      const sealed = keyring.seal("tokens", plaintext, context);
      assert.match(sealed, /^v1\.[A-Za-z0-9_-]{4}\.[A-Za-z0-9_-]+$/);
      assert.notEqual(sealed, keyring.seal("tokens", plaintext, context));
      assert.deepEqual(keyring.open("tokens", sealed, context), opened(plaintext));
    }),
  );
  const large = JSON.stringify({ token: randomBytes(20_000).toString("hex") });
  assert.deepEqual(keyring.open("tokens", keyring.seal("tokens", large, "id"), "id"), opened(large));
});

test("CR-03 A-39 every flipped bit of a sealed value, and every cut, reads as one and the same: nothing", () => {
  const keyring = createKeyring([old, fresh]);
  const sealed = keyring.seal("login", '{"state":"abc"}', "name");
  const bytes = Buffer.from(sealed);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const inKeyId = bit >> 3 >= 3 && bit >> 3 < 7;
    assert.deepEqual(keyring.open("login", changed.toString("latin1"), "name"), inKeyId ? UNKNOWN_KEY : INVALID, `bit ${bit}`);
  }
  for (let length = 0; length < sealed.length; length++) {
    assert.notEqual(keyring.open("login", sealed.slice(0, length), "name").kind, "opened");
  }
});

test("A-47 a sealed value has one spelling", () => {
  const keyring = createKeyring(old);
  for (let length = 0; length < 6; length++) {
    const sealed = keyring.seal("tokens", "x".repeat(length), "id");
    for (const other of [`${sealed}=`, `${sealed}==`, `${sealed}A`, `${sealed} `, `${sealed}\n`, `${sealed}!`, ` ${sealed}`]) {
      assert.deepEqual(keyring.open("tokens", other, "id"), INVALID, JSON.stringify(other));
    }
    for (const last of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
      const other = sealed.slice(0, -1) + last;
      assert.equal(keyring.open("tokens", other, "id").kind === "opened", other === sealed);
    }
  }
});

test("S-37 from its date on a secret opens nothing, and is named, derives and verifies no more", () => {
  const until = Date.parse("2027-03-01T00:00:00Z");
  let time = until - 1;
  const keyring = createKeyring([fresh, `${old} until 2027-03-01T00:00:00Z`], { now: () => time });
  const sealed = createKeyring(old).seal("tokens", "text", "id");
  const all = createKeyring([fresh, old]);
  assert.deepEqual(keyring.open("tokens", sealed, "id"), opened("text"));
  assert.deepEqual(keyring.keyIds, all.keyIds);
  assert.deepEqual(keyring.deriveHashes("refresh", "x"), all.deriveHashes("refresh", "x"));
  const signing = signingKeys(keyring);
  assert.deepEqual(signing.verifies(until - 1), signingKeys(all).verifies(0));
  time = until;
  assert.deepEqual(keyring.open("tokens", sealed, "id"), UNKNOWN_KEY);
  const alone = createKeyring(fresh);
  assert.deepEqual(keyring.keyIds, alone.keyIds);
  assert.deepEqual(keyring.deriveHashes("refresh", "x"), alone.deriveHashes("refresh", "x"));
  assert.deepEqual(signing.verifies(until), signingKeys(alone).verifies(0));
  assert.equal(signing.published(until), signingKeys(alone).published(0));
});

test("A-42 open never throws, whatever it is given", () => {
  const keyring = createKeyring(old);
  const start = `v1.${keyring.keyIds.seals}.`;
  const text = fc.string({ unit: "binary", maxLength: 200 });
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        text.map((rest) => start + rest),
      ),
      text,
      (sealed, context) => {
        assert.notEqual(keyring.open("tokens", sealed, context).kind, "opened");
      },
    ),
  );
  for (const sealed of [
    "",
    "v1",
    "v1.",
    "v2.abcd.AAAA",
    start,
    `${start}AAAA`,
    start + "A".repeat(100_000),
    `${start}.${start}`,
  ]) {
    assert.notEqual(keyring.open("tokens", sealed, "").kind, "opened");
  }
});

test("CR-04 what was sealed for one purpose or context opens for no other", () => {
  const keyring = createKeyring(old);
  const login = keyring.seal("login", "text", "__Host-Http-coatcheck.login.aaaaaaaaaaa");
  assert.deepEqual(keyring.open("tokens", login, "__Host-Http-coatcheck.login.aaaaaaaaaaa"), INVALID);
  assert.deepEqual(keyring.open("login", login, "__Host-Http-coatcheck.login.aaaaaaaaaab"), INVALID);
  assert.deepEqual(keyring.open("login", login, ""), INVALID);
  assert.deepEqual(keyring.open("login", login.replace(/^v1/, "v2"), "__Host-Http-coatcheck.login.aaaaaaaaaaa"), INVALID);
});

test("A-37 no two contexts are bound alike, however they are cut", () => {
  const keyring = createKeyring(old);
  const part = fc.string({ unit: fc.constantFrom("0", "1", "2", ":", "a", "é", "😀"), maxLength: 6 });
  fc.assert(
    fc.property(part, part, (context, other) => {
      const sealed = keyring.seal("tokens", "text", context);
      assert.equal(keyring.open("tokens", sealed, other).kind === "opened", context === other);
    }),
  );
  assert.throws(() => keyring.seal("tokens", "text", "\ud800"), TypeError);
  assert.deepEqual(keyring.open("tokens", keyring.seal("tokens", "text", "\ufffd"), "\ud800"), INVALID);
});

test("CR-05 a sealed value carries 192 fresh random bits, and uses are counted", () => {
  const keyring = createKeyring([old, fresh]);
  const nonces = new Set<string>();
  for (let round = 0; round < 20_000; round++) {
    nonces.add(
      Buffer.from(keyring.seal("tokens", "", "").slice(8), "base64url")
        .subarray(0, 24)
        .toString("hex"),
    );
  }
  assert.equal(nonces.size, 20_000);
  keyring.open("tokens", createKeyring(fresh).seal("tokens", "", ""), "");
  keyring.open("tokens", `v1.${keyring.keyIds.seals}.AAAA`, "");
  const [first = "", second = ""] = keyring.keyIds.opens;
  assert.deepEqual(keyring.usage(), [
    { keyId: first, seals: 20_000, opens: 0 },
    { keyId: second, seals: 0, opens: 1 },
  ]);
});

test("S-08 nothing is sealed without randomness", () => {
  const broken = {
    bytes(): Uint8Array {
      throw new Error("no randomness");
    },
  };
  assert.throws(() => createKeyring(old, { entropy: broken }).seal("tokens", "text", "id"), /no randomness/);
});

test("CR-06 keys come from HKDF-SHA256 with the label coatcheck/v1/<purpose>, and only from there", () => {
  const derive = (label: string): Buffer => Buffer.from(hkdfSync("sha256", Buffer.from(old, "base64url"), "", label, 32));
  const keyring = createKeyring(old);
  const id = createHmac("sha256", derive("coatcheck/v1/kid")).update("kid").digest("base64url").slice(0, 4);
  assert.equal(keyring.keyIds.seals, id);
  const hashed = createHmac("sha256", derive("coatcheck/v1/address")).update("203.0.113.7").digest("base64url");
  assert.equal(keyring.deriveHash("address", "203.0.113.7"), hashed);
  assert.notEqual(createKeyring(fresh).deriveHash("address", "203.0.113.7"), hashed);
});

test("CR-08 S-37 in each phase of a rotation every replica opens what any sealed; removal ends it", () => {
  const phases: readonly (readonly string[])[] = [[old], [old, fresh], [fresh, old], [fresh]];
  const [before, added, promoted, removed] = phases.map((secrets) => createKeyring(secrets));
  assert.ok(before && added && promoted && removed);
  const exchange = (...replicas: readonly Keyring[]): void => {
    for (const from of replicas) {
      const sealed = from.seal("tokens", "text", "id");
      for (const to of replicas) assert.deepEqual(to.open("tokens", sealed, "id"), opened("text"));
    }
  };
  exchange(before, added);
  exchange(added, promoted);
  exchange(promoted, removed);
  const sealedBefore = before.seal("tokens", "text", "id");
  assert.deepEqual(promoted.open("tokens", sealedBefore, "id"), opened("text"));
  assert.deepEqual(removed.open("tokens", sealedBefore, "id"), UNKNOWN_KEY);
  assert.deepEqual(before.open("tokens", promoted.seal("tokens", "text", "id"), "id"), UNKNOWN_KEY);
});

test("CR-09 S-39 replicas with the same secrets agree on keys and ids; with another secret nothing opens", () => {
  const [a, b] = [createKeyring([old, fresh]), createKeyring(`${old},${fresh}`)];
  assert.deepEqual(a.keyIds, b.keyIds);
  assert.equal(a.deriveHash("address", "::1"), b.deriveHash("address", "::1"));
  assert.deepEqual(b.open("login", a.seal("login", "text", "name"), "name"), opened("text"));
  assert.deepEqual(createKeyring(foreign).open("login", a.seal("login", "text", "name"), "name"), UNKNOWN_KEY);
});

test("CR-10 the key is the one that the value names: another that could open it is not tried", () => {
  const keyring = createKeyring([old, fresh]);
  const [first = "", second = ""] = keyring.keyIds.opens;
  const sealed = keyring.seal("tokens", "text", "id");
  assert.deepEqual(keyring.open("tokens", sealed.replace(first, second), "id"), INVALID);
  assert.deepEqual(keyring.open("tokens", sealed.replace(first, "????"), "id"), UNKNOWN_KEY);
  assert.equal(
    keyring.usage().every(({ opens }) => opens === 0),
    true,
  );
});

test("CR-12 the sealed length tells the plaintext's length alone: nothing is compressed", () => {
  const keyring = createKeyring(old);
  for (const length of [0, 1, 2, 3, 100, 1000, 5000]) {
    const repeated = keyring.seal("tokens", "a".repeat(length), "id");
    const random = keyring.seal(
      "tokens",
      randomBytes(length)
        .toString("latin1")
        .replace(/[^\x20-\x7e]/g, "~"),
      "id",
    );
    assert.equal(repeated.length, random.length);
    assert.equal(repeated.length, "v1.abcd.".length + Math.ceil(((24 + length + 16) * 4) / 3));
  }
});

test("S-40 key ids are short, name the first as the one that seals, and a keyring shows nothing else", () => {
  const keyring = createKeyring([old, fresh]);
  assert.equal(keyring.keyIds.opens.length, 2);
  assert.equal(keyring.keyIds.seals, keyring.keyIds.opens[0]);
  for (const id of keyring.keyIds.opens) assert.match(id, /^[A-Za-z0-9_-]{4}$/);
  keyring.seal("tokens", "text", "id");
  const shown = inspect(keyring, { depth: 9, showHidden: true }) + JSON.stringify(keyring);
  for (const text of [old, fresh, Buffer.from(old, "base64url").toString("hex")]) assert.equal(shown.includes(text), false);
});
