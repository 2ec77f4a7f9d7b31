/** First navigations of a proxy's user that arrive together: one of them begins the session. */
import { hash } from "node:crypto";
import type { ProvenSession, RequestView, Settlement } from "../../contracts.ts";
import type { LoginIntent } from "../../core/draft.ts";
import type { Asserted } from "./authenticate/authenticate.ts";
import { settle } from "./settle.ts";
import type { Settling } from "./settlement.ts";
import { UNCHANGED } from "./settlement.ts";

/** How long the marker stands, until the browser sends the cookie, milliseconds. */
const AHEAD = 5_000;

/** The login of an asserted user who has no session of their own yet. */
export function beginningOf(asserted: Asserted, proven: ProvenSession | null): LoginIntent | null {
  // mutant: new-session-each-page
  if (proven?.row.owner === asserted.owner) return null;
  return { ...asserted, fresh: false, tokens: null, provider: null, sid: null, issuedAt: null };
}

/**
 * Commits the login that a navigation begins by itself. A one-time marker by owner and user agent lets one of several
 * simultaneous requests store it; the others are served as their user, and store nothing (S-35). What a handler writes
 * is stored in any case, without this function.
 */
export async function settleFirstVisit<Data>(exchange: Settling<Data>, status: number): Promise<Settlement> {
  const { login } = exchange.draft;
  if (login === null || (await isFirst(exchange, login.owner))) return settle(exchange, status);
  return UNCHANGED;
}

async function isFirst<Data>({ options, request }: Settling<Data>, owner: string): Promise<boolean> {
  const now = options.clock.now();
  try {
    return await options.store.mark(visitMarker(owner, request), now + AHEAD, now);
  } catch {
    // Settling uses the store as well, and answers its outage.
    return true;
  }
}

function visitMarker(owner: string, request: RequestView): string {
  return `visit:${hash("sha256", `${owner}\n${request.header("user-agent") ?? ""}`, "base64url")}`;
}
