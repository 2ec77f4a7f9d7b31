/** What befalls all replicas at once: their store, their secret, the balancer; one after the other. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Haproxy } from "./haproxy.ts";
import type { Outage } from "./journal.ts";
import type { Rotation } from "./rotation.ts";
import type { RunStore } from "./stores/run-store.ts";

export interface Struck {
  readonly store: RunStore;
  readonly rotation: Rotation;
  readonly balancer: Haproxy;
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

/**
 * Strikes until the signal is aborted, and not before each came once. `pause`: milliseconds in which all is whole,
 * between two of them.
 */
export async function strikeAll(struck: Struck, outages: Outage[], pause: number, signal: AbortSignal): Promise<void> {
  const blows = order(struck);
  for (let count = 0; count < blows.length || !signal.aborted; count++) {
    await sleep(pause, undefined, count < blows.length ? {} : { signal }).catch(() => undefined);
    const [kind, strike] = blows[count % blows.length] ?? [];
    if (kind === undefined || strike === undefined || (count >= blows.length && signal.aborted)) return;
    const from = Date.now();
    outages.push({ kind, what: await strike(), from, until: Date.now() });
  }
}
