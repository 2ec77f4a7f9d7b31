/** One call of the store: when it takes effect, when it is answered, and what goes wrong with it. */
import type { StoreTrouble } from "../script/script.ts";
import type { Life } from "../world/replica.ts";
import { currentWork, type Work } from "../world/work.ts";
import type { World } from "../world/world.ts";
import type { Written } from "./lost-writes.ts";

/**
 * What becomes of one call. `waits`: it fails after a while, and did nothing; `hangs`: it is never answered, and may
 * have done something.
 */
type Outcome = "well" | "fails-before" | "fails-after" | "waits" | "hangs";

/** How long a busy store lets a call wait before it says no. */
const BUSY = 1_000;
/** How long a store waits for its replica. */
const UNCONFIRMED = 100;

/** What an answer says that the call has written; `null`: nothing that a store waits for its replica with. */
export type Writes<T> = (answer: T) => readonly Written[] | null;
export const NOTHING = (): null => null;

export class Call<T> {
  readonly #world: World;
  readonly #life: Life;
  readonly #work: Work;
  readonly #about: string;
  readonly #what: () => string;
  readonly #effect: (work: Work) => T;
  readonly #writes: Writes<T>;
  readonly #outcome: Outcome;
  readonly #slow: boolean;

  constructor(world: World, life: Life, about: string, what: () => string, effect: (work: Work) => T, writes: Writes<T>) {
    this.#world = world;
    this.#life = life;
    this.#work = currentWork() ?? life.work;
    this.#about = about;
    this.#what = what;
    this.#effect = effect;
    this.#writes = writes;
    const { replica } = life;
    const { now } = world.scheduler;
    const trouble = world.storeTroubles.find((one) => one.until > now && (one.replica === null || one.replica === replica.index));
    this.#slow = trouble?.how === "slow";
    this.#outcome = world.calm ? "well" : this.#draw(trouble?.how);
    if (this.#outcome !== "well" || this.#slow) {
      life.storeTrouble(about);
      this.#work.troubles += 1;
    }
  }

  #draw(trouble: StoreTrouble | undefined): Outcome {
    const { random } = this.#work;
    if (trouble === "refuses") return "fails-before";
    if (trouble === "busy") return random.chance(0.7) ? "waits" : "well";
    if (trouble === "hangs") return random.chance(0.5) ? "hangs" : "well";
    if (trouble === "loses-answers") return random.chance(0.8) ? "fails-after" : "well";
    if (!random.chance(this.#world.settings.storeNoise)) return "well";
    return random.chance(0.5) ? "fails-before" : "fails-after";
  }

  send(): T | Promise<T> {
    const { answers } = this.#world.settings;
    const atOnce = answers === "at-once" || (answers === "mixed" && this.#work.random.chance(0.5));
    const waits = this.#slow || this.#outcome === "waits" || this.#outcome === "hangs";
    if (atOnce && !waits) return this.#now();
    return new Promise((resolve, reject) => this.#later(resolve, reject));
  }

  #now(): T {
    if (this.#outcome === "fails-before") throw new Error("the store is away");
    const answer = this.#effect(this.#work);
    this.#world.note(() => `${this.#life.name} store: ${this.#what()} → ${said(answer)}`);
    if (this.#outcome === "fails-after") throw new Error("the store's answer is lost");
    if (!this.#isConfirmed(answer)) throw new Error("no replica has it in time");
    return answer;
  }

  /** Whether the store may acknowledge what it did: its replica has it, or it does not wait for that. */
  #isConfirmed(answer: T): boolean {
    const { replicated, settings, acknowledged } = this.#world;
    const written = replicated?.isCut === true ? this.#writes(answer) : null;
    if (written === null) return true;
    const { loses } = settings;
    if (settings.store === "losing" && written.every(({ kind }) => loses === null || loses === kind)) {
      acknowledged.push(...written);
      return true;
    }
    this.#life.storeTrouble(this.#about);
    this.#work.troubles += 1;
    return false;
  }

  #later(resolve: (answer: T) => void, reject: (error: Error) => void): void {
    const { scheduler } = this.#world;
    if (this.#outcome === "fails-before" || this.#outcome === "waits") {
      const busy = this.#outcome === "waits" ? BUSY : 0;
      this.#arrives("is refused by the store", () => reject(new Error("the store is away")), busy);
      return;
    }
    if (this.#outcome === "hangs" && this.#work.random.chance(0.5)) return;
    scheduler.after(this.#delay(), {
      place: null,
      actor: this.#work.actor,
      tell: () => `store: ${this.#what()}`,
      wakes: false,
      run: () => {
        // A process that died took what it had not sent with it.
        if (this.#life.state === "dead" && this.#work.random.chance(0.5)) return;
        const answer = this.#effect(this.#work);
        this.#world.note(() => `→ ${said(answer)}`);
        if (this.#outcome === "hangs") return;
        if (this.#outcome === "well" && !this.#isConfirmed(answer))
          this.#arrives(
            "hears that no replica has it in time",
            () => reject(new Error("no replica has it in time")),
            UNCONFIRMED,
          );
        else if (this.#outcome === "well") this.#arrives("hears from the store", () => resolve(answer));
        else this.#arrives("loses the store's answer", () => reject(new Error("the store's answer is lost")));
      },
    });
  }

  #arrives(tell: string, run: () => void, waited = 0): void {
    const told = (): string => `${tell}: ${this.#what()}`;
    this.#world.scheduler.after(waited + this.#delay(), {
      place: this.#life,
      actor: this.#work.actor,
      tell: told,
      run,
      wakes: true,
    });
  }

  #delay(): number {
    const { random } = this.#work;
    const { tempo } = this.#world.settings;
    if (this.#slow) return random.between(50, 4_000);
    const luck = random.unit();
    if (luck < 0.75 || tempo === 0) return random.between(0.1, 3);
    if (luck < 1 - 0.06 * tempo) return random.between(1, 40);
    // So late is as good as lost for the holder of a lease that stands for three seconds.
    const late = random.between(40, 1_500);
    if (late > 500) this.#life.storeTrouble(this.#about);
    return late;
  }
}

function said(answer: unknown): string {
  if (typeof answer === "boolean") return answer ? "yes" : "no";
  if (answer === undefined) return "nothing";
  if (Array.isArray(answer)) return `${answer.length}`;
  return typeof answer === "object" && answer !== null && "version" in answer
    ? `version ${String(answer.version)}`
    : String(answer);
}
