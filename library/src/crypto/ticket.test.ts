import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { systemEntropy } from "./entropy.ts";
import { hashSecret, isId, isSecret, joinTicket, mintSecret, mintTicket, parseTicket, ticketIn } from "./ticket.ts";

const EXPIRES = Date.UTC(2031, 4, 6, 7, 8, 9);

test("CR-01 a ticket has 96 random bits and the coarse end in its id, and 256 random bits in its secret", () => {
  const { id, secret, ticket } = mintTicket(systemEntropy, EXPIRES);
  const idBytes = Buffer.from(id, "base64url");
  assert.equal(idBytes.length, 16);
  assert.equal(Buffer.from(secret, "base64url").length, 32);
  assert.equal(ticket, `${id}.${secret}`);
  const seconds = idBytes.readUInt32BE(0);
  assert.equal(seconds % 64, 0);
  assert.ok(EXPIRES / 1000 - seconds >= 0 && EXPIRES / 1000 - seconds < 64);
});

test("CR-01 tickets are unique, and every bit of the random part is set half the time", () => {
  const rounds = 50_000;
  const ids = new Set<string>();
  const ones = new Uint32Array((12 + 32) * 8);
  for (let round = 0; round < rounds; round++) {
    const { id, secret } = mintTicket(systemEntropy, EXPIRES);
    ids.add(id);
    const random = Buffer.concat([Buffer.from(id, "base64url").subarray(4), Buffer.from(secret, "base64url")]);
    for (const [at, byte] of random.entries()) {
      for (let bit = 0; bit < 8; bit++) ones[at * 8 + bit] = (ones[at * 8 + bit] ?? 0) + ((byte >> bit) & 1);
    }
  }
  assert.equal(ids.size, rounds);
  // Seven standard deviations: wrong about once in 10^9 runs.
  const margin = 7 * Math.sqrt(rounds / 4);
  for (const count of ones) assert.ok(Math.abs(count - rounds / 2) < margin, `${count} of ${rounds}`);
});

test("S-08 no ticket without randomness", () => {
  const broken = {
    bytes(): Uint8Array {
      throw new Error("no randomness");
    },
  };
  assert.throws(() => mintTicket(broken, EXPIRES), /no randomness/);
  assert.throws(() => mintSecret(broken), /no randomness/);
});

test("a ticket's end may be any time, but must be one", () => {
  for (const [expires, seconds] of [
    [-5, 0],
    [0, 0],
    [127_999, 64],
    [Number.MAX_SAFE_INTEGER, 0xff_ff_ff_ff],
  ] as const) {
    assert.equal(Buffer.from(mintTicket(systemEntropy, expires).id, "base64url").readUInt32BE(0), seconds);
  }
  for (const expires of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => mintTicket(systemEntropy, expires), TypeError);
  }
});

test("CR-02 what is stored of a secret is the SHA-256 of its text, and does not work as a ticket", () => {
  const { id, secret, secretHash } = mintTicket(systemEntropy, EXPIRES);
  assert.equal(secretHash, createHash("sha256").update(secret).digest("base64url"));
  assert.notEqual(hashSecret(secretHash), secretHash);
  assert.equal(hashSecret(secret), secretHash);
  assert.equal(parseTicket(joinTicket(id, secretHash))?.secret === secret, false);
});

test("A-47 a ticket reads back; cut, extended or spelled otherwise it is none", () => {
  const { id, secret, ticket } = mintTicket(systemEntropy, EXPIRES);
  assert.deepEqual(parseTicket(ticket), { id, secret });
  for (let length = 0; length < ticket.length; length++) assert.equal(parseTicket(ticket.slice(0, length)), undefined);
  for (const other of [
    `${ticket}A`,
    `${ticket}=`,
    `${ticket}\n`,
    ` ${ticket}`,
    `${secret}.${id}`,
    ticket.replace(".", ":"),
    ticket.replace(".", ".."),
    ticket.replace(/^./, "+"),
    ticket.replace(/^./, "/"),
    ticket.replace(/^./, "Ａ"),
    ticket.replace(/^./, "\u0000"),
    encodeURIComponent(`${ticket} `),
  ]) {
    assert.equal(parseTicket(other), undefined, JSON.stringify(other));
  }
});

test("A-47 each half has one spelling: of the last characters only those without stray bits are read", () => {
  const { id, secret } = mintTicket(systemEntropy, EXPIRES);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const last of alphabet) {
    const otherId = id.slice(0, -1) + last;
    const otherSecret = secret.slice(0, -1) + last;
    const canonical = (text: string): boolean => Buffer.from(text, "base64url").toString("base64url") === text;
    assert.equal(parseTicket(`${otherId}.${secret}`) !== undefined, canonical(otherId));
    assert.equal(parseTicket(`${id}.${otherSecret}`) !== undefined, canonical(otherSecret));
  }
});

test("A-42 parseTicket never throws, and reads nothing that does not encode 16 and 32 bytes", () => {
  const half = fc.string({ unit: fc.constantFrom(..."AQgwxyz09-_.+/= é"), maxLength: 45 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.tuple(half, half).map(([a, b]) => `${a}.${b}`),
      ),
      (text) => {
        const read = parseTicket(text);
        if (read === undefined) return;
        assert.equal(joinTicket(read.id, read.secret), text);
        assert.equal(Buffer.from(read.id, "base64url").toString("base64url"), read.id);
        assert.equal(Buffer.from(read.secret, "base64url").length, 32);
      },
    ),
  );
});

test("A-47 ticketIn reads what parseTicket reads, wherever it stands; isSecret tells the secret apart", () => {
  const { ticket, id } = mintTicket(systemEntropy, EXPIRES);
  const part = fc.string({ unit: fc.constantFrom(..."AQgwxyz09-_.+/= é"), minLength: 43, maxLength: 43 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 70 }),
        part.map((secret) => `${id}.${secret}`),
        fc.nat(65).map((at) => `${ticket.slice(0, at)}!${ticket.slice(at + 1)}`),
        fc.constant(ticket),
      ),
      fc.constantFrom("", "ticket=", `a=${ticket}; ticket=`),
      fc.constantFrom("", "; b=c", ticket),
      (text, before, behind) => {
        const [whole, found] = [parseTicket(text), ticketIn(before + text + behind, before.length, before.length + text.length)];
        if (found === undefined) return assert.equal(whole, undefined);
        const { id: foundId, secret } = found;
        assert.ok(isId(foundId));
        assert.equal(joinTicket(foundId, secret), text);
        assert.deepEqual(whole, isSecret(secret) ? { id: foundId, secret } : undefined);
      },
    ),
  );
});

test("A-47 an id has one spelling: whatever else comes in a path is none", () => {
  const { id, ticket } = mintTicket(systemEntropy, 1_800_000_000_000);
  assert.equal(isId(id), true);
  for (const text of [
    "",
    "x",
    ticket,
    `${id} `,
    ` ${id}`,
    `${id}\n`,
    `${id}A`,
    id.slice(1),
    `${id.slice(0, 21)}B`,
    `${id.slice(0, 21)}=`,
    "%00",
  ]) {
    assert.equal(isId(text), false, text);
  }
});
