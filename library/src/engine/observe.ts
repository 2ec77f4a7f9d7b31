import type { MaybePromise, Report, Strategy, StrategyContext, Verdict } from "../contracts.ts";

/** A verdict, and which strategy it is from. */
export interface Observed {
  readonly verdict: Verdict;
  readonly by: string | null;
}

const NOBODY: Observed = { verdict: { kind: "abstain" }, by: null };

/** Asks the strategies in order; the first that does not abstain decides. What a strategy throws is an outage, never an absence. */
export function observe(strategies: readonly Strategy[], context: StrategyContext): MaybePromise<Observed> {
  return askFrom(strategies, 0, NOBODY, context);
}

function askFrom(
  strategies: readonly Strategy[],
  start: number,
  before: Observed,
  context: StrategyContext,
): MaybePromise<Observed> {
  let last = before;
  for (let index = start; index < strategies.length; index++) {
    const strategy = strategies[index];
    if (strategy === undefined) break;
    const verdict = ask(strategy, context);
    if (verdict instanceof Promise) {
      return verdict.then((found) => {
        const observed = weigh(found, strategy, last);
        return found.kind === "abstain" ? askFrom(strategies, index + 1, observed, context) : observed;
      });
    }
    last = weigh(verdict, strategy, last);
    if (verdict.kind !== "abstain") return last;
  }
  return last;
}

// An abstention that tells of a dead ticket is kept, for the answer may have to clear it.
function weigh(verdict: Verdict, strategy: Strategy, last: Observed): Observed {
  if (verdict.kind === "abstain" && verdict.dead === undefined && verdict.several === undefined) return last;
  return { verdict, by: verdict.kind === "abstain" ? null : strategy.name };
}

function ask(strategy: Strategy, context: StrategyContext): MaybePromise<Verdict> {
  try {
    const verdict = strategy.examine(context);
    return verdict instanceof Promise ? verdict.catch((cause: unknown) => outage(cause, context.report)) : verdict;
  } catch (cause) {
    return outage(cause, context.report);
  }
}

function outage(cause: unknown, report: Report): Verdict {
  report({ name: "store.failed", level: "error", reason: "read", error: cause });
  return { kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", cause };
}
