/** The dependencies of what happens to sessions outside of requests. */
import type { Clock, Entropy, Report, SessionStore } from "../../contracts.ts";
import type { SessionPolicy } from "../../core/policy.ts";
import type { Announce } from "./announce.ts";

export interface LifecycleOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly policy: SessionPolicy;
  readonly report: Report;
  readonly announce: Announce;
}
