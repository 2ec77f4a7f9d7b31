/** Cuts the link between a store and its replica for a while, and lets the store lose what was written meanwhile. */
import { rememberAll } from "../backends/past.ts";
import type { Event } from "../script/script.ts";
import type { World } from "./world.ts";

/** How long after a failover the last process has heard of it: its connection is made anew. */
const LAST_TOLD = 400;

/**
 * The link is cut. At the end of it the replica is the primary, or hears of all. Of a store that is cut in two, the
 * part with the old primary is refused from then on, and the part without it until then: as a cluster does it.
 */
export function cutLink(world: World, event: Extract<Event, { readonly kind: "failover" | "split" }>): void {
  const { replicated, scheduler } = world;
  if (replicated === null || replicated.isCut || world.calm) return;
  replicated.cut();
  const restore = rememberAll(world);
  const until = scheduler.now + event.lasts;
  if (event.kind === "split") {
    for (const { index } of world.replicas) {
      const stays = event.minority.includes(index);
      const how = "refuses" as const;
      // A part that is refused is so to its own end alone.
      if (!stays) world.storeTroubles.push({ replica: index, how, until });
      else later(world, event.lasts, () => world.storeTroubles.push({ replica: index, how, until: until + event.heals }));
    }
  }
  later(world, event.lasts, () => {
    if (!replicated.isCut) return;
    if (event.kind === "failover" && !event.loses) {
      replicated.heal();
      world.acknowledged.length = 0;
      return;
    }
    failOver(world, restore);
  });
}

function failOver(world: World, restore: () => void): void {
  const { replicated, scheduler } = world;
  replicated?.failOver();
  restore();
  world.failedOverStep = scheduler.steps;
  world.note(() => "the replica is the primary now; what it did not hear of is gone");
  // Every connection was cut, so that endings may have been missed.
  for (const tell of world.gaps) tell(LAST_TOLD);
  world.lost.push(...world.acknowledged.splice(0));
}

function later(world: World, delay: number, run: () => void): void {
  const tell = (): string => "the store and its replica";
  world.scheduler.after(delay, { place: null, actor: "store", tell, run, wakes: true });
}
