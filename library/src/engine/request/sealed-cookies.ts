/** The cookies of a plan while sessions are kept in them, and those that clear a session of either kind. */
import type { SealedRow, SessionRow } from "../../contracts.ts";
import { clearCookie } from "../../cookie/serialize.ts";
import type { LoginIntent } from "../../core/draft.ts";
import type { Held, PutStep } from "../../core/plan.ts";
import { storeCall } from "../lifecycle/store-call.ts";
import type { Sealed } from "../sealed/sealed.ts";
import { isSealed } from "../sealed/standing.ts";
import type { WritePlan } from "./commit.ts";
import type { EngineOptions } from "./options.ts";
import type { Settling } from "./settlement.ts";

/** If only our clock tells when a session began, a provider's logout ends it although clocks differ. */
const CLOCKS_APART = 60_000;

/** What the browser gets once the plan is committed. Throws `ERR_COOKIE_TOO_LARGE` for a session that does not fit. */
export async function sealedCookies<Data>(
  { options, request, ownerMarker }: Settling<Data>,
  { cookies }: Sealed,
  held: Held,
  { steps, cookie, login }: WritePlan,
  now: number,
): Promise<readonly string[]> {
  const put = steps.find((step): step is PutStep => step.kind === "put" && step.row.ended === null);
  if (put === undefined) return cookie === "clear" ? cookies.clear() : [];
  const before = login === null ? undefined : await storeCall(options.report, Promise.resolve(ownerMarker), "read");
  const row = login === null ? changedRow(put.row, held) : begunRow(put.row, login, before ?? null);
  return cookies.set(row, request.header("cookie"), now);
}

function begunRow(row: SessionRow, { provider, issuedAt }: LoginIntent, ownerMarker: string | null): SealedRow {
  return { ...row, ownerMarker, issuedAt: provider === null ? null : (issuedAt ?? row.created - CLOCKS_APART) };
}

/** The same login goes on; an anonymous session has none. */
function changedRow(row: SessionRow, { live }: Held): SealedRow {
  const before = live !== null && isSealed(live.row) ? live.row : null;
  return { ...row, ownerMarker: before?.ownerMarker ?? null, issuedAt: before?.issuedAt ?? null };
}

/** The lines that clear the session's cookie, or all of them. */
export function clearedSession<Data>({ sealed, cookies }: Pick<EngineOptions<Data>, "sealed" | "cookies">): readonly string[] {
  return sealed === null ? [clearCookie(cookies.session)] : sealed.cookies.clear();
}
