/** The session store as the engine sees it: fault injection between a process and the real store below. */
import type { EndReason, EndTarget, SessionRow, SessionStore } from "coatcheck/contracts";
import { expectAfterGap } from "../clients/streams.ts";
import type { StoreTrouble } from "../script/script.ts";
import { Random } from "../world/random.ts";
import type { Life } from "../world/replica.ts";
import type { Work } from "../world/work.ts";
import { currentWork } from "../world/work.ts";
import type { World } from "../world/world.ts";
import { value } from "./sessions.ts";

/**
 * What becomes of one call. `waits`: it fails after a while, and did nothing; `hangs`: it is never answered, and may
 * have done something.
 */
type Outcome = "well" | "fails-before" | "fails-after" | "waits" | "hangs";

/** How long a busy store lets a call wait before it says no. */
const BUSY = 1_000;
/** How long a store waits for its replica. */
const UNCONFIRMED = 100;

/**
 * The way from a process to the store. A call takes effect at one time and is answered at another; it can fail before
 * it took effect, and after. What it did goes into the books of the run.
 */
export function linkStore(world: World, life: Life, base: SessionStore): SessionStore {
  const { sessions } = world;
  const call = <T>(about: string, what: () => string, effect: (work: Work) => T, writes: Writes<T> = NOTHING): T | Promise<T> =>
    new Call(world, life, about, what, effect, writes).send();
  const name = (id: string): string => sessions.aliasOf(id);

  return {
    name: base.name,
    capabilities: { ...base.capabilities, shared: true, watch: world.settings.watch },
    get: (id) =>
      call(
        id,
        () => `get ${name(id)}`,
        () => sessions.read(base, id),
      ),
    put: (row, condition) => {
      let before: SessionRow | undefined;
      return call(
        row.id,
        () => `put ${name(row.id)} ${condition === "absent" ? "if absent" : `if still ${condition}`}${endOf(row)}`,
        (work) => {
          before = sessions.get(row.id)?.row;
          return sessions.put(base, row, condition, work, life);
        },
        (written) => (written ? changeOf(before, row) : null),
      );
    },
    touch: (id, seen) =>
      call(
        id,
        () => `touch ${name(id)}`,
        (work) => sessions.touch(base, id, seen, work),
      ),
    end: (target, reason, now) =>
      call(
        "id" in target ? target.id : "",
        () => `end ${targetOf(target, name)}: ${reason}`,
        (work) => sessions.end(base, target, reason, now, work),
        // Also where all had ended: the caller may have been told nothing of that.
        (ended) => (ended.length > 0 ? "an ending" : ""),
      ),
    list: (query, limit, now) =>
      call(
        "",
        () => "list",
        () => value(base.list(query, limit, now)),
      ),
    mark: (key, until, now, content) =>
      call(
        "",
        () => `mark ${key.slice(0, 40)}`,
        ({ order }) => {
          if (order !== null) order.markStep ??= world.scheduler.steps;
          return value(base.mark(key, until, now, content));
        },
        () => "a mark",
      ),
    marked: (key, now) =>
      call(
        "",
        () => `marked ${key.slice(0, 40)}`,
        ({ asked }) => {
          if (asked !== null && key.startsWith("owner:")) asked.markReadStep ??= world.scheduler.steps;
          return value(base.marked(key, now));
        },
      ),
    sweep: (limit, now) =>
      call(
        "",
        () => "sweep",
        () => sessions.sweep(base, limit, now),
      ),
    close: () => undefined,
    ...(world.settings.watch ? { watch: watchOf(world, life) } : {}),
  };
}

/** Tells of endings late, and now and then not at all: then it may tell of a gap, or not even know of it. */
function watchOf(world: World, life: Life): NonNullable<SessionStore["watch"]> {
  const { random } = life.work;
  const gaps = Random.of(world.script.seed, 10, life.replica.index, life.replica.lives.length);
  return (listener, gap) => {
    const tellGap = (within: number): void => {
      const run = (): void => {
        gap?.();
        expectAfterGap(world, life);
      };
      const happening = { place: life, actor: life.name, tell: () => "is told of a gap", run, wakes: true };
      if (life.state !== "dead") world.scheduler.after(gaps.between(0.2, within), happening);
    };
    const tell = (id: string, reason: EndReason): void => {
      if (life.state === "dead") return;
      if (random.chance(0.1)) {
        if (gaps.chance(0.7)) tellGap(400);
        return;
      }
      const told = (): string => `is told that ${world.sessions.aliasOf(id)} ended`;
      const run = (): void => listener({ id, reason });
      world.scheduler.after(random.between(0.2, 400), { place: life, actor: life.name, tell: told, run, wakes: true });
    };
    world.listeners.add(tell);
    world.gaps.add(tellGap);
    return () => {
      world.listeners.delete(tell);
      world.gaps.delete(tellGap);
    };
  };
}

/** What a put changes, as the table of failovers in docs/stores.md names it. */
function changeOf(before: SessionRow | undefined, row: SessionRow): string {
  if (before === undefined) return "a new session";
  if (row.ended !== null) return "an ending";
  if (row.secretHash !== before.secretHash) return "a rotation";
  if (row.tokenExpires !== before.tokenExpires) return "renewed tokens";
  if (row.lease !== null) return "a lease";
  return before.lease === null ? "an edit" : "a failed refresh";
}

function endOf({ ended, reason }: SessionRow): string {
  return ended === null ? "" : `, ended: ${reason}`;
}

function targetOf(target: EndTarget, name: (id: string) => string): string {
  if ("id" in target) return name(target.id);
  return "owner" in target ? `all of ${target.owner}` : `all of sid ${target.sid}`;
}

/** What an answer says that the call has written; `null`: nothing that a store waits for its replica with. */
type Writes<T> = (answer: T) => string | null;
const NOTHING = (): null => null;

class Call<T> {
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
    if (settings.store === "losing") {
      if (written !== "") acknowledged.push(written);
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
