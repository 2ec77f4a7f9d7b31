/**
 * Where something happens. What is to happen in a process waits while that is stopped, and never happens once it is
 * dead.
 */
export interface Place {
  readonly name: string;
  readonly state: "running" | "stopped" | "dead";
}

/** One thing that is going to happen. */
export interface Happening {
  readonly due: number;
  /** `null`: in the world outside of our processes. */
  readonly place: Place | null;
  /** Who it is for, as a trace names them. */
  readonly actor: string;
  /** Says what happens; called for traces alone, after `run`. */
  readonly tell: () => string;
  readonly run: () => void;
  /** Whether an actor may now go on who has to be let run: all but what happens outside of our processes. */
  readonly wakes: boolean;
}

interface Pending extends Omit<Happening, "due"> {
  due: number;
  order: number;
  cancelled: boolean;
}

/** Stops something from happening. */
export type Cancel = () => void;

/**
 * Everything that happens, one thing at a time, by a time of its own. What makes something happen chooses a random
 * delay; that alone decides the order, so that every interleaving can come up and each comes again with its seed.
 */
export class Scheduler {
  /** The time that is true, in milliseconds from the beginning of the run. No process knows it. */
  now = 0;
  /** How many things have happened. */
  steps = 0;
  readonly #heap: Pending[] = [];
  readonly #waiting: Pending[] = [];
  #order = 0;

  after(delay: number, happening: Omit<Happening, "due">): Cancel {
    const pending: Pending = { ...happening, due: this.now + Math.max(0, delay), order: this.#order++, cancelled: false };
    this.#push(pending);
    return () => {
      pending.cancelled = true;
    };
  }

  /** What waited for a stopped process is to happen now, in the order in which it was due. */
  resume(place: Place): void {
    const due = this.#waiting.filter((pending) => pending.place === place);
    const kept = this.#waiting.filter((pending) => pending.place !== place);
    this.#waiting.length = 0;
    this.#waiting.push(...kept);
    for (const pending of due) {
      pending.due = this.now;
      pending.order = this.#order++;
      this.#push(pending);
    }
  }

  /** The next thing that happens until `until`; `undefined` where nothing does. Time passes to it. */
  next(until: number): Happening | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.due > until) return undefined;
      this.#pop();
      if (first.cancelled || first.place?.state === "dead") continue;
      if (first.due > this.now) this.now = first.due;
      if (first.place?.state === "stopped") {
        this.#waiting.push(first);
        continue;
      }
      this.steps += 1;
      return first;
    }
  }

  #push(pending: Pending): void {
    const heap = this.#heap;
    let at = heap.push(pending) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !before(pending, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = pending;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const one = heap[left];
      if (one === undefined) break;
      const other = heap[left + 1];
      const right = other !== undefined && before(other, one);
      const child = right ? other : one;
      if (!before(child, last)) break;
      heap[at] = child;
      at = right ? left + 1 : left;
    }
    heap[at] = last;
  }
}

function before(one: Pending, other: Pending): boolean {
  return one.due === other.due ? one.order < other.order : one.due < other.due;
}

/** Lets all tasks that can go on do so, until each waits for something to happen. */
export function letRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
