import { Random } from "./random.ts";
import type { Errand, Event, Item, Moment, ProviderTrouble, Script, Settings, StoreTrouble, Visit } from "./script.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Weights: how often a tab asks for what. */
const ERRANDS: readonly (readonly [Errand, number])[] = [
  ["read", 20],
  ["page", 8],
  ["members", 14],
  ["token", 18],
  ["rejected", 3],
  ["edit", 16],
  ["edit-fails", 2],
  ["edit-throws", 2],
  ["rotate", 4],
  ["edit-rotates", 2],
  ["logout", 4],
  ["app-logout", 1],
  ["app-logout-fails", 1],
  ["app-login", 1],
  ["end-others", 1],
  ["login", 6],
];
const ERRAND_BAG: readonly Errand[] = ERRANDS.flatMap(([errand, weight]) => Array.from({ length: weight }, () => errand));

const STORE_TROUBLES: readonly StoreTrouble[] = ["refuses", "loses-answers", "slow"];
const PROVIDER_TROUBLES: readonly ProviderTrouble[] = ["refuses", "error", "busy", "loses-answers", "slow"];

const MOMENTS: readonly Moment[] = ["leased", "leased", "spent", "spent", "stored", "signed-in"];

export interface GenerateOptions {
  readonly store?: "memory" | "sqlite";
}

/** One seed in this many runs on the real SQLite store, unless all or none do. */
const SQLITE_EVERY = 25;

/** The run that a seed stands for. */
export function generate(seed: number, options: GenerateOptions = {}): Script {
  const random = Random.of(seed, 1);
  const calm = random.chance(0.15);
  const settings = settingsOf(random, calm, options.store ?? (seed % SQLITE_EVERY === 0 ? "sqlite" : "memory"));
  const items = new Items(random, settings);
  const moments = momentsOf(random, settings);
  for (let browser = 0; browser < settings.browsers; browser++) items.visit(random.between(0, 500), browser, "login", browser);
  for (const at of moments) items.burst(at);
  if (!calm) {
    for (let count = random.below(9); count > 0; count--) {
      items.add(Math.max(0, random.pick(moments) + random.between(-300, 4_000)), items.event());
    }
    if (random.chance(0.12)) items.stranding(random.pick(moments));
    if (random.chance(0.12)) items.meanwhile(settings.tokenLifetime);
    if (random.chance(0.4)) items.theft(random.pick(moments), settings.tokenLifetime);
    if (random.chance(0.2)) items.add(random.pick(moments), { kind: "secrets" });
  }
  return { seed, settings, items: items.all.toSorted((one, other) => one.at - other.at) };
}

