/** The sweep: deletes expired rows and markers, in batches that no request notices. */
import type { Clock, Report, SessionStore, Survey } from "../../contracts.ts";

const EVERY = 60 * 60_000;
/** The first, the smallest and the largest batch, in rows. */
const FIRST = 250;
const LEAST = 50;
const MOST = 1000;
/** The longest that a batch may delay a request, milliseconds. */
const LONG = 2;
/** The pause between two batches, in which requests are answered. */
const PAUSE = 20;

/**
 * Deletes what expired, once an hour, in batches, until the signal is aborted. If the store fails, the next hour tries
 * again.
 */
export async function sweepHourly(
  store: SessionStore,
  clock: Clock,
  report: Report,
  signal: AbortSignal,
  idle: number,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(EVERY, signal);
      await sweepOnce(store, clock, report, signal, idle);
    } catch (error) {
      if (!signal.aborted) report({ name: "store.failed", level: "warn", reason: "sweep", error });
    }
  }
}

/**
 * Adapts the batch to the time that the last one took, by a clock with fractions of a millisecond: a synchronous store
 * blocks the event loop for that long.
 */
function nextBatch(batch: number, took: number): number {
  if (took > LONG) return Math.max(LEAST, Math.floor(batch / 2));
  return took < LONG ? Math.min(MOST, Math.ceil(batch * 1.25)) : batch;
}

async function sweepOnce(store: SessionStore, clock: Clock, report: Report, signal: AbortSignal, idle: number): Promise<void> {
  let count = 0;
  for (let batch = FIRST; ; ) {
    const started = clock.monotonic();
    const deleted = await store.sweep(batch, clock.now());
    count += deleted;
    if (deleted < batch || signal.aborted) break;
    batch = nextBatch(batch, clock.monotonic() - started);
    await clock.sleep(PAUSE, signal);
  }
  const found = await surveyed(store, clock, signal, idle);
  if (found === null) report({ name: "sweep.completed", level: "info", count });
  else {
    const { deleted, live, dead } = found;
    report({ name: "sweep.completed", level: "info", count: count + deleted, rows: { live, dead } });
  }
}

/**
 * Deletes rows that ended by idle time, and counts the others; `null` if the store cannot. They are kept for another
 * idle time, so that a user who comes back soon is told why the session is over, and so that processes may be
 * configured with somewhat different times.
 */
async function surveyed(
  store: SessionStore,
  clock: Clock,
  signal: AbortSignal,
  idle: number,
): Promise<{ readonly deleted: number; readonly live: number; readonly dead: number } | null> {
  if (store.survey === undefined) return null;
  const all = { deleted: 0, live: 0, dead: 0 };
  let from: number | null = 0;
  for (let batch = FIRST; from !== null; ) {
    const now = clock.now();
    const started = clock.monotonic();
    const part: Survey = await store.survey(from, batch, now, now - 2 * idle);
    all.deleted += part.deleted;
    all.live += part.live;
    all.dead += part.dead;
    from = part.next;
    if (signal.aborted) return null;
    batch = nextBatch(batch, clock.monotonic() - started);
    if (from !== null) await clock.sleep(PAUSE, signal);
  }
  return all;
}
