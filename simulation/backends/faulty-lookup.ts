/** The account resolver as the engine sees it: fault injection between a process and the table of users. */
import { CoatcheckError, type Known, type ResolverOptions } from "coatcheck";
import type { LookupTrouble } from "../script/script.ts";
import type { Life } from "../world/replica.ts";
import type { Work } from "../world/work.ts";
import { currentWork } from "../world/work.ts";
import type { World } from "../world/world.ts";
import type { Account, Lookup } from "./accounts.ts";

type Answered = Exclude<Known, null>;
/** What becomes of one call. */
type Outcome = LookupTrouble | "well";

const NOISE: readonly Outcome[] = ["throws", "throws", "hangs", "slow"];

/**
 * The way from a process to the app's own table of users: asked at one time, read at another, answered late, with an
 * error, or never.
 */
export function linkAccounts(world: World, life: Life): Pick<ResolverOptions, "resolve" | "register"> {
  const { accounts } = world;
  return {
    resolve: ({ subject }) => {
      const lookup = accounts.asks(life, subject, "resolve");
      return new LookupCall(world, lookup, () => accounts.read(subject)).send(knownOf);
    },
    register: ({ subject }) => {
      const lookup = accounts.asks(life, subject, "register");
      return new LookupCall(world, lookup, () => accounts.register(subject)).send(someoneOf);
    },
  };
}

function knownOf(account: Account): Known {
  return account.kind === "unknown" ? null : someoneOf(account);
}

function someoneOf(account: Account): Answered {
  if (account.kind === "unknown") throw new TypeError("a registered user is known");
  return account.kind === "found" ? { owner: account.owner } : { blocked: true, owner: account.owner };
}

class LookupCall {
  readonly #world: World;
  readonly #lookup: Lookup;
  readonly #work: Work;
  readonly #effect: () => Account;
  readonly #outcome: Outcome;

  constructor(world: World, lookup: Lookup, effect: () => Account) {
    this.#world = world;
    this.#lookup = lookup;
    this.#work = currentWork() ?? lookup.life.work;
    this.#effect = effect;
    this.#outcome = world.calm ? "well" : this.#draw();
  }

  #draw(): Outcome {
    const { scheduler, lookupTroubles, settings } = this.#world;
    const { index } = this.#lookup.life.replica;
    const trouble = lookupTroubles.find((one) => one.until > scheduler.now && (one.replica === null || one.replica === index));
    if (trouble !== undefined) return trouble.how;
    return this.#work.random.chance(settings.lookupNoise) ? this.#work.random.pick(NOISE) : "well";
  }

  send<T>(read: (account: Account) => T): T | Promise<T> {
    const { answers } = this.#world.settings;
    const { random } = this.#work;
    const atOnce = answers === "at-once" || (answers === "mixed" && random.chance(0.5));
    if (!atOnce || this.#outcome === "slow" || this.#outcome === "hangs") {
      return new Promise((resolve, reject) => this.#later((account) => resolve(read(account)), reject));
    }
    if (this.#outcome === "throws") throw this.#failure();
    return read(this.#answer(this.#effect()));
  }

  #later(resolve: (account: Account) => void, reject: (error: Error) => void): void {
    if (this.#outcome === "throws") {
      this.#happens("is refused by the users' table", this.#lookup.life, () => reject(this.#failure()));
      return;
    }
    this.#happens("users' table", null, () => {
      const account = this.#effect();
      this.#world.note(() => `→ ${account.kind === "found" ? account.owner : account.kind}`);
      if (this.#outcome === "hangs") return;
      this.#happens("hears from the users' table", this.#lookup.life, () => resolve(this.#answer(account)));
    });
  }

  #answer(account: Account): Account {
    this.#world.accounts.hears(this.#lookup, account);
    return account;
  }

  #failure(): Error {
    this.#world.accounts.hears(this.#lookup, null);
    return new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "the users' table is away" });
  }

  #happens(what: string, place: Life | null, run: () => void): void {
    const { how, subject } = this.#lookup;
    const tell = (): string => `${what}: ${how} ${subject}`;
    const actor = this.#work.actor;
    this.#world.scheduler.after(this.#delay(), { place, actor, tell, run, wakes: place !== null });
  }

  #delay(): number {
    const { random } = this.#work;
    if (this.#outcome === "slow") return random.between(100, 4_000);
    return random.chance(0.8) ? random.between(0.1, 5) : random.between(5, 100 + 1_500 * this.#world.settings.tempo);
  }
}
