/** What a store that failed comes to: an event, and the code of an outage. */
import type { Report } from "../../contracts.ts";

/** Reports that the store failed at `operation`. Answers the code that the request is refused with. */
export function storeFailed(report: Report, operation: "read" | "write" | "mark", error: unknown): "ERR_STORE_UNAVAILABLE" {
  report({ name: "store.failed", level: "error", reason: operation, error });
  return "ERR_STORE_UNAVAILABLE";
}
