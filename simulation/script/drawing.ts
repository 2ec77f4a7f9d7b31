/** What draws items of one kind for a run: from its chances, for its settings, near its moments. */
import type { Random } from "../world/random.ts";
import type { Items } from "./items.ts";
import type { Settings } from "./script.ts";

export abstract class Drawing {
  protected readonly items: Items;
  protected readonly random: Random;
  protected readonly settings: Settings;
  /** How far off a moment its items may be: the earliest and the latest, milliseconds. */
  protected abstract readonly around: readonly [earliest: number, latest: number];
  readonly #moments: readonly number[];

  constructor(items: Items, random: Random, settings: Settings, moments: readonly number[]) {
    this.items = items;
    this.random = random;
    this.settings = settings;
    this.#moments = moments;
  }

  /** Around one of the moments; never before the beginning. */
  protected near(): number {
    return Math.max(0, this.random.pick(this.#moments) + this.random.between(...this.around));
  }
}
