import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pooledEntropy, systemEntropy } from "./entropy.ts";
import { ProvenSecrets } from "./proven-secrets.ts";
import { mintSecret, PresentedTicket } from "./ticket.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

/** A ticket with this secret, within a text as they come. */
function shown(secret: string): PresentedTicket {
  const before = `theme=dark; ticket=${"A".repeat(22)}.`;
  return new PresentedTicket("A".repeat(22), `${before}${secret}; other=1`, before.length);
}

/** A secret, and what it proved. */
function proved(proven: ProvenSecrets, now = NOW): { readonly row: { version: number }; readonly secret: string } {
  const secret = mintSecret(systemEntropy);
  const row = { version: 1 };
  proven.add(row, shown(secret), now);
  return { row, secret };
}

test("a secret is recognised for the row that it proved, and for no other", () => {
  const proven = new ProvenSecrets();
  const one = proved(proven);
  const other = proved(proven);
  assert.equal(proven.has(one.row, shown(one.secret), NOW), true);
  assert.equal(proven.has(other.row, shown(one.secret), NOW), false);
  // The same content is not the same row: what changed is another object, and has to be proved anew.
  assert.equal(proven.has({ ...one.row }, shown(one.secret), NOW), false);
});

test("S-09 a secret is not recognised for a row that was changed in its place", () => {
  const proven = new ProvenSecrets();
  const { row, secret } = proved(proven);
  row.version++;
  assert.equal(proven.has(row, shown(secret), NOW), false);
});

test("CR-02 CR-11 no other text is recognised, not even one whose two differences make up for each other", () => {
  const proven = new ProvenSecrets();
  const { row, secret } = proved(proven);
  const codes = [...secret].map((character) => character.charCodeAt(0));
  const told = (changed: readonly number[]): boolean => proven.has(row, shown(String.fromCharCode(...changed)), NOW);
  assert.equal(told(codes), true);
  for (let at = 0; at < codes.length; at++) {
    for (let code = 0; code < 256; code++) {
      if (code !== codes[at]) assert.equal(told(codes.with(at, code)), false, `${at} ${code}`);
    }
    for (let other = 0; other < at; other++) {
      assert.equal(told(codes.with(at, codes[other] ?? 0).with(other, codes[at] ?? 0)), codes[at] === codes[other]);
      assert.equal(told(codes.with(at, (codes[at] ?? 0) + 1).with(other, (codes[other] ?? 0) - 1)), false);
    }
  }
  fc.assert(
    fc.property(
      fc.string({ unit: "binary-ascii", minLength: 43, maxLength: 43 }),
      (text) => text === secret || !proven.has(row, shown(text), NOW),
    ),
  );
  const units = fc.array(fc.nat(0xffff), { minLength: 43, maxLength: 43 });
  fc.assert(fc.property(units, (text) => !told(text)));
});

test("texts of other characters than a secret's are never recognised, whatever the sums say of them", () => {
  const proven = new ProvenSecrets();
  const { row, secret } = proved(proven);
  // Two characters make a word: these are other characters, and the same words.
  for (let at = 0; at < 42; at += 2) {
    const [first, second] = [secret.charCodeAt(at), secret.charCodeAt(at + 1)];
    const same = secret.slice(0, at) + String.fromCharCode(first - 1, second + 128) + secret.slice(at + 2);
    assert.equal(proven.has(row, shown(same), NOW), false, String(at));
  }
  // Numbers that are all zero make all sums alike.
  const blind = new ProvenSecrets(pooledEntropy(() => {}));
  blind.add(row, shown(secret), NOW);
  for (const text of [`\u0080${secret.slice(1)}`, `${secret.slice(1)}\u0100`, "\ud800".repeat(43)]) {
    assert.equal(blind.has(row, shown(text), NOW), false, text);
  }
});

