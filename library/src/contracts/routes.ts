/** Our own endpoints, answers as values, and the app's say at a login. */
import type { ErrorCode } from "./events.ts";
import type { ProviderLogin } from "./provider.ts";
import type { RequestView } from "./request.ts";
import type { Session } from "./session.ts";
import type { Identity, ProviderTokens } from "./store.ts";
import type { JsonObject, MaybePromise } from "./world.ts";

/** A request to one of our own endpoints. */
export interface RouteRequest extends RequestView {
  /** The public origin it came to, one of the configured ones. */
  readonly origin: string;
  /** The whole body as text; rejects with `ERR_BODY_TOO_LARGE` past `limit` bytes. */
  body(limit: number): Promise<string>;
}

/** What an endpoint may do with the session of its request. */
export interface RouteExchange {
  readonly session: Pick<
    Session,
    "id" | "identity" | "owner" | "via" | "createdAt" | "expiresAt" | "idleExpiresAt" | "endedReason" | "login"
  >;
  /**
   * Records a login with what the provider vouched for, and what the app said of the user; stored when the response is
   * settled. Throws for data that do not fit the app's schema.
   */
  loginFromProvider(login: ProviderLogin, provider: string, as?: Admitted): void;
  logout(): void;
  /** Does this when what was recorded is stored; not at all if the store would not take it. */
  whenStored(act: () => void): void;
  /** Whether a proxy asserts the user: it would sign them in again with the next request. */
  readonly fromProxy: boolean;
  /**
   * Whether a credential of the client's own (bearer, custom) authenticated the request: there is no session, and it
   * may manage none.
   */
  readonly byCredential: boolean;
  /** The tokens of the presented session, opened: for revocation and the ID token hint. */
  tokens(): ProviderTokens | null;
  /** The name of the provider that the presented session is from. */
  provider(): string | null;
}

export type Endpoint = (request: RouteRequest, exchange: RouteExchange) => MaybePromise<RouteResponse>;

/** One of our own endpoints. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the prefix, without a leading slash. A last segment `{id}` stands for any one segment. */
  readonly path: string;
  /** In the closed list of requirement CS-09: other sites may send it, and its own proof is in the endpoint. */
  readonly crossSite?: boolean;
  /** `false`: the caller is not looked up, so it answers in an outage of the store too. */
  readonly lookup: boolean | ((request: RouteRequest) => boolean);
  /** Whether it counts as activity of the user, at most once a minute or a twentieth of the idle time (SE-06). */
  readonly touches: boolean;
  /**
   * Whether a session whose access token ran out is refreshed first. Default `false`: a logout waits for no provider.
   */
  readonly refreshes?: boolean;
  /**
   * It signs out: if the store does not answer, the cookie is cleared all the same, and the session is ended as soon as
   * it can be (S-45).
   */
  readonly signsOut?: boolean;
  readonly endpoint: Endpoint;
  /**
   * The answer if the store cannot look the caller up, or does not take what was recorded. Default: a problem document.
   */
  readonly refused?: (request: RouteRequest, code: ErrorCode) => MaybePromise<RouteResponse>;
}

/** An answer as a value; the adapter writes it. Header names are lower case; `set-cookie` may stand several times. */
export interface RouteResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A user whom a provider vouches for, before there is a session. */
export interface SignIn {
  readonly identity: Identity;
  /** What the provider issued with the login. */
  readonly tokens: ProviderTokens;
  /** The provider's name, as in `login?provider=`. */
  readonly provider: string;
  /** The request that brings the provider's answer. */
  readonly request: RequestView;
}

/** A user whose tokens the provider has just refreshed. */
export interface RefreshedSignIn {
  /** With the provider's claims of now, without those of the app's own. */
  readonly identity: Identity;
  readonly tokens: ProviderTokens;
  /** The provider's name. */
  readonly provider: string;
  /** The key of the user's sessions, as `onSignIn` said it. */
  readonly owner: string;
  /** The session that is refreshed; no credential. */
  readonly sessionId: string;
}

/** Another identity of a user who is signed in. */
export interface Link extends SignIn {
  /** The key of the user's sessions. */
  readonly owner: string;
}

/** Who a user is in the app. Every member may be left out. */
export interface Admission {
  /**
   * The key of the user's sessions, such as your own id: any text but the empty one, of well-formed Unicode without
   * NUL. Default: issuer and subject.
   */
  readonly owner?: string;
  /** Merged over the provider's claims, now and at each refresh; roles, for example. */
  readonly claims?: JsonObject;
  /** What the session begins with, merged over data that the user brings from before. */
  readonly data?: JsonObject;
  readonly blocked?: never;
}

/** The user may not come in. */
export interface Rejection {
  readonly blocked: true;
  /** A sentence for the user, as text; at most 500 characters. Default: that this account may not sign in here. */
  readonly reason?: string;
}

/** The answer to a sign-in; `null`: the user is unknown, and not let in. */
export type SignInAnswer = Admission | Rejection | null;

/** What the app answered, checked. */
export type AppAnswer =
  | { readonly kind: "admitted"; readonly as: Admitted }
  | { readonly kind: "blocked" | "unknown"; readonly sentence?: string }
  /** It declared an outage, was silent, or has a bug: by the code. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly cause: unknown };

/** A user whom the app lets in. */
export interface Admitted {
  readonly owner: string;
  /** Claims of the app's own. */
  readonly added?: JsonObject;
  readonly data?: JsonObject;
}
