import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEvent, SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";
import { START, sampleRow } from "../testing/store-suite-rows.ts";
import { sweepHourly } from "./sweep.ts";

/** Sweeps a store that has so many rows to delete and takes so long for each. Answers the sizes of its batches. */
async function batchesOf(rows: number, millis: number): Promise<readonly number[]> {
  const clock = manualClock(START);
  const batches: number[] = [];
  const stop = new AbortController();
  let left = rows;
  const store: SessionStore = {
    ...overStore(memory(), {}),
    sweep(limit) {
      const deleted = Math.min(left, limit);
      left -= deleted;
      batches.push(limit);
      clock.advance(Math.floor(deleted * millis));
      return deleted;
    },
  };
  const over = Promise.withResolvers<void>();
  const sweeping = sweepHourly(store, clock, () => over.resolve(), stop.signal, 3_600_000);
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

test("S-66 rows dead by idle are swept after as long again, and those that stay are counted, live and dead", async () => {
  const store = memory();
  const now = START + 10 * 3_600_000;
  const rows = { gone: now - 2 * 3_600_000 - 1, idle: now - 2 * 3_600_000, live: now };
  for (const seen of Object.values(rows)) store.put(sampleRow({ seen, expires: now + 3_600_000 }), "absent");
  store.put(sampleRow({ expires: now + 3_600_000, ended: START, reason: "logout", body: "" }), "absent");
  const clock = manualClock(now - 3_600_000);
  const told = Promise.withResolvers<AuditEvent>();
  const stop = new AbortController();
  const sweeping = sweepHourly(store, clock, told.resolve, stop.signal, 3_600_000);
  clock.advance(3_600_000);
  assert.deepEqual(await told.promise, { name: "sweep.completed", level: "info", count: 1, rows: { live: 2, dead: 1 } });
  stop.abort();
  await sweeping.catch(() => undefined);
});
