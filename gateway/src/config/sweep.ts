/** When dead rows are deleted from the store. */
import { duration, integer } from "./kinds/kinds.ts";
import { fallback, object } from "./kinds/shape.ts";

export const sweep = object({
  every: fallback(
    duration("0", "7d"),
    "The time between two sweeps, give or take a fifth; over all processes on a store one sweep is enough. 0: none, `coatcheck sweep` does it.",
    "1h",
    { env: "COATCHECK_SWEEP_EVERY" },
  ),
  batch: fallback(integer(1, 10_000), "Most rows that one call of the store deletes; fewer if it takes long.", 1_000),
  within: fallback(duration("1s", "1d"), "A sweep stops after this long, and the next one goes on from there.", "10m"),
});
