import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { bodyOf, freeze } from "./record-body.ts";

const PARSES = { shared: false, durable: false, watch: false };
const KEEPS = { ...PARSES, keepsRows: true };

/** Every object within, itself among them. */
function within(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  for (const inner of Object.values(value)) within(inner, found);
  return found;
}

test("F-46 what is frozen is frozen all the way down, also where it comes round to itself", () => {
  const circle: { name: string; list: unknown[]; nothing: null } = {
    name: "alice",
    list: [{ a: [1, "text", null] }],
    nothing: null,
  };
  circle.list.push(circle);
  freeze(circle);
  assert.deepEqual(
    [...within(circle)].map((one) => Object.isFrozen(one)),
    [true, true, true, true],
  );
  for (const plain of [null, undefined, "text", 1, true]) assert.doesNotThrow(() => freeze(plain));
});

test("F-46 what is shown of a row is frozen all the way down; a row that the store keeps is parsed once", () => {
  const identity = {
    issuer: "i",
    subject: "s",
    claims: { groups: ["a", ["b"], null], address: { city: "Bern" } },
    authenticatedAt: 1,
    method: "oidc:x",
  };
  const data = { cart: [{ id: 1 }], none: null };
  const row = sampleRow({});
  const changed = { ...row, body: JSON.stringify({ ...JSON.parse(row.body), identity, data }) };
  const body = bodyOf(changed, KEEPS);
  assert.equal(bodyOf(changed, KEEPS), body);
  assert.notEqual(bodyOf({ ...changed }, PARSES), bodyOf({ ...changed }, PARSES));
  const read = { ...changed };
  assert.notEqual(bodyOf(read, PARSES), bodyOf(read, PARSES));
  assert.deepEqual([body.identity, body.data], [identity, data]);
  for (const shown of [body.identity, body.data]) for (const one of within(shown)) assert.ok(Object.isFrozen(one));
  assert.deepEqual(body.record.data, data);
});

test("F-46 a body of another release is no body, and that is said by its code", () => {
  for (const body of ['{"format":2}', "", "nonsense"])
    assert.throws(() => bodyOf(sampleRow({ body }), PARSES), { code: "ERR_RECORD_FORMAT" }, body);
});

test("F-46 the parts of a body are the same, whichever is asked for first", () => {
  const identity = { issuer: "i", subject: "s", claims: {}, authenticatedAt: 1, method: "app" };
  const whole = { format: 1, identity, data: { cart: [1] }, tokens: "sealed", provider: "default" };
  const row = sampleRow({ body: JSON.stringify(whole) });
  const first = bodyOf({ ...row }, PARSES);
  assert.deepEqual([first.identity, first.tokens, first.provider, first.data], [identity, "sealed", "default", whole.data]);
  const second = bodyOf({ ...row }, PARSES);
  assert.deepEqual([second.provider, second.data, second.identity], ["default", whole.data, identity]);
  for (const body of [second, bodyOf({ ...row }, PARSES)]) assert.equal(body.identity, body.identity);
  assert.deepEqual(bodyOf({ ...row }, PARSES).record, whole);
  const anonymous = bodyOf({ ...row, body: JSON.stringify({ ...whole, identity: null }) }, PARSES);
  assert.deepEqual([anonymous.identity, anonymous.tokens], [null, "sealed"]);
});
