import type {
  EndReason,
  Identity,
  MaybePromise,
  ProviderState,
  RequestView,
  RouteRequest,
  RouteResponse,
  SessionDirectory,
} from "coatcheck/contracts";
import type { IdentityHeaders } from "../upstream/headers/identity-headers.ts";

/** What the proxy asks of the session layer about one request. */
export interface Ask {
  /** `nobody`: whoever comes is welcome; `user`: somebody must be signed in. */
  readonly require: "none" | "user";
  /** Whether an unauthenticated navigation is sent to the login; otherwise it gets 401. */
  readonly mayLogin: boolean;
  /** The public origin that the request came to. */
  readonly origin: string;
}

/** Somebody, or nobody, may pass. */
export interface Admission {
  readonly kind: "admitted";
  readonly identity: Identity | null;
  readonly groups: readonly string[];
  /** Whether this very `identity` object is handed out again with the next request, until the session changes. */
  readonly comesAgain: boolean;
  /** What authenticated, by name; `null` where nobody was found. */
  readonly via: string | null;
  /** The handle of the session, no credential; `null` where there is none. */
  readonly sessionId: string | null;
  /**
   * The access token, asked for only where a route forwards one. A `CoatcheckError` becomes the answer. `rejected`: one that the upstream did not
   * take, which is renewed unless somebody has done so.
   */
  accessToken(rejected?: string): MaybePromise<string>;
  /** Whether the session has something to get another access token with. */
  readonly renews: boolean;
  /** Who asks, signed for this audience alone; empty where nobody is signed in. */
  assertion(audience: string): string;
  /**
   * The head of the answer is about to leave with this status. Called once. What is answered are `Set-Cookie` values to add; a
   * `CoatcheckError` becomes the answer instead.
   */
  settle(status: number): MaybePromise<readonly string[]>;
}

/** The request goes no further: the login, a 401, 403 or 503, as a value. */
export interface Rejected {
  readonly kind: "rejected";
  readonly response: RouteResponse;
}

/** Who asks, and may they? Fulfilled by the library's engine. */
export type Authenticate = (request: RequestView, ask: Ask) => MaybePromise<Admission | Rejected>;

/** Calls `onEnd` once when the session is over, on whichever replica, never before this has answered. Answers how to stop. */
export type WatchSession = (sessionId: string, onEnd: (reason: EndReason) => void) => () => void;

/** A request to one of the gateway's own endpoints. `path` is what follows the prefix, beginning with `/`. */
export interface OwnRequest extends RouteRequest {
  readonly path: string;
}

/** The gateway's own endpoints; `undefined` where there is none at the path. */
export type OwnEndpoints = (request: OwnRequest) => MaybePromise<RouteResponse | undefined>;

/** What a proxy in front asks about a request that it holds back. */
export interface CheckRequest extends RequestView {
  /** The public origin of the original request. */
  readonly origin: string;
  /** Which proxy asks, and so what it can read. */
  readonly askedBy: "nginx" | "forward" | "envoy";
  /** The original request opens a WebSocket. */
  readonly isHandshake: boolean;
  /** Of `?groups=a,b`; empty: nobody in particular. */
  readonly groups: readonly string[];
  /** Of `?providers=a,b`: whose users; empty: everybody's. */
  readonly providers: readonly string[];
  /** Of `?via=a,b`: by which ways of authenticating; empty: by all. */
  readonly via: readonly string[];
}

/** Answers the check endpoints, on the shortest road there is. The identity headers are a yes, a response is a no. */
export type CheckEndpoint = (request: CheckRequest) => MaybePromise<IdentityHeaders | RouteResponse>;

/** All that the gateway needs of a session layer. */
export interface SessionLayer {
  readonly authenticate: Authenticate;
  readonly watchSession: WatchSession;
  readonly endpoints: OwnEndpoints;
  readonly check: CheckEndpoint;
  /**
   * What a failure is answered with: a page for a person's navigation in an outage, else the problem document. `mayLogin`: a navigation
   * whose session is over, or gives no token any more, goes to the login instead.
   */
  readonly answerFailure: (error: unknown, request: RequestView, mayLogin?: boolean) => RouteResponse;
  /** Whether a cookie of this name is one of ours: hidden from upstreams, and not theirs to set. */
  readonly isOwnCookie: (name: string) => boolean;
  /** What a proxy in front says who asks with: no upstream sees it, least of all its secret. */
  readonly proxyHeaders: readonly string[];
  /** It takes a secret or a signature to be that proxy; an address alone says nothing of headers that the proxy only passes on with its question. */
  readonly proxyProven: boolean;
  /** Lists and ends sessions, for operators. */
  readonly directory: SessionDirectory;
  /** For readiness. Rejects or answers `false` where something is missing. */
  readonly health: Health;
  /** `within`: how long what is under way may go on, milliseconds. */
  close(within?: number): MaybePromise<void>;
}

/** What `/health/ready` tells. Key ids are no secrets. */
export interface Health {
  store(): MaybePromise<boolean>;
  providers(): readonly ProviderState[];
  readonly keys: { readonly seals: string; readonly opens: readonly string[] };
}
