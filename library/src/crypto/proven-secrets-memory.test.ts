import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapSnapshot } from "node:v8";
import { systemEntropy } from "./entropy.ts";
import { ProvenSecrets } from "./proven-secrets.ts";
import { mintSecret, PresentedTicket } from "./ticket.ts";

const NOW = 1_800_000_000_000;

/** All that is reachable on the heap, after a collection. */
async function heap(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of getHeapSnapshot()) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

const shown = (secret: Buffer): PresentedTicket => new PresentedTicket("", secret.toString("latin1"), 0);
const mintedBytes = (): Buffer => Buffer.from(mintSecret(systemEntropy), "latin1");

test("CR-02 the secret itself is not kept in memory", async () => {
  const proven = new ProvenSecrets();
  const row = { version: 1 };
  // Outside of the heap, where the search does not find them. Texts are made in functions that are over, whose frames
  // hold nothing.
  const [secret, held] = [mintedBytes(), mintedBytes()];
  const add = (): void => proven.add(row, shown(secret), NOW);
  const holder = ((): readonly string[] => [held.toString("latin1")])();
  add();
  const snapshot = await heap();
  assert.equal(snapshot.includes(held), true);
  assert.equal(snapshot.includes(secret), false);
  assert.equal(proven.has(row, shown(secret), NOW), true);
  assert.equal(holder.length, 1);
});
