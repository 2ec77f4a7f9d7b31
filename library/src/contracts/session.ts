/** The session as the app sees it. */
import type { TokenTarget } from "./provider.ts";
import type { DeadReason } from "./request.ts";
import type { EndReason, Identity } from "./store.ts";
import type { JsonObject } from "./world.ts";

/** Deeply read-only, so that `session.data.x = 1` does not compile. */
export type ReadonlyDeep<T> = JsonObject extends T
  ? T
  : T extends (infer U)[]
    ? readonly ReadonlyDeep<U>[]
    : T extends object
      ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
      : T;

/**
 * What `login` takes for a user whom the app itself authenticated.
 *
 * @example
 * ```ts
 * import type { LoginIdentity } from "coatcheck";
 * const identity: LoginIdentity = { issuer: "https://app.example.com", subject: "42", claims: { name: "Alice" } };
 * ```
 */
export interface LoginIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims?: JsonObject;
  readonly authenticatedAt?: number;
  readonly method?: string;
}

/**
 * Tokens of a configured provider that the app got itself: by the device flow, from another program, in an import. It
 * has checked whose they are.
 *
 * @example
 * ```ts
 * import type { LoginTokens } from "coatcheck";
 * const tokens: LoginTokens = { accessToken: "…", refreshToken: "…", expires: Date.now() + 3_600_000 };
 * session.login({ issuer: "https://id.example.com", subject: "alice" }, { tokens });
 * ```
 */
export interface LoginTokens {
  /** The name of the provider that refreshes them. Default: the first that is configured. */
  readonly provider?: string;
  readonly accessToken: string;
  /** Default: none, so that the session lives on as an identity when the access token has run out. */
  readonly refreshToken?: string | null;
  /** Names the user at the provider's logout. Default: none. */
  readonly idToken?: string | null;
  /** As it was granted, words with spaces between. Default: unknown. */
  readonly scope?: string | null;
  /** When the access token runs out, milliseconds since 1970. Default: five minutes from now. */
  readonly expires?: number;
  /** `sid` of the ID token: by it the provider's logout finds this session. Default: none. */
  readonly sid?: string | null;
}

/**
 * Options of `session.login`.
 *
 * @example
 * ```ts
 * // A shared terminal: the data of the anonymous session stay behind.
 * session.login({ issuer: "https://app.example.com", subject: "42" }, { fresh: true });
 * ```
 */
export interface LoginOptions {
  /** Start with empty data, also if the same identity or an anonymous session had some. Default `false`. */
  readonly fresh?: boolean;
  /**
   * Tokens of the user that the app got itself; from here on they are refreshed, used and revoked as if a login of ours
   * had brought them. `identity.issuer` is their provider's. A `TypeError` for a provider that is not configured, or
   * another's user. Default: none.
   */
  readonly tokens?: LoginTokens;
}

/**
 * The app's view of the caller and of the data that are kept for them. Methods record intent; nothing is stored before
 * the response head is ready, and the response leaves when the store has it. After that every method that records is a
 * `TypeError`.
 */
