/** The app's say at each refresh, which needs refreshes. */
import type { RefreshPolicy } from "../core/refresh.ts";
import type { CoatcheckOptions } from "../options.ts";

type Hook = CoatcheckOptions<unknown>["onRefresh"];

/** Throws a `TypeError` for one that would never be asked. */
export function checkedHook(onRefresh: Hook, { policy }: RefreshPolicy): Hook {
  if (onRefresh === undefined || policy !== "never") return onRefresh;
  throw new TypeError("onRefresh is given, though refresh.policy is never: no refresh would ask it");
}
