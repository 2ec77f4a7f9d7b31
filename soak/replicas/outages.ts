/** What befalls all replicas at once: their store, their secret, the balancer; one after the other. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Haproxy } from "./haproxy.ts";
import type { Outage } from "./journal.ts";
import type { Rotation } from "./rotation.ts";
import type { RunStore } from "./stores/run-store.ts";

export interface Struck {
  readonly store: Pick<RunStore, "restart" | "failover">;
  readonly rotation: Pick<Rotation, "next">;
  readonly balancer: Pick<Haproxy, "reload">;
}

type Blow = readonly [kind: Outage["kind"], strike: () => Promise<string>];

/** In which order they come, again and again: a login, and a refresh, of before each phase ends after it. */
const order = ({ store, rotation, balancer }: Struck): readonly Blow[] => [
  ["rotation", () => rotation.next()],
  ["restart", () => store.restart()],
  ["reload", () => balancer.reload().then(() => "HAProxy, reloaded")],
  ["rotation", () => rotation.next()],
  ["failover", () => store.failover()],
];

interface Length {
  /** Milliseconds in which all is whole, between two of them. */
  readonly pause: number;
  /** Aborted when it is time to stop, once each has come. */
  readonly late: AbortSignal;
  /** Aborted when the run is over. */
  readonly over: AbortSignal;
}

/** Strikes until it is late, and not before each came once; or until the run is over. */
export async function strikeAll(struck: Struck, outages: Outage[], { pause, late, over }: Length): Promise<void> {
  const blows = order(struck);
  for (let count = 0; ; count++) {
    const ends = count < blows.length ? over : AbortSignal.any([late, over]);
    await sleep(pause, undefined, { signal: ends }).catch(() => undefined);
    const [kind, strike] = blows[count % blows.length] ?? [];
    if (kind === undefined || strike === undefined || ends.aborted) return;
    const from = Date.now();
    outages.push({ kind, what: await strike(), from, until: Date.now() });
  }
}
