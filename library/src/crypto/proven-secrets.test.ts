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

test("CR-02 CR-11 no other text is recognised: none that differs in one place, or in two that make up for one another, or at all", () => {
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
        for (let at = sum * 5; at < length; at += 20) bytes[at + 3] = 1;
        return bytes;
      },
    });
    const { row, secret } = proved(proven);
    assert.equal(proven.has(row, shown(secret), NOW), true);
    assert.equal(proven.has(row, shown(`${secret.startsWith("A") ? "B" : "A"}${secret.slice(1)}`), NOW), false, String(sum));
  }
});

test("the sums are exact: next to the largest words and numbers one bit of one word still counts", () => {
  const proven = new ProvenSecrets({
    bytes(length) {
      const bytes = new Uint8Array(length).fill(255);
      // Of the last word but one the numbers are 1.
      for (let sum = 0; sum < 4; sum++) bytes.set([0, 0, 0, 1, 0], length - 40 + sum * 5);
      return bytes;
    },
  });
  const row = { version: 1 };
  const text = (last: string): PresentedTicket => shown(`${"\u007f".repeat(41)}${last}\u007f`);
  proven.add(row, text("b"), NOW);
  assert.equal(proven.has(row, text("b"), NOW), true);
  for (const other of ["a", "c", "d"]) assert.equal(proven.has(row, text(other), NOW), false, other);
});

test("CR-02 of a secret no more is kept than what the prime leaves of each sum", () => {
  const half = (2 ** 34 - 40) / 2;
  const proven = new ProvenSecrets({
    bytes(length) {
      // The first word counts half of a prime and a half, the second one, all others nothing.
      const bytes = new Uint8Array(length);
      const view = new DataView(bytes.buffer);
      for (let sum = 0; sum < 4; sum++) {
        view.setUint32(sum * 5, half % 2 ** 32);
        view.setUint8(sum * 5 + 4, Math.floor(half / 2 ** 32));
        view.setUint32(20 + sum * 5, 1);
      }
      return bytes;
    },
  });
  const text = (first: string, second: string): PresentedTicket => shown(`${first}${second}${"x".repeat(39)}`);
  const row = { version: 1 };
  proven.add(row, text("\0\u0002", "\0\0"), NOW);
  assert.equal(proven.has(row, text("\0\0", "\0\u0001"), NOW), true);
  assert.equal(proven.has(row, text("\0\0", "\0\u0002"), NOW), false);
});

test("what was proved is forgotten after a minute, with the numbers that it was recognised by, and when the clock is set back", () => {
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

test("what was proved before is forgotten even where the numbers come again", () => {
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
