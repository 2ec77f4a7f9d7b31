/** Draws and carries out the faults: gateways killed or stopped, at any time or while a refresh is in flight. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";
import type { Gateway } from "./gateway.ts";
import type { LeaseTimes } from "./journal.ts";

/** What is to be done next, decided by the seed alone. */
export interface Plan {
  /** Milliseconds until then. */
  readonly pause: number;
  readonly kind: "kill" | "stop";
  /** How long a stop lasts, or how long it takes until a killed gateway is started again. */
  readonly duration: number;
  /**
   * It waits for a moment in which the provider has rotated a token and keeps its answer back, and strikes who waits
   * for it.
   */
  readonly aimed: boolean;
}

/** Every second fault is a kill, every second stop is longer than a lease, two of five are aimed. */
export function nextPlan(random: Random, lease: LeaseTimes, often: number): Plan {
  const pause = random.between(0.5, 1.5) * often;
  const aimed = random.next() < 0.4;
  if (random.next() < 0.5) return { pause, kind: "kill", duration: random.between(0, 1_000), aimed };
  const long = random.next() < 0.5;
  const duration = long ? lease.length + random.between(500, 3_000) : random.between(50, lease.length * 0.8);
  return { pause, kind: "stop", duration, aimed };
}

/** Tells of moments worth striking. */
export interface Moments {
  /** The next moment at which an answer to this life of a gateway is kept back; `undefined` after `limit`. */
  next(limit: number): Promise<string | undefined>;
}

/** How long the load balancer takes to notice that a gateway does not move. */
const NOTICES = 1_000;
const AIM = 8_000;

/**
 * Strikes gateways until the signal is aborted, and leaves one alone at any time. Rejects where a gateway ended by
 * itself.
 */
export async function strike(
  gateways: readonly Gateway[],
  random: Random,
  {
    lease,
    often,
    moments,
    signal,
  }: { readonly lease: LeaseTimes; readonly often: number; readonly moments: Moments; readonly signal: AbortSignal },
): Promise<void> {
  const under = new Set<Promise<void>>();
  let failure: unknown = null;
  while (!signal.aborted && failure === null) {
    const plan = nextPlan(random, lease, often);
    await sleep(plan.pause, undefined, { signal }).catch(() => undefined);
    const by = plan.aimed && !signal.aborted ? await moments.next(AIM) : undefined;
    const healthy = gateways.filter((gateway) => gateway.healthy);
    const chosen = random.pick(healthy);
    const target = healthy.find(({ life }) => life === by) ?? chosen;
    if (signal.aborted || target === undefined || healthy.length < 2) continue;
    const work = plan.kind === "kill" ? target.kill(plan.duration) : target.stop(plan.duration, NOTICES);
    const watched: Promise<void> = work.catch((error: unknown) => {
      failure = error;
    });
    under.add(watched);
    void watched.then(() => under.delete(watched));
  }
  await Promise.all(under);
  if (failure !== null) throw failure;
}
