/** Moves all sessions to another store while replicas serve them, in the three steps of the guide. */
import type { SessionStore } from "coatcheck/contracts";
import type { MoveReport } from "coatcheck/move";
import { moveSessions } from "coatcheck/move";
import type { Serves } from "../backends/moved-stores.ts";
import { Random } from "./random.ts";
import type { Life } from "./replica.ts";
import { newWork, working } from "./work.ts";
import type { World } from "./world.ts";

/** How often it is looked whether the next step may begin, or the mover has died. */
const LOOKS_EVERY = 1_000;

/** One move, from the first replica that gets both stores to the last that has the new one alone. */
export class Move {
  readonly #world: World;
  readonly #random: Random;
  /** The longest that the mover waits before each of its calls: then users come in between. */
  readonly #pause: number;
  /** Where the movers run, those that have died too. */
  readonly #movers: { readonly life: Life; isOver: boolean }[] = [];
  #isDone = false;
  /** Every replica has the new store alone. */
  isOver = false;

  constructor(world: World, id: number) {
    this.#world = world;
    this.#random = Random.of(world.script.seed, 13, id);
    this.#pause = this.#random.pick([0, 30, 400]);
  }

  begin(): void {
    this.#give("both", () => this.#look());
  }

  /** One replica after another gets these stores, by a new process. */
  #give(serves: Serves, next: () => void): void {
    const gap = this.#random.between(100, 2_000);
    for (const replica of this.#world.replicas) {
      this.#later(gap * (replica.index + 1), `is to serve ${serves}`, () => replica.serve(serves));
    }
    this.#later(gap * (this.#world.replicas.length + 1), `all serve ${serves}`, next);
  }

  /** Begins when no process has the old store alone, and again where a mover died. At times a second one runs too. */
  #look(): void {
    if (this.#isDone) return;
    const lives = this.#world.replicas.flatMap((replica) => replica.lives);
    const mayBegin = lives.every((life) => life.serves !== "old" || life.isGone);
    const running = this.#movers.filter(({ life, isOver }) => !isOver && life.state !== "dead");
    const there = lives.filter((life) => life.state === "running" && life.serves === "both" && !life.isGone);
    const life = there.length === 0 ? undefined : this.#random.pick(there);
    if (mayBegin && life !== undefined && (running.length === 0 || this.#random.chance(0.1))) this.#run(life);
    this.#later(LOOKS_EVERY, "looks how far the move is", () => this.#look());
  }

  #run(life: Life): void {
    const random = new Random(this.#random.bits());
    const mover = { life, isOver: false };
    this.#movers.push(mover);
    const stop = new AbortController();
    const link = (which: "old" | "new"): SessionStore => this.#unhurried(life, which, random);
    const { clock } = life;
    const options = { from: link("old"), to: link("new"), clock, alone: true, page: 1 + random.below(4), signal: stop.signal };
    if (random.chance(0.3)) this.#later(random.between(10, 3_000), "stops the move", () => stop.abort());
    working(newWork(`mover on ${life.name}`, random), () => moveSessions(options)).then(
      (report) => {
        mover.isOver = true;
        this.#ended(report);
      },
      (error: unknown) => {
        mover.isOver = true;
        this.#world.note(() => `the mover fails: ${String(error)}`);
      },
    );
  }

  #ended({ outcome, proof }: MoveReport): void {
    this.#world.note(() => `the mover says: ${outcome}`);
    if (outcome === "differs") this.#world.violate(14, `the move says: ${proof.differences.join(" ")}`);
    if (this.#isDone || (outcome !== "done" && outcome !== "done before")) return;
    this.#isDone = true;
    this.#give("new", () => {
      this.isOver = true;
    });
  }

  #unhurried(life: Life, which: "old" | "new", random: Random): SessionStore {
    const store = this.#world.moved?.link(life, which);
    if (store?.scan === undefined) throw new TypeError("this run has one store");
    const late = <A extends readonly unknown[], R>(call: (...args: A) => R | Promise<R>) => {
      return async (...args: A): Promise<R> => {
        await life.clock.sleep(random.between(0, this.#pause));
        return call(...args);
      };
    };
    return {
      ...store,
      get: late(store.get),
      put: late(store.put),
      touch: late(store.touch),
      mark: late(store.mark),
      marked: late(store.marked),
      scan: late(store.scan),
    };
  }

  #later(delay: number, what: string, run: () => void): void {
    this.#world.scheduler.after(delay, { place: null, actor: "move", tell: () => what, run, wakes: true });
  }
}
