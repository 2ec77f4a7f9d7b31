/** Distinguishes a bug of the app's own functions from an outage that they declare. */
import type { ErrorCode } from "../../contracts.ts";
import { CoatcheckError } from "../errors.ts";
import { omitUndefined } from "../options/omit-undefined.ts";

/** The answer if a function of the app's own threw this: an outage if it declares one, else a bug. */
export function hookFailure(cause: unknown): { readonly code: ErrorCode; readonly retryAfter?: number } {
  if (!(cause instanceof CoatcheckError) || cause.status !== 503) return { code: "ERR_APP_HOOK" };
  const { code, retryAfter } = cause;
  return { code, ...omitUndefined({ retryAfter: retryAfter === null ? undefined : retryAfter * 1_000 }) };
}
