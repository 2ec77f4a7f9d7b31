/** One-time markers while sessions are moved: the old store decides about them until all has arrived. */
import type { Way } from "./hand-over.ts";
import type { Phase } from "./phase.ts";

/**
 * The old store says who was first, since every process asks it. When the move is done there may be processes that ask
 * the new one alone: then it has to agree, and its values count.
 */
export class MovingMarkers {
  readonly #way: Way;
  readonly #phase: Phase;

  constructor(way: Way, phase: Phase) {
    this.#way = way;
    this.#phase = phase;
  }

  async mark(key: string, until: number, now: number, value: string): Promise<boolean> {
    const { from, to } = this.#way;
    const isDone = await this.#phase.isDone();
    const isFirst = await from.mark(key, until, now, value);
    if (!(await this.#phase.hasBegun())) return isFirst;
    // Who was first writes it there, and may be about to ask whether they are.
    const isOthers = !isFirst && value === "" && (await to.marked(key, now)) === undefined;
    if (isOthers) return false;
    const agrees = await to.mark(key, until, now, value);
    return isFirst && (agrees || !isDone);
  }

  async marked(key: string, now: number): Promise<string | undefined> {
    const { from, to } = this.#way;
    const there = (await this.#phase.isDone()) ? await to.marked(key, now) : undefined;
    // One that was just set here may be on its way there.
    return there ?? from.marked(key, now);
  }
}
