/** The interface between the gateway and its session layer; all that the gateway asks of sessions. */
import type {
  EndReason,
  Identity,
  KeyNames,
  MaybePromise,
  ProviderState,
  RequestView,
  RouteRequest,
  RouteResponse,
  SessionDirectory,
  Swept,
  TokenDirectory,
  TokenTarget,
} from "coatcheck/contracts";
import type { Settings } from "../config/config.ts";
import type { IdentityHeaders } from "../upstream/headers/identity-headers.ts";
import type { TokenTerms } from "./tokens/own-tokens.ts";

/** What the proxy asks of the session layer about one request. */
export interface Ask {
  /** `none`: anonymous callers pass too; `user`: only authenticated users. */
  readonly require: "none" | "user";
  /** Whether an unauthenticated navigation is sent to the login; otherwise it gets 401. */
  readonly mayLogin: boolean;
  /** The public origin that the request came to. */
  readonly origin: string;
  /** Whether the session is looked up in the store itself, past what that keeps for a while. Default `false`. */
  readonly sensitive?: boolean;
  /** How long ago its user may have signed in, milliseconds; who did before signs in again. Default: any time. */
  readonly maxAge?: number | undefined;
  /** Of which classes the sign-in may be; none, or absent: any. */
  readonly acr?: readonly string[];
}

/** The caller may pass: an authenticated user, or anonymous. */
export interface Admission {
  readonly kind: "admitted";
  readonly identity: Identity | null;
  readonly groups: readonly string[];
  /** The strategy that authenticated, by name; `null` if the caller is anonymous. */
  readonly via: string | null;
  /**
   * The handle of the session, or of the token of ours, no credential: streams end with it. `null` if there is none.
   */
  readonly sessionId: string | null;
  /**
   * The access token, asked for only if a route forwards one. A `CoatcheckError` becomes the answer. `rejected`: a
   * token that the upstream rejected; it is refreshed, unless another request has done so. `target`: the API that it is
   * for; without one it is the session's own.
   */
  accessToken(rejected?: string, target?: TokenTarget): MaybePromise<string>;
  /** Whether the session has something to get another access token with. */
  readonly refreshes: boolean;
  /** An access token of ours for the user; `ERR_FORBIDDEN` for who came with a provider's. */
  ownToken(terms: TokenTerms): string;
  /** The user's identity, signed for this audience alone; empty if the caller is anonymous. */
  assertion(audience: string): string;
  /**
   * The head of the answer is about to leave with this status. Called once. What is answered are `Set-Cookie` values
   * to add; a `CoatcheckError` becomes the answer instead.
   */
  settle(status: number): MaybePromise<readonly string[]>;
}

/** The request goes no further: the login, a 401, 403 or 503, as a value. */
export interface Rejected {
  readonly kind: "rejected";
  readonly response: RouteResponse;
}

/** Authenticates a request, and says whether it may pass. Implemented by the library's engine. */
type Authenticate = (request: RequestView, ask: Ask) => MaybePromise<Admission | Rejected>;

/**
 * Calls `onEnd` once when the session is over, on whichever replica, never before this has answered. Answers how to
 * stop.
 */
export type WatchSession = (sessionId: string, onEnd: (reason: EndReason) => void) => () => void;

/** A request to one of the gateway's own endpoints. `path` is what follows the prefix, beginning with `/`. */
export interface OwnRequest extends RouteRequest {
  readonly path: string;
}

/** The gateway's own endpoints; `undefined` if there is none at the path. */
type OwnEndpoints = (request: OwnRequest) => MaybePromise<RouteResponse | undefined>;

/** What a proxy in front asks about a request that it holds back. */
export interface CheckRequest extends RequestView {
  /** The public origin of the original request. */
  readonly origin: string;
  /** Which proxy asks, and so what it can read. */
  readonly askedBy: "nginx" | "forward" | "envoy";
  /** The original request opens a WebSocket. */
  readonly isHandshake: boolean;
  /** Of `?groups=a,b`; empty: any. */
  readonly groups: readonly string[];
  /** Of `?providers=a,b`: the providers whose users may pass; empty: all. */
  readonly providers: readonly string[];
  /** Of `?via=a,b`: by which ways of authenticating; empty: by all. */
  readonly via: readonly string[];
}

/** Answers the check endpoints, on the shortest road there is. The identity headers are a yes, a response is a no. */
type CheckEndpoint = (request: CheckRequest) => MaybePromise<IdentityHeaders | RouteResponse>;

/** All that the gateway needs of a session layer. */
export interface SessionLayer {
  readonly authenticate: Authenticate;
  readonly watchSession: WatchSession;
  /** Whether a user is among those whom the upstream at this place names; everybody is if it names none. */
  readonly mayUse: (upstream: number, identity: Identity) => boolean;
  /** What an authenticated user is answered who may not pass: a page for a navigation, else the problem document. */
  readonly answerForbidden: (request: RequestView) => RouteResponse;
  readonly endpoints: OwnEndpoints;
  readonly check: CheckEndpoint;
  /**
   * What a failure is answered with: a page for a person's navigation in an outage, else the problem document.
   * `mayLogin`: a navigation whose session is over, or gives no token any more, goes to the login instead.
   */
  readonly answerFailure: (error: unknown, request: RequestView, mayLogin?: boolean) => RouteResponse;
  /** Whether a cookie of this name is one of ours: hidden from upstreams, and not theirs to set. */
  readonly isOwnCookie: (name: string) => boolean;
  /** The headers by which a proxy in front names the user. No upstream sees them, least of all the proxy's secret. */
  readonly proxyHeaders: readonly string[];
  /**
   * Whether that proxy proves itself by a secret or a signature. An address alone does not vouch for headers that a
   * proxy only passes on with its question.
   */
  readonly proxyProven: boolean;
  /** Lists and ends sessions, for operators. */
  readonly directory: SessionDirectory;
  /** Issues, lists and revokes tokens of ours, for operators. */
  readonly tokens: TokenDirectory;
  /** Deletes dead rows from the store, until none is left or `sweep.within` is over. */
  readonly sweep: () => Promise<Swept>;
  /** What the sessions API of the admin listener asks for now; without it there is none. */
  readonly adminToken: () => string | undefined;
  /** What a connection to the store is opened with now. */
  readonly storePassword: () => string | undefined;
  /**
   * Takes the secrets of these settings from now on, and nothing else of them. Throws for some that cannot be used, and
   * goes on with those of before.
   */
  readonly changeSecrets: (settings: Settings) => void;
  /** For readiness. Rejects or answers `false` if something is missing. */
  readonly health: Health;
  /** `within`: how long what is under way may go on, milliseconds. */
  close(within?: number): MaybePromise<void>;
}

/** What `/health/ready` tells. Key ids are no secrets. */
export interface Health {
  store(): MaybePromise<boolean>;
  providers(): readonly ProviderState[];
  readonly keys: KeyNames;
  /** Whether cookies cross a private network readable. */
  readonly plainHttp?: boolean;
}
