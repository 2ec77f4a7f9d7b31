import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { START } from "../testing/store-suite-rows.ts";
import { sweepHourly } from "./sweep.ts";

/** Sweeps a store that has so many rows to delete and takes so long for each. Answers the sizes of its batches. */
async function batchesOf(rows: number, millis: number): Promise<readonly number[]> {
  const clock = manualClock(START);
  const batches: number[] = [];
  const stop = new AbortController();
  let left = rows;
  const store: SessionStore = {
    ...memory(),
    sweep(limit) {
      const deleted = Math.min(left, limit);
      left -= deleted;
      batches.push(limit);
      clock.advance(Math.floor(deleted * millis));
      return deleted;
    },
  };
  const over = Promise.withResolvers<void>();
  const sweeping = sweepHourly(store, clock, () => over.resolve(), stop.signal);
  clock.advance(60 * 60_000);
  let done = false;
  void over.promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 100_000 && !done; turn++) {
    await Promise.resolve();
    clock.advance(1);
  }
  stop.abort();
  await sweeping.catch(() => undefined);
  assert.equal(left, 0);
  return batches;
}

test("F-60 what expired is deleted in batches by how long they take: small ones where the store is slow, large ones where it is quick", async () => {
  const slow = await batchesOf(3_000, 0.02);
  assert.equal(slow[0], 250);
  // The first may be too large, and none after that which a request would notice.
  assert.ok(Math.max(...slow.slice(2)) * 0.02 <= 5, String(slow));
  const quick = await batchesOf(20_000, 0.0005);
  assert.equal(Math.max(...quick), 1_000);
  assert.ok(quick.length < 40);
});
