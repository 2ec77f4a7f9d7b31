/** Distinguishes a bug of the app's own functions from an outage that they declare. */
import type { ErrorCode } from "../../contracts.ts";
import { CoatcheckError } from "../errors.ts";

/** The answer if a function of the app's own threw this: an outage if it declares one, else a bug. */
export function hookFailure(cause: unknown): { readonly code: ErrorCode; readonly retryAfter?: number } {
  if (!(cause instanceof CoatcheckError) || cause.status !== 503) return { code: "ERR_APP_HOOK" };
  return { code: cause.code, ...(cause.retryAfter === null ? {} : { retryAfter: cause.retryAfter * 1_000 }) };
}
