/** Mutants of what ends sessions, in `library/src/engine`, that are the same program in other words. */
import type { Equivalent } from "./equivalents.ts";

export const ENDINGS: readonly Equivalent[] = [
  {
    path: "engine/lifecycle/unfinished-endings.ts",
    line: 'const key = `${ending.shown ?? ""} ${ending.id}`',
    operators: ["string"],
    reason: "no hash of a secret is that either",
  },
  {
    path: "engine/lifecycle/unfinished-endings.ts",
    line: "if (this.#doubtful.length >= 2 * this.#options.most)",
    operators: ["condition"],
    to: "true",
    reason: "forgets keys that are passed by anyway, sooner",
  },
  {
    path: "engine/lifecycle/unfinished-endings.ts",
    line: "if (this.#doubtful.length >= 2 * this.#options.most)",
    operators: ["arithmetic", "number", "boundary"],
    reason: "forgets keys that are passed by anyway, sooner or a little later",
  },
  {
    path: "engine/lifecycle/unfinished-endings.ts",
    line: 'signal.addEventListener("abort", late, { once: true })',
    operators: ["boolean"],
    reason: "a signal is aborted once, and the listener is taken away when the work is over",
  },
  {
    path: "engine/lifecycle/endings.ts",
    line: "(runsOut <= now ? -1 : due)",
    operators: ["number"],
    reason: "nothing else comes before the beginning of time, by however much",
  },
  {
    path: "engine/lifecycle/endings.ts",
    line: "if (found.length > MOST_LOOKUPS)",
    operators: ["condition"],
    to: "true",
    reason: "saves sorting: so many are all asked in this tick, in whatever order",
  },
  {
    path: "engine/lifecycle/endings.ts",
    line: "this.#stopPush === null ? TICK / 2 : ROUND",
    operators: ["number"],
    reason: "somewhere before the next tick, and no look-up is made between two",
  },
];
