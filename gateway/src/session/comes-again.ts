/** Whether what is made of a request's identity is worth keeping. */
import type { Exchange } from "./engine.ts";

/** The store hands out this very row again, and so the same identity. */
export function comesAgain({ proven, options }: Pick<Exchange, "proven" | "options">): boolean {
  const { keepsRows } = options.store.capabilities;
  if (typeof keepsRows !== "function") return keepsRows === true;
  return proven !== null && keepsRows(proven.row);
}
