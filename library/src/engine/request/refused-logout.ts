/**
 * A logout that the store did not take: the cookie is cleared at once, and the process goes on trying to end the
 * session (S-45).
 */
import type { ErrorCode, RequestView, Settlement } from "../../contracts.ts";
import { readCookies } from "../../cookie/parse.ts";
import { clearCookie } from "../../cookie/serialize.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { hashSecret, parseTicket } from "../../crypto/ticket.ts";
import type { Unfinished } from "../lifecycle/unfinished-endings.ts";
import type { EngineOptions } from "./options.ts";
import type { Settling } from "./settlement.ts";

/** The most tickets of a request that are read. */
const MOST_TICKETS = 4;

/**
 * The user may be leaving a shared computer, so the cookie is cleared whether or not the store has taken the logout.
 */
export function refusedLogout<Data>(exchange: Settling<Data>, cause: CoatcheckError): Settlement {
  const { live, several } = exchange.held();
  const { unfinished, cookies } = exchange.options;
  const endings: readonly Unfinished[] =
    live === null ? several.map((id) => ({ id, reason: "logout" })) : [{ id: live.row.id, reason: "logout", before: live.row }];
  const promised = endings.map((ending) => unfinished.end(ending)).every(Boolean);
  // mutant: logout-keeps-cookie
  return { cookies: [clearCookie(cookies.session)], refusal: new CoatcheckError(codeOf(promised), { cause }) };
}

/**
 * The same if the look-up failed as well. The ticket is checked when the store is back: an id alone, which others may
 * know, ends nothing. `null`: no ticket was sent.
 */
export function unseenLogout<Data>(
  request: RequestView,
  { unfinished, cookies }: EngineOptions<Data>,
): { readonly code: ErrorCode; readonly cookies: readonly string[] } | null {
  const tickets = readCookies(request.header("cookie"), cookies.session.name).slice(0, MOST_TICKETS).map(parseTicket);
  const shown = tickets.filter((ticket) => ticket !== undefined);
  if (shown.length === 0) return null;
  const promised = shown.map(({ id, secret }) => unfinished.end({ id, reason: "logout", shown: hashSecret(secret) }));
  return { code: codeOf(promised.every(Boolean)), cookies: [clearCookie(cookies.session)] };
}

const codeOf = (promised: boolean): ErrorCode => (promised ? "ERR_LOGOUT_PENDING" : "ERR_LOGOUT_UNFINISHED");
