/** Kills and stops processes, at a time or at a moment such as a lease that was just taken. */
import type { Mishap, Moment } from "../script/script.ts";
import type { Life } from "./replica.ts";
import type { World } from "./world.ts";

/** A process dies, with all that was to happen in it; another starts later instead. */
export function kill(world: World, life: Life | undefined, lasts: number): void {
  if (life === undefined || life.state === "dead") return;
  life.die();
  const { replica } = life;
  for (const asked of world.openRequests) if (asked.life === life) world.openRequests.delete(asked);
  const run = (): void => {
    if (replica.life === life) replica.start();
  };
  world.scheduler.after(lasts, { place: null, actor: life.name, tell: () => "starts again", run, wakes: true });
}

/** A process stands still. Afterwards its timers and the answers that came meanwhile are there all at once. */
export function stop(world: World, life: Life | undefined, lasts: number): void {
  if (life === undefined || life.state !== "running") return;
  life.stop();
  world.scheduler.after(lasts, { place: null, actor: life.name, tell: () => "goes on", run: () => life.resume(), wakes: true });
}

/** How slow the provider is while clocks jump. */
const SLOWLY = 4_000;

/**
 * A process is in this moment, outside of itself: what it asked for has just taken effect. Answers what happens to it.
 */
export function spring(world: World, on: Moment, life: Life): Mishap | null {
  if (world.calm) return null;
  const index = world.traps.findIndex((trap) => trap.on === on);
  const [trap] = index === -1 ? [] : world.traps.splice(index, 1);
  if (trap === undefined) return null;
  const { act, lasts } = trap;
  world.note(() => `${life.name} is caught: ${act}`);
  MISHAPS[act](world, life, lasts);
  return act;
}

const MISHAPS: { readonly [act in Mishap]: (world: World, life: Life, lasts: number) => void } = {
  kill,
  stop,
  jump: (world, life, by) => {
    slowProvider(world, SLOWLY);
    const run = (): void => {
      for (const replica of world.replicas) if (replica !== life.replica) replica.jump(by);
    };
    const tell = (): string => `the clocks of all others jump by ${Math.round(by)} ms`;
    world.scheduler.after(SLOWLY / 8, { place: null, actor: life.name, tell, run, wakes: false });
  },
  "cut-off": (world, life, lasts) => {
    world.storeTroubles.push({ replica: life.replica.index, how: "refuses", until: world.scheduler.now + lasts });
  },
  strand: (world, life, lasts) => {
    slowProvider(world, lasts + 2 * SLOWLY);
    stop(world, life, lasts);
  },
};

function slowProvider(world: World, lasts: number): void {
  world.providerTroubles.unshift({ replica: null, how: "slow", until: world.scheduler.now + lasts });
}
