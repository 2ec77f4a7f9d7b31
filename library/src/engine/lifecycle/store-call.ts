/** Calls of the store whose failure is an outage. */
import type { Report } from "../../contracts.ts";
import { storeFailed } from "../../core/errors/store-failed.ts";
import { CoatcheckError } from "../../core/errors.ts";

/** What the store answers. What it throws is reported, and is `ERR_STORE_UNAVAILABLE`. */
export async function storeCall<T>(report: Report, work: Promise<T>, operation: "read" | "write" = "write"): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new CoatcheckError(storeFailed(report, operation, cause), { cause });
  }
}
