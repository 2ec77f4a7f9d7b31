/** What a call that failed comes to. */
import { CoatcheckError } from "../../core/errors.ts";
import { UNKNOWN_FORMAT } from "./scripts.ts";

/** Whatever Redis did not answer, or refused, is an outage: nobody is signed out over it. */
export function failure(error: unknown): CoatcheckError {
  if (error instanceof CoatcheckError) return error;
  const isFormat = error instanceof Error && error.message.startsWith(UNKNOWN_FORMAT);
  return new CoatcheckError(isFormat ? "ERR_RECORD_FORMAT" : "ERR_STORE_UNAVAILABLE", { cause: error });
}
