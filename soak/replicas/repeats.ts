/** Refresh tokens that the provider was shown twice, and what explains each. */
import type { Fault, TokenUse } from "../refresh/journal.ts";
import { explain } from "../refresh/judge.ts";
import type { Journals, Outage } from "./journal.ts";

/** A token that was presented again, and what explains it; `null`: nothing does. */
export interface Repeat {
  readonly session: string;
  readonly first: TokenUse;
  readonly again: TokenUse;
  readonly cause: Fault | Outage | null;
}

/** After an outage the results that were held are offered again within so long, milliseconds. */
const RETRIED = 3_000;

/** Each presentation after the first of each refresh token of a session. */
export function repeatsOf(session: string, journals: Journals): readonly Repeat[] {
  const grant = journals.grants.get(session);
  if (grant === undefined) return [];
  const byToken = Map.groupBy(
    journals.uses.filter((use) => use.grant === grant),
    ({ token }) => token,
  );
  const used = new Map<Fault, Set<string>>();
  return [...byToken.values()].flatMap((given) => {
    const uses = given.toSorted((one, other) => one.at - other.at);
    return uses.slice(1).flatMap((again, index): Repeat[] => {
      const first = uses[index];
      if (first === undefined) return [];
      const fault = explain(session, first, again, journals, used);
      if (fault !== null) used.set(fault, new Set([session]));
      return [{ session, first, again, cause: fault ?? outageOf(session, first, again, journals) }];
    });
  });
}

/**
 * The outage of the store that explains a repeat: it kept the result from being stored, and the lease stood for its
 * whole length before another took over. A result that was stored explains none.
 */
function outageOf(session: string, first: TokenUse, again: TokenUse, { outages, lines, lease }: Journals): Outage | null {
  const stored = lines.some(
    ({ by, event, at, session: about }) =>
      about === session && by === first.by && event === "refresh.completed" && at >= first.at && at <= again.at,
  );
  if (stored || again.at - first.at < lease.length - lease.margin) return null;
  const ofStore = outages.filter(({ kind }) => kind === "restart" || kind === "failover");
  return ofStore.find(({ from, until }) => from <= again.at && until + RETRIED >= first.answered) ?? null;
}
