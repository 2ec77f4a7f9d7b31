import type {
  Background,
  Clock,
  Entropy,
  ErrorCode,
  JsonObject,
  Report,
  RequestView,
  Route,
  RouteResponse,
  SessionStore,
} from "../../contracts.ts";
import type { Cookies } from "../../cookie/names.ts";
import type { OriginRules } from "../../core/csrf.ts";
import type { SessionPolicy } from "../../core/policy.ts";
import type { RefreshPolicy } from "../../core/refresh.ts";
import type { Keyring } from "../../crypto/keyring.ts";
import type { KeptAddress } from "../../net/kept-address.ts";
import type { Announce } from "../lifecycle/announce.ts";
import type { Endings } from "../lifecycle/endings.ts";
import type { UnfinishedEndings } from "../lifecycle/unfinished-endings.ts";
import type { RefreshCoordinator } from "../refresh/coordinator.ts";
import type { Chain } from "./authenticate/authenticate.ts";

/** Everything the engine is made of; `coatcheck()` puts it together. */
export interface EngineOptions<Data> {
  readonly store: SessionStore;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Who is asked who asks. */
  readonly chain: Chain;
  readonly policy: SessionPolicy;
  readonly cookies: Cookies;
  readonly origins: OriginRules;
  /** With a leading and no trailing slash. */
  readonly prefix: string;
  /** Checks and completes data; throws where they do not fit. */
  readonly validate: (data: JsonObject) => Data;
  readonly keep: {
    readonly userAgent: boolean;
    readonly address: KeptAddress | null;
    readonly addressOf: (request: RequestView) => string | undefined;
  };
  readonly routes: readonly Route[];
  readonly report: Report;
  readonly background: Background;
  /** Tells of sessions that end or run out. */
  readonly endings: Endings;
  /** Says that a session ended; nobody else does. */
  readonly announce: Announce;
  /** Endings that the store would not take. */
  readonly unfinished: UnfinishedEndings;
  readonly coordinator: RefreshCoordinator;
  readonly refresh: RefreshPolicy;
  /** The page of a navigation that cannot be served now. */
  readonly outagePage: OutagePage;
  /** The page of a person who may not come in; `logout` is where they sign out. */
  readonly forbiddenPage: (logout: string) => RouteResponse;
}

/** What a person is told of an outage: what happened and what to do. */
type OutagePage = (outage: {
  readonly code: ErrorCode;
  /** Seconds after which trying again may help. */
  readonly retryAfter: number;
  /** Where the browser was going; `null` where that cannot be asked for again. */
  readonly target: string | null;
  readonly login: string;
}) => RouteResponse;
