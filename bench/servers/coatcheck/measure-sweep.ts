/** Lets the library sweep a store as it does once an hour, in batches by how long they take, and times each of them. */
import { randomBytes } from "node:crypto";
import type { AuditEvent, Clock } from "coatcheck";
import { coatcheck } from "coatcheck";
import type { SessionStore } from "coatcheck/contracts";

export interface SweepFigures {
  readonly swept: number;
  /** Milliseconds for which each batch held the event loop. */
  readonly batches: readonly number[];
}

/** Everything that expires before `until`. */
export async function measureSweep(store: SessionStore, until: number): Promise<SweepFigures> {
  const batches: number[] = [];
  let swept = 0;
  const over = Promise.withResolvers<AuditEvent>();
  const auth = coatcheck({
    publicUrl: "https://app.example.com",
    secrets: randomBytes(32).toString("base64url"),
    clock: clockAt(until),
    on: (event) => {
      if (event.name === "sweep.completed" || event.name === "store.failed") over.resolve(event);
    },
    store: timed(store, (deleted, millis) => {
      swept += deleted;
      batches.push(millis);
    }),
  });
  const { name } = await over.promise;
  await auth.close();
  if (name !== "sweep.completed") throw new Error("the sweep failed");
  return { swept, batches };
}

/**
 * The hour is over at once, and the pauses between batches are as long as ever: without them the log is written to
 * without end, never begins anew, and a row costs twice as much. Nothing else that sleeps wakes up.
 */
function clockAt(start: number): Clock {
  const began = performance.now();
  let due = false;
  return {
    now: () => start + Math.round(performance.now() - began),
    monotonic: () => performance.now(),
    async sleep(ms, signal) {
      if (ms === 3_600_000 && !due) due = true;
      else if (due && ms < 100) await new Promise((resolve) => setTimeout(resolve, ms));
      else await new Promise((_resolve, reject) => signal?.addEventListener("abort", reject));
    },
  };
}

/**
 * The store without its survey, which is not what is measured. The tests of the library have the same wrapper, in
 * `testing/over-store`; it is not published, and the benchmarks use published names alone.
 */
const timed = (store: SessionStore, done: (deleted: number, millis: number) => void): SessionStore => ({
  name: store.name,
  capabilities: { ...store.capabilities, watch: false },
  get: (id) => store.get(id),
  put: (row, condition) => store.put(row, condition),
  touch: (id, seen) => store.touch(id, seen),
  end: (target, reason, now) => store.end(target, reason, now),
  list: (query, limit, now) => store.list(query, limit, now),
  mark: (key, until, now, value) => store.mark(key, until, now, value),
  marked: (key, now) => store.marked(key, now),
  async sweep(limit, now) {
    const began = performance.now();
    const deleted = await store.sweep(limit, now);
    done(deleted, performance.now() - began);
    return deleted;
  },
  close: () => undefined,
});