test("each of the four sums tells texts apart by itself", () => {
  for (let sum = 0; sum < 4; sum++) {
    const proven = new ProvenSecrets({
      bytes(length) {
        const bytes = new Uint8Array(length);
        for (let at = sum * 4; at < length; at += 16) bytes[at + 3] = 1;
        return bytes;
      },
    });
    const { row, secret } = proved(proven);
    assert.equal(proven.has(row, shown(secret), NOW), true);
    assert.equal(proven.has(row, shown(`${secret.startsWith("A") ? "B" : "A"}${secret.slice(1)}`), NOW), false, String(sum));
  }
});

test("CR-02 of a secret no more is kept than what the prime leaves of each sum, and that is exact", () => {
  const prime = 2 ** 31 - 1;
  // Numbers for the words in turn, the same for all four sums.
  const proven = (numbers: readonly number[]): ProvenSecrets =>
    new ProvenSecrets({
      bytes(length) {
        const bytes = new Uint8Array(length);
        const view = new DataView(bytes.buffer);
        for (let index = 0; index * 4 < length; index++)
          view.setUint32(index * 4, numbers[Math.floor(index / 4)] ?? numbers.at(-1) ?? 0);
        return bytes;
      },
    });
  const row = { version: 1 };
  const text = (first: number, second: number): PresentedTicket =>
    shown(`\0${String.fromCharCode(first)}\0${String.fromCharCode(second)}${"\u007f".repeat(39)}`);
  // Two of the first are one more than the prime: as much as one of the second.
  const few = proven([(prime + 1) / 2, 1, 0]);
  few.add(row, text(2, 0), NOW);
  assert.equal(few.has(row, text(0, 1), NOW), true);
  assert.equal(few.has(row, text(0, 2), NOW), false);
  assert.equal(few.has(row, text(0, 0), NOW), false);
  // Next to the largest sums one still counts.
  const many = proven([prime - 1, 1, prime - 1]);
  many.add(row, text(127, 5), NOW);
  assert.equal(many.has(row, text(127, 5), NOW), true);
  for (const other of [0, 4, 6, 7]) assert.equal(many.has(row, text(127, other), NOW), false, String(other));
  // What is as much as the prime leaves nothing.
  const none = proven([prime, 0]);
  none.add(row, text(9, 0), NOW);
  assert.equal(none.has(row, text(0, 0), NOW), true);
});

test("what was proved is forgotten after a minute, with its numbers, and when the clock is set back", () => {
  let fills = 0;
  const proven = new ProvenSecrets({
    bytes(length) {
      fills++;
      return systemEntropy.bytes(length);
    },
  });
  const { row, secret } = proved(proven);
  assert.equal(proven.has(row, shown(secret), NOW + MINUTE - 1), true);
  assert.equal(proven.has(row, shown(secret), NOW + MINUTE), false);
  assert.equal(proven.has(row, shown(secret), NOW - 1), false);
  assert.equal(fills, 1);
  const later = proved(proven, NOW + MINUTE);
  assert.equal(fills, 2);
  assert.equal(proven.has(row, shown(secret), NOW + MINUTE), false);
  assert.equal(proven.has(later.row, shown(later.secret), NOW + MINUTE), true);
});

test("what was proved before is forgotten even if the numbers come again", () => {
  const proven = new ProvenSecrets(pooledEntropy((target) => target.fill(7)));
  const { row, secret } = proved(proven);
  proved(proven, NOW + MINUTE);
  assert.equal(proven.has(row, shown(secret), NOW + MINUTE), false);
});

test("the bytes that the numbers were made of are wiped", () => {
  const taken: Uint8Array[] = [];
  const proven = new ProvenSecrets({
    bytes(length) {
      const bytes = systemEntropy.bytes(length);
      taken.push(bytes);
      return bytes;
    },
  });
  proved(proven);
  assert.equal(taken.length, 1);
  for (const bytes of taken) assert.ok(bytes.every((byte) => byte === 0));
});
