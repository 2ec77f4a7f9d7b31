/** Mutants that only a store shows which fails over, or whose push has a gap. */
import { BREAKS, LOST_KINDS } from "../backends/lost-writes.ts";
import type { Mutant } from "./mutant.ts";
import { always, dropped, never, one, to } from "./mutant.ts";
import { condition, operand, value } from "./parts.ts";

const confirming = (mutant: Mutant): Mutant => ({ ...mutant, store: "confirming" });

export const FAILOVER_MUTANTS: readonly Mutant[] = [
  confirming(
    one("counted-versions", "each write raises the version by one, so that a failover counts it twice (ABA)", [value], to("1")),
  ),
  confirming(
    one("lease-read-back", "a lease that was read back, and acknowledged to nobody, is used", [condition, operand(0)], never),
  ),
  confirming(one("result-read-back", "renewed tokens that were read back count as stored", [condition], always)),
  confirming(one("refusal-read-back", "an ending by the provider that was read back counts as done", [], dropped)),
  confirming(one("ending-read-back", "an ending that was read back counts as done", [], dropped)),
  confirming(one("gap-unheeded", "a store tells that endings may have been missed, and nobody looks", [], dropped)),
];

/** Stores, not engines: each waits for its replica with every write but one kind, and loses just that. */
export const STORE_MUTANTS: readonly Mutant[] = LOST_KINDS.filter((kind) => BREAKS[kind].length > 0).map((loses) => ({
  name: `loses ${loses}`.replaceAll(" ", "-"),
  broken: `a store acknowledges ${loses} before its replica has it`,
  edits: [],
  store: "losing",
  loses,
}));