function settingsOf(random: Random, calm: boolean, store: Settings["store"]): Settings {
  const replicas = 2 + random.below(4);
  const noise = [0, 0, 0.02, 0.08];
  const reach = random.pick([0, 300, 2_500]);
  const refresh = random.chance(0.8) ? "keep-in-step" : "on-demand";
  const background = refresh === "keep-in-step" && random.chance(0.2);
  return {
    replicas,
    store,
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
    revokesSpent: random.chance(0.5),
    users: 1 + random.below(3),
    browsers: 1 + random.below(3),
  };
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

class Items {
  readonly all: Item[] = [];
  readonly #random: Random;
  readonly #settings: Settings;

  constructor(random: Random, settings: Settings) {
    this.#random = random;
    this.#settings = settings;
  }

  add(at: number, what: Visit | Event): void {
    this.all.push({ ...what, at, id: this.all.length + 1 });
  }

  visit(at: number, browser: number, errand: Errand, user: number, pause?: number): void {
    const random = this.#random;
    this.add(at, {
      kind: "visit",
      browser,
      tab: random.below(4),
      errand,
      user: user % this.#settings.users,
      replica: random.below(this.#settings.replicas),
      pause: pause ?? (random.chance(0.7) ? random.between(0, 20) : random.between(20, 6_000)),
      patience: random.chance(0.06) ? random.between(1, 3_000) : null,
    });
  }

  /** Several tabs at once, of one browser or of all. */
  burst(at: number): void {
    const random = this.#random;
    const { browsers, users } = this.#settings;
    const width = random.pick([2, 40, 1_500]);
    const only = random.chance(0.5) ? random.below(browsers) : null;
    for (let count = 3 + random.below(6); count > 0; count--) {
      const browser = only ?? random.below(browsers);
      // A browser is mostly of one person.
      const user = random.chance(0.85) ? browser : random.below(users);
      this.visit(at + random.between(0, width), browser, random.pick(ERRAND_BAG), user);
    }
  }

  /** The holder of a lease is lost, and others come while somebody else renews. */
  stranding(at: number): void {
    const random = this.#random;
    const { browsers, refreshTimeout, replicas } = this.#settings;
    const lease = refreshTimeout + Math.max(SECOND, refreshTimeout / 4);
    this.add(at - 2 * SECOND, { kind: "trap", on: "sent", act: "strand", lasts: lease + random.between(200, 2_500) });
    for (let wave = at; wave < at + 2 * lease + 6 * SECOND; wave += SECOND) {
      const browser = random.below(browsers);
      for (let count = replicas; count > 0; count--)
        this.visit(wave + random.between(0, 20), browser, random.pick(["token", "members"]), browser);
    }
  }

  /** Around the end of the first tokens: edits that began before it end while others wait, and the store refuses the result at first. */
  meanwhile(expiry: number): void {
    const random = this.#random;
    const { browsers } = this.#settings;
    // What begins in the last fifth of a token's life renews it ahead of its end.
    const early = 0.79 * expiry;
    this.add(early, { kind: "trap", on: "heard", act: "cut-off", lasts: random.between(1, 20) });
    const browser = random.below(browsers);
    for (let count = 12; count > 0; count--) {
      this.visit(early + random.between(0, 300), browser, "edit", browser, expiry - early + random.between(300, 2_500));
    }
    for (let count = 6; count > 0; count--) {
      this.visit(expiry + random.between(500, 2_300), browser, "edit", browser, random.between(0, 20));
    }
  }

  event(): Event {
    const random = this.#random;
    const { replicas, users } = this.#settings;
    const replica = random.below(replicas);
    const user = random.below(users);
    const some = random.chance(0.5) ? replica : null;
    const choices: readonly (() => Event)[] = [
      () => ({ kind: "kill", replica, lasts: random.between(50, 20_000) }),
      () => ({ kind: "stop", replica, lasts: random.pick([random.between(10, 3_000), random.between(3_000, 60_000)]) }),
      () => ({ kind: "jump", replica, by: random.pick([2_500, 2_500, 40_000]) * random.between(-1, 1) }),
      () => ({
        kind: "store-trouble",
        replica: some,
        lasts: random.pick([random.between(10, 2_000), random.between(2_000, 40_000)]),
        how: random.pick(STORE_TROUBLES),
      }),
      () => ({
        kind: "provider-trouble",
        replica: some,
        lasts: random.pick([random.between(10, 2_000), random.between(2_000, 90_000)]),
        how: random.pick(PROVIDER_TROUBLES),
      }),
      () => ({ kind: "trap", on: random.pick(MOMENTS), act: random.pick(["kill", "stop"]), lasts: random.between(100, 30_000) }),
      () => ({ kind: "trap", on: "leased", act: random.pick(["stop", "jump"]), lasts: random.between(2_000, 25_000) }),
      () => ({ kind: "trap", on: "spent", act: "cut-off", lasts: random.between(50, 3_000) }),
      () => ({ kind: "trap", on: "heard", act: "cut-off", lasts: random.between(1, 40) }),
      () => ({ kind: "sweep", replica }),
      () => ({ kind: "end-all", user, replica }),
      () => ({ kind: "end-one", user, replica }),
      () => ({ kind: "sign-out", user, by: random.pick(["sid", "sub"]), replica }),
      () => ({ kind: "withdraw", user }),
    ];
    return random.pick(choices)();
  }

  /** Somebody has a copy of a browser's cookies, and tries them later. */
  theft(at: number, span: number): void {
    const random = this.#random;
    const { browsers } = this.#settings;
    this.add(at, { kind: "copy", from: random.below(browsers), to: browsers });
    for (let count = 2 + random.below(4); count > 0; count--) {
      const errand = random.pick<Errand>(["read", "members", "members", "token", "edit", "logout"]);
      this.visit(at + random.pick([random.between(0, 15_000), random.between(0, span)]), browsers, errand, 0);
    }
  }
}
