/**
 * A logout that the store did not take: the cookie is cleared at once, and the process goes on trying to end the
 * session (S-45).
 */
import type { ErrorCode, RequestView, Settlement } from "../../contracts.ts";
import { readCookies } from "../../cookie/parse.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { hashSecret, parseTicket } from "../../crypto/ticket.ts";
import type { Unfinished } from "../lifecycle/unfinished-endings.ts";
import type { EngineOptions } from "./options.ts";
import { clearedSession } from "./sealed-cookies.ts";
import type { Settling } from "./settlement.ts";

/** The most tickets of a request that are read. */
const MOST_TICKETS = 4;

/**
 * The user may be leaving a shared computer, so the cookie is cleared whether or not the store has taken the logout.
 */
export function refusedLogout<Data>(exchange: Settling<Data>, cause: CoatcheckError): Settlement {
  const { live, several } = exchange.held();
  const { unfinished } = exchange.options;
  const endings: readonly Unfinished[] =
    live === null ? several.map((id) => ({ id, reason: "logout" })) : [{ id: live.row.id, reason: "logout", before: live.row }];
  const promised = endings.map((ending) => unfinished.end(ending)).every(Boolean);
  // mutant: logout-keeps-cookie
  return { cookies: clearedSession(exchange.options), refusal: new CoatcheckError(codeOf(promised), { cause }) };
}

/**
 * The same if the look-up failed as well. The ticket is checked when the store is back: an id alone, which others may
 * know, ends nothing. `null`: no ticket was sent.
 */
export function unseenLogout<Data>(
  request: RequestView,
  options: EngineOptions<Data>,
): { readonly code: ErrorCode; readonly cookies: readonly string[] } | null {
  const shown = shownBy(request, options);
  if (shown.length === 0) return null;
  const promised = shown.map((ending) => options.unfinished.end(ending));
  return { code: codeOf(promised.every(Boolean)), cookies: clearedSession(options) };
}

/** The sessions to end. A sealed one is proved by its seal. */
function shownBy<Data>(request: RequestView, { cookies, sealed }: EngineOptions<Data>): readonly Unfinished[] {
  const header = request.header("cookie");
  if (sealed !== null) {
    return sealed.cookies
      .read(header)
      .flatMap((found) => (found.kind === "session" ? [{ id: found.row.id, reason: "logout", before: found.row } as const] : []));
  }
  const tickets = readCookies(header, cookies.session.name).slice(0, MOST_TICKETS).map(parseTicket);
  return tickets
    .filter((ticket) => ticket !== undefined)
    .map(({ id, secret }) => ({ id, reason: "logout", shown: hashSecret(secret) }));
}

const codeOf = (promised: boolean): ErrorCode => (promised ? "ERR_LOGOUT_PENDING" : "ERR_LOGOUT_UNFINISHED");
