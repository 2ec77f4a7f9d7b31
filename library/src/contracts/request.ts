/** A request, what was found out about its caller, and what is decided. */
import type { Report } from "./event-reasons.ts";
import type { ErrorCode } from "./events.ts";
import type { EndReason, Identity, SessionReader, SessionRow } from "./store.ts";
import type { Clock, MaybePromise } from "./world.ts";

/** A request as the engine sees it. Adapters make one per request; it must be cheap to make. */
export interface RequestView {
  readonly method: string;
  /** Path and query as received, beginning with `/`. */
  readonly target: string;
  /**
   * The field's value by its lower-case name; several lines joined by `, ` (`cookie`: by `; `); `undefined` if absent.
   */
  header(name: string): string | undefined;
  /** The address of the peer that opened the connection, if the adapter knows it; `unix` for a unix socket. */
  readonly peer?: string | undefined;
  /**
   * The address of the client, past proxies that are trusted, if the adapter finds that out; else the peer is taken for
   * the client.
   */
  readonly client?: string | undefined;
  /**
   * How many lines have this lower-case name. Absent if that cannot be told, as of a Fetch `Request`, which joins them.
   */
  lines?(name: string): number;
  /**
   * The body as it was sent, for a form that is to be kept while its user signs in again; `null`: it is longer than
   * `limit` bytes, or somebody has read it. Absent where it cannot be had.
   */
  sent?(limit: number): Promise<string | null>;
}

/** A session that a ticket proved: its row as read, and which secret was shown. */
export interface ProvenSession {
  readonly row: SessionRow;
  /** The secret before the last `rotate` was shown, within its grace. */
  readonly previous: boolean;
  /** The row is one of a short while ago, which the store kept. */
  readonly recent?: true;
}

/** The row of the store that a credential is: what was begun by it ends with it. */
export interface CredentialRow {
  readonly id: string;
  /** What its `seen` is to become, since it was used; absent if that need not be recorded now. */
  readonly seen?: number;
}

/** A user who was authenticated by something other than the session. */
export interface Principal {
  readonly identity: Identity;
  readonly owner: string;
  readonly row?: CredentialRow;
  /** The browser or a proxy sends the credential by itself, so CSRF must be checked. */
  readonly ambient: boolean;
}

/** Why a presented ticket is not live. `unknown`: no such row, or the secret is wrong. */
export type DeadReason = "malformed" | "unknown" | EndReason;

/** What a strategy found. It cannot write: nothing it is handed has a method that does (S-02). */
export type Verdict =
  /**
   * `several`: ids of sessions that were all proved at once, so that the caller is anonymous; a logout or a login ends
   * them.
   */
  | { readonly kind: "abstain"; readonly dead?: DeadTicket; readonly several?: readonly string[] }
  | { readonly kind: "session"; readonly session: ProvenSession }
  | { readonly kind: "principal"; readonly principal: Principal }
  /** A live session whose access token has run out. `unconfirmed`: and it could not be refreshed just now. */
  | { readonly kind: "stale"; readonly session: ProvenSession; readonly unconfirmed?: Unconfirmed }
  | { readonly kind: "refuse"; readonly status: 400 | 401 | 403; readonly code: ErrorCode; readonly challenge?: string }
  /** `retryAfter` in milliseconds. */
  | { readonly kind: "unavailable"; readonly code: ErrorCode; readonly cause: unknown; readonly retryAfter?: number };

/** Why a session is not in step with its provider at the moment. */
export interface Unconfirmed {
  /** When asking again may help, in milliseconds from now. */
  readonly retryAfter: number;
  /** The provider answers, so this is no outage that passes by itself. */
  readonly answered: boolean;
}

/** A ticket was presented that no longer proves anything. */
export interface DeadTicket {
  readonly reason: DeadReason;
  /** The id that it names, if it could be read. */
  readonly id?: string;
}

/** What a strategy is handed. */
export interface StrategyContext {
  readonly request: RequestView;
  readonly store: SessionReader;
  readonly now: number;
  /** For limits of time. */
  readonly clock: Clock;
  readonly report: Report;
}

/**
 * One way to authenticate the caller. Strategies are asked in order; the first that does not abstain decides.
 *
 * @example
 * ```ts
 * import type { Strategy } from "coatcheck";
 * const devices: Strategy = {
 *   name: "device",
 *   ambient: false,
 *   presented: (request) => request.header("x-device-key") !== undefined,
 *   async examine({ request, now }) {
 *     const device = await robotOf(request.header("x-device-key") ?? "", AbortSignal.timeout(2_000));
 *     if (device === undefined) return { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL" };
 *     const identity = { issuer: "devices", subject: device.id, claims: {}, authenticatedAt: now, method: "device" };
 *     return { kind: "principal", principal: { identity, owner: `devices ${device.id}`, ambient: false } };
 *   },
 * };
 * ```
 */
export interface Strategy {
  /** For logs, metrics and `session.via`. */
  readonly name: string;
  /** Whether what it reads comes along by itself (cookie, proxy header). Decides the CSRF check. */
  readonly ambient: boolean;
  /** Whether the request carries a credential that this strategy reads; must not throw and must not do I/O. */
  presented(request: RequestView): boolean;
  examine(context: StrategyContext): MaybePromise<Verdict>;
}

/** What a verifier makes of a bearer token. Reasons are short words for logs; the caller never sees them. */
export type TokenVerdict =
  /** `owner`: the user whom the token belongs to, if that is not issuer and subject. `expires`: when it runs out. */
  | {
      readonly kind: "valid";
      readonly identity: Identity;
      readonly owner?: string;
      readonly expires: number;
      readonly scope?: string | null;
      /** For tokens of our own: streams that were begun with it end with this row. */
      readonly row?: CredentialRow;
    }
  | { readonly kind: "invalid"; readonly reason: string }
  /** A good token that does not allow what is asked of every token here; `scope` is what it lacks. */
  | { readonly kind: "insufficient"; readonly scope: string }
  /** It cannot be judged now. `retryAfter` in milliseconds. */
  | { readonly kind: "unavailable"; readonly retryAfter?: number; readonly cause: unknown };

