import type { Clock, Report, SessionStore, Survey } from "../../contracts.ts";

const EVERY = 60 * 60_000;
/** Rows of the first batch, and of the smallest and the largest that follow. */
const FIRST = 250;
const LEAST = 50;
const MOST = 1000;
/** No request shall wait longer for a batch than this, in milliseconds. */
const LONG = 2;
/** Between two batches, so that requests are answered meanwhile. */
const PAUSE = 20;

/**
 * Deletes what expired, once an hour, in batches, until the signal is aborted. A store that fails is asked again an
 * hour later.
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
 * By a clock that tells parts of a millisecond: as many rows as the store deletes in a time that nobody notices: it
 * holds the event loop, where it answers at once.
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
 * Deletes rows that are dead by idle, and counts the others; `null` where the store cannot. They stay as long again as
 * the idle time, so that who comes back soon is told why the session is over, and so that another process may have
 * somewhat longer times.
 */
export async function surveyed(
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
