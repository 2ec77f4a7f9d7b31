/** Draws what happens in every run: visits, operators' orders, faults of store, provider and processes. */
import type { Random } from "../world/random.ts";
import { ERRANDS, PORTAL_ERRANDS } from "./errands.ts";
import type { Errand, Event, Item, Moment, ProgramStep, ProviderTrouble, Settings, StoreTrouble, Via, Visit } from "./script.ts";

const SECOND = 1_000;

/** Most come through the portal, in good order. */
const VIAS: readonly Via[] = [
  ...Array.from({ length: 24 }, (): Via => "portal"),
  ...(["direct", "direct", "direct", "forged", "forged", "forged"] as const),
  "garbled",
  "unproven",
  "unsure",
];

const STORE_TROUBLES: readonly StoreTrouble[] = ["refuses", "loses-answers", "slow"];
const PROVIDER_TROUBLES: readonly ProviderTrouble[] = ["refuses", "error", "busy", "loses-answers", "slow"];

const MOMENTS: readonly Moment[] = ["leased", "leased", "spent", "spent", "stored", "signed-in"];

/** Collects what happens in a run, each thing with a name of its own. */
export class Items {
  readonly all: Item[];
  readonly #random: Random;
  readonly #settings: Settings;

  constructor(random: Random, settings: Settings, all: Item[] = []) {
    this.all = all;
    this.#random = random;
    this.#settings = settings;
  }

  add(at: number, what: Visit | ProgramStep | Event): void {
    this.all.push({ ...what, at, id: this.all.length + 1 });
  }

  visit(at: number, browser: number, errand: Errand, user: number, fixed: Partial<Visit> = {}): void {
    const random = this.#random;
    this.add(at, {
      kind: "visit",
      browser,
      tab: random.below(4),
      errand,
      via: this.#settings.proxy === null ? "direct" : random.pick(VIAS),
      user: user % this.#settings.users,
      replica: random.below(this.#settings.replicas),
      pause: random.chance(0.7) ? random.between(0, 20) : random.between(20, 6_000),
      hangsUpAfter: random.chance(0.06) ? random.between(1, 3_000) : null,
      ...fixed,
    });
  }

  /** Several tabs at once, of one browser or of all. */
  burst(at: number): void {
    const random = this.#random;
    const { browsers, users, proxy } = this.#settings;
    const width = random.pick([2, 40, 1_500]);
    const only = random.chance(0.5) ? random.below(browsers) : null;
    for (let count = 3 + random.below(6); count > 0; count--) {
      const browser = only ?? random.below(browsers);
      // A browser is mostly of one person.
      const user = random.chance(0.85) ? browser : random.below(users);
      const errand = random.pick(proxy === null ? ERRANDS : PORTAL_ERRANDS);
      this.visit(at + random.between(0, width), browser, errand, user);
    }
  }

  /** The holder of a lease is lost, and others come while another process refreshes. */
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

  /**
   * Around the end of the first tokens: edits that began before it end while others wait, and the store refuses the
   * result at first.
   */
  meanwhile(expiry: number): void {
    const random = this.#random;
    const { browsers } = this.#settings;
    // What begins in the last fifth of a token's life refreshes it ahead of its end.
    const early = 0.79 * expiry;
    this.add(early, { kind: "trap", on: "heard", act: "cut-off", lasts: random.between(1, 20) });
    const browser = random.below(browsers);
    for (let count = 12; count > 0; count--) {
      this.visit(early + random.between(0, 300), browser, "edit", browser, {
        pause: expiry - early + random.between(300, 2_500),
      });
    }
    for (let count = 6; count > 0; count--) {
      this.visit(expiry + random.between(500, 2_300), browser, "edit", browser, { pause: random.between(0, 20) });
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

  /**
   * A person signs in with several browsers while all of their sessions are ended, again and again: the two meet in
   * every order.
   */
  overtaken(at: number): void {
    const random = this.#random;
    const { browsers, users, replicas } = this.#settings;
    const user = random.below(users);
    for (let count = 4; count > 0; count--) this.visit(at + random.between(0, 40), random.below(browsers), "login", user);
    for (let count = 10; count > 0; count--)
      this.add(at + random.between(5, 110), { kind: "end-all", user, replica: random.below(replicas) });
  }

  /**
   * Who is signed in signs in again while other tabs write, and an administrator ends whatever session of theirs is the
   * newest.
   */
  surprised(at: number): void {
    const random = this.#random;
    const { browsers, replicas } = this.#settings;
    const browser = random.below(browsers);
    this.visit(Math.max(0, at - 3 * SECOND), browser, "login", browser, { hangsUpAfter: null });
    for (let count = 3; count > 0; count--)
      this.visit(at + random.between(0, 40), browser, "login", browser, { hangsUpAfter: null });
    for (let count = 12; count > 0; count--) {
      this.visit(at + random.between(0, 120), browser, "edit", browser, { pause: random.between(0, 3) });
      const replica = random.below(replicas);
      this.add(at + random.between(0, 120), { kind: "end-one", user: browser % this.#settings.users, replica, newest: true });
    }
  }

  /** A thief has a copy of a browser's cookies, and tries them later. */
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
