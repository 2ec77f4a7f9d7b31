/** What refreshing needs, and what it results in. */
import type {
  AppAnswer,
  Background,
  Clock,
  EndReason,
  Entropy,
  Provider,
  RefreshedSignIn,
  Report,
  SessionRow,
  SessionStore,
} from "../../contracts.ts";
import type { SessionPolicy } from "../../core/policy.ts";
import type { RefreshPolicy } from "../../core/refresh.ts";
import type { Keyring } from "../../crypto/keyring.ts";
import type { Announce } from "../lifecycle/announce.ts";
import type { Endings } from "../lifecycle/endings.ts";

/** The dependencies of the coordinator. */
export interface CoordinatorOptions {
  readonly store: SessionStore;
  readonly providers: readonly Provider[];
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly policy: SessionPolicy;
  readonly refresh: RefreshPolicy;
  readonly endings: Endings;
  readonly announce: Announce;
  readonly background: Background;
  readonly report: Report;
  /** Asks the app whether a user may go on whose tokens were refreshed; never throws. Absent: everybody may. */
  readonly onRefresh?: (refreshed: RefreshedSignIn) => Promise<AppAnswer>;
}

/** What became of a session by a refresh, for those who waited for it. */
export type SessionAfterRefresh =
  /** The row with live tokens: as stored, or as it will be if the store has not taken it yet. */
  | { readonly kind: "refreshed"; readonly row: SessionRow }
  | { readonly kind: "ended"; readonly reason: EndReason }
  /**
   * Not now; the session lives. `retryAfter` in milliseconds. `answered`: the provider is available, and only a fresh
   * login helps.
   */
  | { readonly kind: "unavailable"; readonly retryAfter: number; readonly answered?: boolean };
