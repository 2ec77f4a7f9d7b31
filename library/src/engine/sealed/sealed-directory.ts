/** The directory of sealed sessions: ends what markers can end, and refuses what would need the sessions themselves. */
import type { SessionDirectory, StatelessStore } from "../../contracts.ts";
import { NEEDS_MARKS, NEEDS_STORE, notOffered } from "./not-offered.ts";

/** No session can be listed or shown. Without markers none can be ended either. */
export function sealedDirectory(directory: SessionDirectory, { marks }: Pick<StatelessStore, "marks">): SessionDirectory {
  const refuse = async (what: string, instead: string): Promise<never> => {
    throw notOffered(what, instead);
  };
  const cannotFind = {
    list: () => refuse("sessions.list()", NEEDS_STORE),
    show: () => refuse("sessions.show()", NEEDS_STORE),
  };
  if (marks !== null) return { ...directory, ...cannotFind };
  return {
    ...cannotFind,
    end: () => refuse("sessions.end()", NEEDS_MARKS),
    endAll: () => refuse("endAll()", NEEDS_MARKS),
    signedOut: () => refuse("a logout by the provider", NEEDS_MARKS),
  };
}
