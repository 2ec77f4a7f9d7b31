/** Everything that the engine is made of. */
import type {
  Background,
  Clock,
  Entropy,
  ErrorCode,
  JsonObject,
  Provider,
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
import type { Sealed } from "../sealed/sealed.ts";
import type { Chain } from "./authenticate/authenticate.ts";

/** Everything the engine is made of; `coatcheck()` puts it together. */
export interface EngineOptions<Data> {
  readonly store: SessionStore;
  /** Sessions are kept in their cookies; `null`: in the store. */
  readonly sealed: Sealed | null;
  readonly keyring: Keyring;
  /** The first is the usual one. */
  readonly providers: readonly Pick<Provider, "name" | "issuer">[];
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** The strategies that authenticate the caller. */
  readonly chain: Chain;
  readonly policy: SessionPolicy;
  readonly cookies: Cookies;
  readonly origins: OriginRules;
  /** With a leading and no trailing slash. */
  readonly prefix: string;
  /** Checks and completes data; throws if they do not fit. */
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
  /** The one function that announces the end of a session. */
  readonly announce: Announce;
  /** Endings that the store did not take, and that are retried. */
  readonly unfinished: UnfinishedEndings;
  readonly coordinator: RefreshCoordinator;
  readonly refresh: RefreshPolicy;
  /** The page for a navigation that cannot be served now. */
  readonly outagePage: OutagePage;
  /** The page for a user who is not allowed; `logout` is the address to sign out. */
  readonly forbiddenPage: (logout: string, request: RequestView) => RouteResponse;
}

/** The page that explains an outage: what happened and what to do. */
type OutagePage = (outage: Outage, request: RequestView) => RouteResponse;

interface Outage {
  readonly code: ErrorCode;
  /** Seconds after which trying again may help. */
  readonly retryAfter: number;
  /** The address that was requested; `null` if it cannot be requested again. */
  readonly target: string | null;
  readonly login: string;
}