export interface Session<Data = JsonObject> {
  /** The public handle, no credential; `null` while nothing is stored. */
  readonly id: string | null;
  /** Who is signed in, or `null`. */
  readonly identity: Identity | null;
  /** The user whom this session belongs to: what `resolve` returned, else issuer and subject. */
  readonly owner: string | null;
  /** What authenticated: the name of the strategy, or `null`. */
  readonly via: string | null;
  /** Read-only; reads include what this request has recorded. */
  readonly data: ReadonlyDeep<Data>;
  readonly createdAt: number | null;
  /** The absolute end. */
  readonly expiresAt: number | null;
  /** The end if the user is not active any more. */
  readonly idleExpiresAt: number | null;
  /** Why the presented ticket is dead; `null` if none was presented that is. */
  readonly endedReason: DeadReason | null;
  /**
   * Aborted when the session ends, on any replica, or runs out; its `reason` is a `SessionEnded` error with the
   * {@link EndReason}. For sockets and event streams. The same for all requests of a session in this process. With a
   * token of ours: when that is over. Never aborted with any other credential, or without one.
   *
   * @example
   * ```ts
   * const prices = new WebSocket("wss://prices.example.com");
   * session.signal.addEventListener("abort", () => prices.close(), { once: true });
   * ```
   */
  readonly signal: AbortSignal;
  /**
   * Merges top-level keys. `undefined` is not JSON: to remove a key use `update`.
   *
   * @example
   * ```ts
   * session.set({ theme: "dark", language: "de" });
   * ```
   */
  set(patch: Partial<Data>): void;
  /**
   * Replaces the data by what `fn` returns. `fn` must be pure: it is replayed on the fresh record after a conflict.
   *
   * @example
   * ```ts
   * session.update((data) => ({ ...data, visits: Number(data["visits"] ?? 0) + 1 }));
   * session.update(({ coupon, ...rest }) => rest); // removes a key
   * ```
   */
  update(fn: (data: ReadonlyDeep<Data>) => Data): void;
  /**
   * A new record for this identity; the presented one ends.
   *
   * @example
   * ```ts
   * const user = await users.find("42"); // after the app has checked the password
   * if (user !== undefined && !user.blocked) {
   *   session.login({ issuer: "https://app.example.com", subject: user.id, method: "password" });
   * }
   * ```
   */
  login(identity: LoginIdentity, options?: LoginOptions): void;
  /**
   * Exchanges the secret; the old one is good for 10 s, for requests on their way.
   *
   * @example
   * ```ts
   * session.set({ role: "admin" });
   * session.rotate(); // the user has more rights now: an old copy of the cookie must not have them
   * ```
   */
  rotate(): void;
  /**
   * Ends the session, in the store first.
   *
   * @example
   * ```ts
   * const web = coatcheckExpress(auth);
   * app.post("/account/close", (request, response) => {
   *   web.of(request).logout();
   *   response.redirect(303, "/goodbye");
   * });
   * ```
   */
  logout(): void;
  /**
   * Reads the session from the store itself, past what a store keeps for a while (its option `cache`): data and
   * identity are the newest from here on. Rejects with `ERR_SESSION_ENDED` (401) if it is over, and with
   * `ERR_STORE_UNAVAILABLE` (503) if it cannot be read. Without a session it does nothing.
   *
   * @example
   * ```ts
   * await session.fresh(); // before what no session may do that ended a moment ago
   * session.update((data) => ({ ...data, confirmed: true }));
   * ```
   */
  fresh(): Promise<void>;
  /**
   * The provider's access token, live, refreshed if it has run out: single flight, so that however many callers ask, it
   * is refreshed once. Rejects with `ERR_TOKEN_UNAVAILABLE` (503) or `ERR_SESSION_ENDED` (401: no user is signed in, or
   * only a fresh login gives a token). `rejected`: a token that a resource refused as `invalid_token`; if it is still
   * the newest, it is refreshed.
   *
   * With `audience` or `scope` it is a token for that API instead: kept with the session until it runs out, and got
   * once for all who ask, as a refresh is. Rejects with `ERR_PROVIDER_REFUSED` (403) if the provider gives none for it.
   *
   * @example
   * ```ts
   * const url = "https://api.example.com/orders";
   * const token = await session.accessToken();
   * let response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
   * if (response.status === 401) {
   *   const fresh = await session.accessToken({ rejected: token });
   *   response = await fetch(url, { headers: { authorization: `Bearer ${fresh}` } });
   * }
   * ```
   */
  accessToken(options?: AccessTokenOptions): Promise<string>;
}

/**
 * Which access token `session.accessToken` gives.
 *
 * @example
 * ```ts
 * const token = await session.accessToken({ audience: "https://billing.example.com", scope: "invoices:read" });
 * ```
 */
export interface AccessTokenOptions extends TokenTarget {
  /** A token that a resource refused as `invalid_token`; if it is still the newest, another is got. */
  readonly rejected?: string;
}

/** A session in which a user is signed in. */
export interface SignedInSession<Data = JsonObject> extends Session<Data> {
  readonly identity: Identity;
  readonly owner: string;
  readonly via: string;
  /** Short for `identity.claims`. */
  readonly claims: JsonObject;
}
