/**
 * Endings that the store would not take, on a clock that stands still until it is moved, with all that is said of
 * them.
 */
import type { AuditEvent } from "../../src/contracts.ts";
import type { Ended } from "../../src/engine/lifecycle/announce.ts";
import { UnfinishedEndings, type UnfinishedOptions } from "../../src/engine/lifecycle/unfinished-endings.ts";
import { memory } from "../../src/stores/memory.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { turns } from "../event-loop.ts";

export function endingsWith(options: Partial<UnfinishedOptions> = {}) {
  const events: AuditEvent[] = [];
  const announced: Ended[] = [];
  const work: Promise<unknown>[] = [];
  const clock = manualClock();
  const unfinished = new UnfinishedEndings({
    store: memory(),
    clock,
    entropy: { bytes: (count) => new Uint8Array(count) },
    announce: (ended) => void announced.push(ended),
    report: (event) => events.push(event),
    background: { waitUntil: (promise) => void work.push(promise) },
    served: { has: (hash) => hash === "known" },
    most: 100,
    ...options,
  });
  const names = (): readonly string[] => events.map(({ name, level, reason }) => `${level} ${name} ${reason ?? ""}`.trim());
  const count = (name: string): number => events.filter((event) => event.name === name).length;
  const pass = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds);
    await turns(5);
  };
  return { unfinished, events, names, count, announced, work, clock, pass };
}
