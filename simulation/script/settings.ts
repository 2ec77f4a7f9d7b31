/** Draws how a run is configured: replicas, lifetimes, clock skew, and how often calls fail. */
import type { Random } from "../world/random.ts";
import type { PortalSettings, Settings } from "./script.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** What is configured in a run, and how much goes wrong in it. */
export function settingsOf(random: Random, calm: boolean, { store, loses }: Pick<Settings, "store" | "loses">): Settings {
  const replicas = 2 + random.below(4);
  const noise = [0, 0, 0.02, 0.08];
  const reach = random.pick([0, 300, 2_500]);
  const refresh = random.chance(0.8) ? "keep-in-step" : "on-demand";
  const background = refresh === "keep-in-step" && random.chance(0.2);
  return {
    replicas,
    store,
    loses,
    answers: random.pick(["later", "later", "later", "at-once", "mixed"]),
    watch: random.chance(0.5),
    skews: Array.from({ length: replicas }, () => random.between(-reach, reach)),
    idle: random.pick([4 * MINUTE, 20 * MINUTE, 60 * MINUTE]),
    lifetime: random.pick([9 * MINUTE, 24 * 60 * MINUTE, 24 * 60 * MINUTE]),
    unconfirmed: random.pick([0, 30 * SECOND, 60 * MINUTE]),
    tokenLifetime: random.pick([45 * SECOND, 90 * SECOND, 4 * MINUTE]),
    refreshTimeout: random.pick([2 * SECOND, 4 * SECOND, 15 * SECOND]),
    wait: random.pick([2 * SECOND, 10 * SECOND, 20 * SECOND]),
    refresh,
    background,
    tempo: calm ? 0 : random.pick([0, 0.5, 1]),
    storeNoise: calm ? 0 : random.pick(noise),
    providerNoise: calm ? 0 : random.pick([0, 0, 0.05, 0.25]),
    lookupNoise: 0,
    revokesSpent: random.chance(0.5),
    rotation: "strict",
    narrows: false,
    providers: 1,
    cap: null,
    users: 1 + random.below(3),
    browsers: 1 + random.below(3),
    tokens: false,
    proxy: null,
  };
}

/** The same with a portal in front. */
export function behindPortal(random: Random, usual: Settings, calm: boolean): Settings {
  const proxy: PortalSettings = {
    unknown: random.pick(["anonymous", "register", "refuse"]),
    cacheFor: random.pick([0, 3 * SECOND, 30 * SECOND]),
    accounts: random.pick(["shared", "own"]),
    claims: random.chance(0.5),
    strangers: [0, 1, 2].filter(() => random.chance(0.2)),
  };
  return { ...usual, users: 2 + random.below(2), lookupNoise: calm ? 0 : random.pick([0, 0, 0.05, 0.2]), proxy };
}

/** The same with what not every provider and not every app does. */
export function unusual(random: Random, usual: Settings): Settings {
  const never = random.chance(0.06);
  return {
    ...usual,
    ...(never ? { refresh: "never", background: false } : {}),
    rotation: random.pick(["strict", "strict", "strict", "grace", "none"]),
    narrows: random.chance(0.3),
    providers: usual.proxy === null && random.chance(0.25) ? 2 : 1,
    cap: random.chance(0.2) ? 1 + random.below(3) : null,
  };
}
