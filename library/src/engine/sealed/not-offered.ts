/** What sessions in sealed cookies cannot do: the error of a call that asks for it all the same. */
import { CoatcheckError } from "../../core/errors.ts";

/** Nothing is kept of a session that could be listed, ended from elsewhere, or given tokens. */
export function notOffered(what: string, instead: string): CoatcheckError {
  const message = `${what} is not offered while sessions are kept in their cookies: ${instead}`;
  return new CoatcheckError("ERR_NOT_OFFERED", { message });
}

/** What helps if markers would be enough. */
export const NEEDS_MARKS = "give sealedCookie({ marks }) a store for markers (at the gateway cookie+<store>).";
/** What helps if sessions have to be found. */
export const NEEDS_STORE = "take a store that keeps sessions.";
