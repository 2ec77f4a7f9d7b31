/** Lets the library sweep a store, in batches by how long they take, and times each of them. */
import { randomBytes } from "node:crypto";
import type { Clock } from "coatcheck";
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
  const auth = coatcheck({
    publicUrl: "https://app.example.com",
    secrets: randomBytes(32).toString("base64url"),
    clock: clockAt(until),
    sweep: { every: false, within: "1d" },
    store: timed(store, (deleted, millis) => {
      swept += deleted;
      batches.push(millis);
    }),
  });
  const { complete } = await auth.sweep();
  await auth.close();
  if (!complete) throw new Error("the sweep is not complete");
  return { swept, batches };
}

/**
 * The time of day is another. The pauses between batches are as long as ever: without them the log is written to
 * without end, never begins anew, and a row costs twice as much.
 */
function clockAt(start: number): Clock {
  const began = performance.now();
  return {
    now: () => start + Math.round(performance.now() - began),
    monotonic: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
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
  sweep(limit, now) {
    const began = performance.now();
    const deleted = store.sweep(limit, now);
    if (deleted instanceof Promise) throw new TypeError("only stores that answer at once hold the event loop");
    done(deleted, performance.now() - began);
    return deleted;
  },
  close: () => undefined,
});
