/** Draws what programs of users do with tokens of ours: refresh at once, repeat, come late, use, revoke. */
import { Drawing } from "./drawing.ts";
import type { ProgramAct } from "./script.ts";

const SECOND = 1_000;

/** What a program does at some time, as often as that. */
const ACTS: readonly ProgramAct[] = [
  ...Array.from({ length: 8 }, (): ProgramAct => "refresh"),
  ...Array.from({ length: 6 }, (): ProgramAct => "use"),
  "previous",
  "previous",
  "previous",
  "old",
  "made-up",
  "issue",
  "revoke",
];

export class ProgramItems extends Drawing {
  protected override readonly around = [-SECOND, 4 * SECOND] as const;

  /** Each person's program gets tokens, and lives on them; at times all that a user has is ended meanwhile. */
  all(): void {
    const { browsers } = this.settings;
    for (let browser = 0; browser < browsers; browser++) {
      this.#at(this.random.between(SECOND, 6 * SECOND), browser, "issue");
      for (let count = 2 + this.random.below(4); count > 0; count--) this.#burst(this.near(), browser);
      for (let count = this.random.below(4); count > 0; count--) this.#one(this.near(), browser);
    }
    if (this.random.chance(0.3)) this.#overtaken();
  }

  /** The same refresh token at several replicas at once, and again a little later, or much. */
  #burst(at: number, browser: number): void {
    const random = this.random;
    const width = random.pick([2, 40, 1_500]);
    for (let count = 2 + random.below(4); count > 0; count--) this.#at(at + random.between(0, width), browser, "refresh");
    for (let count = random.below(3); count > 0; count--) {
      this.#at(at + width + random.between(50, 9 * SECOND), browser, random.pick(["previous", "use"]));
    }
    if (random.chance(0.2)) this.#at(at + width + random.between(12, 40) * SECOND, browser, random.pick(["previous", "old"]));
  }

  #one(at: number, browser: number): void {
    this.#at(at, browser, this.random.pick(ACTS));
  }

  /** Tokens are given while all of the user is ended. */
  #overtaken(): void {
    const random = this.random;
    const { browsers, users, replicas } = this.settings;
    const browser = random.below(browsers);
    const at = this.near();
    for (let count = 4; count > 0; count--) this.#at(at + random.between(0, 40), browser, "issue");
    for (let count = 4; count > 0; count--) {
      const user = browser % users;
      this.items.add(at + random.between(0, 45), { kind: "end-all", user, replica: random.below(replicas) });
    }
  }

  #at(at: number, browser: number, act: ProgramAct): void {
    this.items.add(at, { kind: "program", browser, act, replica: this.random.below(this.settings.replicas) });
  }
}
