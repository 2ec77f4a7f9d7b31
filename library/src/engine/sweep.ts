import type { Clock, Report, SessionStore } from "../contracts.ts";

const EVERY = 60 * 60_000;
const BATCH = 1000;
/** Between two batches, so that requests are answered meanwhile. */
const PAUSE = 20;

/** Deletes what expired, once an hour, in batches, until the signal is aborted. A store that fails is asked again an hour later. */
export async function sweepHourly(store: SessionStore, clock: Clock, report: Report, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(EVERY, signal);
      await sweepOnce(store, clock, report, signal);
    } catch (error) {
      if (!signal.aborted) report({ name: "store.failed", level: "warn", reason: "sweep", error });
    }
  }
}

async function sweepOnce(store: SessionStore, clock: Clock, report: Report, signal: AbortSignal): Promise<void> {
  let count = 0;
  for (;;) {
    const deleted = await store.sweep(BATCH, clock.now());
    count += deleted;
    if (deleted < BATCH || signal.aborted) break;
    await clock.sleep(PAUSE, signal);
  }
  report({ name: "sweep.completed", level: "info", count });
}