/**
 * Judges bearer tokens of one kind.
 *
 * @example
 * ```ts
 * import type { TokenVerifier } from "coatcheck";
 * const deployKeys: TokenVerifier = {
 *   name: "deploy-key",
 *   reads: (token) => token.startsWith("deploy_"),
 *   async verify(token) {
 *     const robot = await robotOf(token, AbortSignal.timeout(2_000));
 *     if (robot === undefined) return { kind: "invalid", reason: "unknown" };
 *     const now = Date.now();
 *     const identity = { issuer: "robots", subject: robot.id, claims: {}, authenticatedAt: now, method: "deploy-key" };
 *     return { kind: "valid", identity, expires: now + 60_000 };
 *   },
 * };
 * const auth = coatcheck({ bearer: { verifiers: [deployKeys] }, … });
 * ```
 */
export interface TokenVerifier {
  /** For logs. */
  readonly name: string;
  /** Whether it judges this token, by shape alone: no I/O, and it must not throw. */
  reads(token: string): boolean;
  verify(token: string): MaybePromise<TokenVerdict>;
  /** Cancels what it is waiting for. */
  close?(): MaybePromise<void>;
}

/** What a trusted proxy says about the caller. */
export type ProxyVerdict =
  | { readonly kind: "absent" }
  /** Asserted by a peer that is not trusted: reported, and treated as absent. */
  | { readonly kind: "stripped"; readonly reason: "peer" | "secret" }
  /** 400. `reason` tells the field, never its value. */
  | { readonly kind: "malformed"; readonly reason: string }
  /** An assertion that does not verify: 401. */
  | { readonly kind: "invalid"; readonly cause: unknown }
  /** Its keys cannot be had: 503. */
  | { readonly kind: "unavailable"; readonly cause: unknown }
  | { readonly kind: "asserted"; readonly identity: Identity };

/**
 * Reads what a proxy asserts. Writes nothing.
 *
 * @example
 * ```ts
 * import type { ProxyReader } from "coatcheck";
 * const reader: ProxyReader = {
 *   headers: ["x-portal-user"],
 *   read: (request, now) => {
 *     const subject = request.header("x-portal-user");
 *     if (subject === undefined || subject === "") return { kind: "absent" };
 *     if (request.peer !== "10.0.3.7") return { kind: "stripped", reason: "peer" }; // anyone can send a header
 *     const identity = { issuer: "portal", subject, claims: {}, authenticatedAt: now, method: "proxy" };
 *     return { kind: "asserted", identity };
 *   },
 * };
 * ```
 */
export interface ProxyReader {
  /** What to do about a header that is malformed for this reason, if that is known. */
  hint?(reason: string): string | undefined;
  /** Lower-case names of the headers that it reads, which only the proxy may set. */
  readonly headers: readonly string[];
  /**
   * A secret or a signature proves the headers, so that they count even if a trusted peer only passes them on. Default
   * `false`.
   */
  readonly proven?: boolean;
  read(request: RequestView, now: number): MaybePromise<ProxyVerdict>;
}

/** Verifies what a proxy signed. */
export interface AssertionVerifier {
  /** The lower-case name of the header that carries it. */
  readonly header: string;
  /** Never throws. The same identity object for the same assertion. */
  verify(assertion: string, now: number): MaybePromise<ProxyVerdict>;
}

/** What a route asks of its callers. */
export interface Policy {
  readonly require: "none" | "user";
  /**
   * Which ways of authenticating count, by the strategies' names; a user whom another strategy authenticated gets 403.
   * Default: all.
   */
  readonly via?: readonly string[];
  /** The request's origin was exempted from the CSRF check: the closed list of requirement CS-09. */
  readonly crossSite?: boolean;
  /** `false`: a session whose access token ran out is taken as it is. */
  readonly refreshes?: boolean;
  /**
   * The session is looked up in the store itself, if the store keeps rows for a while: what has ended anywhere is ended
   * here. Default `false`.
   */
  readonly sensitive?: boolean;
  /** How long ago its users may have signed in, milliseconds; who did before signs in again. Default: any time. */
  readonly maxAge?: number;
  /** Of which classes (`acr`) their sign-in may be; who has another signs in again. Default: any. */
  readonly acr?: readonly string[];
}

/** What another sign-in has to bring: it may not be older, and is of one of these classes. */
export interface StepUp extends Pick<Policy, "maxAge" | "acr"> {
  /** The provider that is to be asked, by its name. Default: the first. */
  readonly provider?: string;
}

/** What is done about a request before the handler runs. */
export type Decision =
  | { readonly kind: "proceed" }
  | { readonly kind: "refuse"; readonly status: 400 | 401 | 403 | 409; readonly code: ErrorCode; readonly challenge?: string }
  /**
   * Instead of a 401 to a top-level navigation: send the browser to the login. `ended`: why the session is over, which
   * the person is told first. `stepUp`: a user is signed in, not recently or not strongly enough for this route.
   * `returnTo`: where to afterwards, if not to the page that was asked for.
   */
  | { readonly kind: "login"; readonly ended?: EndReason; readonly stepUp?: StepUp; readonly returnTo?: string }
  /** `retryAfter` in milliseconds. */
  | { readonly kind: "unavailable"; readonly code: ErrorCode; readonly cause?: unknown; readonly retryAfter?: number };
