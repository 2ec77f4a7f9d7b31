/** Makes the script of a seed: its settings first, then everything that happens. */
import type { LostKind } from "../backends/lost-writes.ts";
import { Random } from "../world/random.ts";
import { Items } from "./items.ts";
import { PortalItems } from "./portal-items.ts";
import { ProgramItems } from "./program-items.ts";
import { RareItems } from "./rare-items.ts";
import type { Script, Settings } from "./script.ts";
import { behindPortal, settingsOf, unusual } from "./settings.ts";

const SECOND = 1_000;

export interface GenerateOptions {
  readonly store?: Settings["store"];
  /** On a `losing` store: the one kind of write that it does not wait with. */
  readonly loses?: LostKind;
}

/** One seed in this many runs on the real SQLite store, unless all or none do. */
const SQLITE_EVERY = 25;
/** And one in this many on a store with a replica, and fails over. */
const REPLICATED_EVERY = 12;
/** And one in this many moves its sessions to another store. */
const MOVING_EVERY = 15;
/** In so many runs all sessions of a person are ended while they sign in. */
const OVERTAKEN = 0.2;
/** In so many an administrator ends single sessions meanwhile. */
const SURPRISED = 0.1;
/** In so many users have programs, with tokens of ours. */
const WITH_PROGRAMS = 0.25;
/** And so many of them behind a portal. */
const BEHIND_PORTAL = 0.3;

/** The run that a seed stands for. */
export function generate(seed: number, options: GenerateOptions = {}): Script {
  const random = Random.of(seed, 1);
  const calm = random.chance(0.15);
  const usual = settingsOf(random, calm, { store: options.store ?? storeOf(seed), loses: options.loses ?? null });
  const own = Random.of(seed, 5);
  const other = Random.of(seed, 7);
  const programs = Random.of(seed, 11);
  const drawn = unusual(other, own.chance(BEHIND_PORTAL) ? behindPortal(own, usual, calm) : usual);
  const settings = { ...drawn, tokens: drawn.proxy === null && drawn.store !== "losing" && programs.chance(WITH_PROGRAMS) };
  const items = new Items(random, settings);
  const moments = momentsOf(random, settings);
  for (let browser = 0; browser < settings.browsers; browser++) {
    const errand = settings.proxy === null || random.chance(0.4) ? "login" : "page";
    items.visit(random.between(0, 500), browser, errand, browser);
  }
  for (const at of moments) items.burst(at);
  if (settings.proxy !== null) {
    const portal = new PortalItems(items, random, settings, moments);
    portal.signOn();
    portal.changes();
    portal.accounts();
    portal.robot();
    if (random.chance(0.5)) portal.forgetting();
    if (random.chance(0.25)) portal.withdrawn();
    if (!calm) portal.troubles();
  }
  if (!calm) {
    for (let count = random.below(9); count > 0; count--) {
      items.add(Math.max(0, random.pick(moments) + random.between(-300, 4_000)), items.event());
    }
    if (random.chance(0.2)) items.stranding(random.pick(moments));
    if (random.chance(0.12)) items.meanwhile(settings.tokenLifetime);
    if (random.chance(0.4)) items.theft(random.pick(moments), settings.tokenLifetime);
    if (random.chance(0.2)) items.add(random.pick(moments), { kind: "secrets" });
  }
  // Of its own chances, so that the rest of each seed stays what it was.
  const crossing = Random.of(seed, 6);
  if (!calm && settings.proxy === null && crossing.chance(OVERTAKEN))
    new Items(crossing, settings, items.all).overtaken(crossing.pick(moments));
  const rare = new RareItems(items, other, settings, moments);
  rare.streams();
  rare.notices();
  if (!calm) rare.troubles();
  const surprise = Random.of(seed, 8);
  if (!calm && settings.proxy === null && surprise.chance(SURPRISED))
    new Items(surprise, settings, items.all).surprised(surprise.pick(moments));
  if (settings.store === "confirming" || settings.store === "losing") {
    const failing = Random.of(seed, 9);
    const failovers = new RareItems(new Items(failing, settings, items.all), failing, settings, moments);
    failovers.failovers();
  }
  if (settings.store === "moving") {
    const moves = Random.of(seed, 12);
    new Items(moves, settings, items.all).add(Math.max(SECOND, moves.pick(moments) - moves.between(0, 9 * SECOND)), {
      kind: "move",
    });
  }
  if (settings.tokens) new ProgramItems(new Items(programs, settings, items.all), programs, settings, moments).all();
  return { seed, settings, items: items.all.toSorted((one, other) => one.at - other.at) };
}

function storeOf(seed: number): Settings["store"] {
  if (seed % SQLITE_EVERY === 0) return "sqlite";
  if (seed % REPLICATED_EVERY === 0) return "confirming";
  // So that it is none of the others.
  return seed % MOVING_EVERY === 7 ? "moving" : "memory";
}

/** When bursts of requests come: anywhere, and around the times at which the tokens of the first logins run out. */
function momentsOf(random: Random, { tokenLifetime }: Settings): readonly number[] {
  const span = random.between(3, 6) * tokenLifetime;
  const moments = Array.from({ length: 3 + random.below(4) }, () => random.between(SECOND, span));
  for (let expiry = tokenLifetime; expiry < span; expiry += tokenLifetime) {
    if (random.chance(0.8)) moments.push(expiry + random.between(-SECOND, 2 * SECOND));
  }
  return moments.toSorted((one, other) => one - other);
}
