import assert from "node:assert/strict";
import { test } from "node:test";
import { BLANK_ROW } from "../core/row-columns.ts";
import { systemEntropy } from "./entropy.ts";
import { joinTicket, mintTicket, ticketIn } from "./ticket.ts";
import { hashProof, rememberingProof } from "./ticket-proof.ts";

const NOW = 1_000_000;
const one = mintTicket(systemEntropy, NOW);
const other = mintTicket(systemEntropy, NOW);
const shownAs = (id: string, secret: string) => {
  const text = joinTicket(id, secret);
  return ticketIn(text, 0, text.length) ?? assert.fail("a ticket");
};
const row = { ...BLANK_ROW, id: one.id, secretHash: one.secretHash, previousHash: other.secretHash, previousUntil: NOW + 10_000 };

for (const [name, make] of [
  ["hash", () => hashProof],
  ["remembering", () => rememberingProof(hashProof, () => true)],
  ["remembering of a store that keeps no rows", () => rememberingProof(hashProof, () => false)],
] as const) {
  test(`CR-11 a secret proves its row, the one before for its grace, and no other does: ${name}`, () => {
    const proof = make();
    for (let time = 0; time < 2; time++) {
      assert.ok(proof.shown(shownAs(one.id, one.secret), row, NOW) !== null);
      proof.accepted(shownAs(one.id, one.secret), row, NOW);
      assert.equal(proof.shown(shownAs(one.id, other.secret), row, NOW + 9_999), "previous");
      assert.equal(proof.shown(shownAs(one.id, other.secret), row, NOW + 10_000), null);
      assert.equal(proof.shown(shownAs(one.id, mintTicket(systemEntropy, NOW).secret), row, NOW), null);
    }
  });
}

test("only what was accepted for a row that is kept is recognised, and that for a minute", () => {
  const ticket = shownAs(one.id, one.secret);
  const kept = new Set([row]);
  const proof = rememberingProof(hashProof, (asked) => [...kept].some((one) => one === asked));
  assert.equal(proof.shown(ticket, row, NOW), "current");
  proof.accepted(ticket, row, NOW);
  assert.equal(proof.shown(ticket, row, NOW + 59_999), "recognised");
  assert.equal(proof.shown(ticket, row, NOW + 60_000), "current");
  const copy = { ...row };
  proof.accepted(ticket, copy, NOW + 60_000);
  assert.equal(proof.shown(ticket, copy, NOW + 60_001), "current");
});
