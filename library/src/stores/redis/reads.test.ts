import assert from "node:assert/strict";
import { test } from "node:test";
import type { Commander } from "./clients/commander.ts";
import { Keys } from "./keys.ts";
import { Reads } from "./reads.ts";
import { Indexes } from "./sets/indexes.ts";
import { Renewals } from "./sets/renewals.ts";

const UNAVAILABLE = { code: "ERR_STORE_UNAVAILABLE" };
const keys = new Keys("cc");

/** A client whose type mappings the app has changed: it answers all alike. */
function answering(answer: unknown): Commander {
  const send = async (): Promise<unknown> => answer;
  const open = (): never => assert.fail("no connection of its own is needed");
  return { kind: "server", send, ask: send, masterOf: () => "", masters: () => [""], open };
}

for (const [name, answer] of [
  ["a map", new Map()],
  ["a number", 1],
  ["an object", {}],
] as const) {
  test(`SE-16 what a client answers as ${name} is an outage, and no absence`, async () => {
    const reads = new Reads(answering(answer), keys);
    await assert.rejects(reads.get("a"), UNAVAILABLE);
    await assert.rejects(reads.text("a"), UNAVAILABLE);
    await assert.rejects(Promise.all([reads.get("a").catch(() => undefined), reads.get("b")]), UNAVAILABLE);
    await assert.rejects(reads.getMany(["a"]), UNAVAILABLE);
    const nothing = async (): Promise<unknown> => answer;
    await assert.rejects(new Indexes(answering(answer), nothing).members(keys.owner("o")), UNAVAILABLE);
    const renewals = new Renewals(answering(answer), keys, nothing);
    await assert.rejects(renewals.due(1, 1), UNAVAILABLE);
    await assert.rejects(renewals.overdue(1, 1), UNAVAILABLE);
  });
}

test("SE-16 nothing is an absence, and buffers are read as text", async () => {
  assert.equal(await new Reads(answering(null), keys).text("a"), undefined);
  assert.equal(await new Reads(answering(Buffer.from("é")), keys).text("a"), "é");
});
