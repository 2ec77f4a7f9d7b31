/** The head of a trace: the settings and the script of a seed in words. */
import type { Script } from "./script/script.ts";
import { tellEvent } from "./world/events.ts";

/** What a run is made of, before its steps are told. */
export function describe({ seed, settings, items }: Script): readonly string[] {
  const { skews, ...rest } = settings;
  const told = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`,
  );
  const lines = [
    `seed ${seed}: ${told.join(", ")}`,
    `wall clocks off by ${skews.map((skew) => `${Math.round(skew)} ms`).join(", ")}`,
  ];
  for (const item of items) {
    if (item.kind !== "visit") lines.push(`  #${item.id} at ${(item.at / 1_000).toFixed(3)} s: ${tellEvent(item)}`);
  }
  return [...lines, `${items.filter((item) => item.kind === "visit").length} visits`, ""];
}
