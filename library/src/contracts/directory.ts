/** Sessions, seen from outside of a request. */
import type { LogoutNotification } from "./provider.ts";
import type { EndReason } from "./store.ts";

/** What a sweep of the store did. */
export interface Swept {
  /** How many dead rows and one-time markers it deleted. */
  readonly deleted: number;
  /** The rows that stay: live ones, and dead ones that wait for their end; `null` if they were not counted. */
  readonly rows: { readonly live: number; readonly dead: number } | null;
  /** `false`: its time was over, or another process sweeps this store now. */
  readonly complete: boolean;
}

/** A live session as its owner or an operator sees it. No credential in it; times are milliseconds. */
export interface SessionInfo {
  readonly id: string;
  readonly owner: string | null;
  readonly issuer: string | null;
  /** How the person signed in: `oidc:<provider name>`, `oauth2:<provider name>`, `app`, … */
  readonly method: string | null;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  readonly idleExpiresAt: number;
  readonly userAgent: string | null;
  /** The address that the session was begun from, or its network; `null` unless one is kept in the clear. */
  readonly address: string | null;
}

/**
 * A logout notification: a provider signed out one of its sessions, or all of a subject that are not from a later
 * login.
 */
export interface ProviderLogout extends Pick<LogoutNotification, "issuer" | "subject" | "sid" | "issuedAt"> {
  /**
   * Anyone who knows or makes up a `sid` can send it, as on the front channel: a rate limit bounds the markers that are
   * set for sessions that do not exist. Past the limit it rejects with `ERR_TOO_MANY_MARKERS`. Default `false`.
   */
  readonly unproven?: boolean;
}

/** Lists and ends sessions. Every method rejects with `ERR_STORE_UNAVAILABLE` if the store does not answer. */
export interface SessionDirectory {
  /**
   * The live sessions of an owner, newest first; at most 1000.
   *
   * @example
   * ```ts
   * const sessions = await auth.sessions.list("42");
   * const rows = sessions.map(({ id, userAgent, seenAt }) => ({ id, userAgent, seen: new Date(seenAt) }));
   * ```
   */
  list(owner: string): Promise<readonly SessionInfo[]>;
  /**
   * The live session of this id, or `null`.
   *
   * @example
   * ```ts
   * const found = await auth.sessions.show("AAAAAAAAAAAAAAAAAAAAAA");
   * console.log(found === null ? "is over" : `belongs to ${found.owner}`);
   * ```
   */
  show(id: string): Promise<SessionInfo | null>;
  /**
   * Ends one. `false` if no session of this id was alive.
   *
   * @example
   * ```ts
   * const found = await auth.sessions.show("AAAAAAAAAAAAAAAAAAAAAA");
   * if (found?.userAgent?.includes("OldApp/1.")) await auth.sessions.end(found.id, "admin");
   * ```
   */
  end(id: string, reason: EndReason): Promise<boolean>;
  /**
   * Ends all of an owner but `except`, also those whose login is on its way. Answers how many were alive.
   *
   * @example
   * ```ts
   * // "Sign out my other devices"
   * const { owner, id } = session;
   * if (owner !== null && id !== null) await auth.sessions.endAll(owner, "elsewhere", id);
   * ```
   */
  endAll(owner: string, reason: EndReason, except?: string): Promise<number>;
  /**
   * Ends the sessions that the provider signed out, and logins that are under way at this moment (LO-10). Answers how
   * many were alive.
   *
   * @example
   * ```ts
   * // A provider that tells of logouts by a webhook of its own.
   * const signedOut = { issuer: "https://id.example.com", subject: "42", sid: null, issuedAt: Date.now() };
   * const ended = await auth.sessions.signedOut(signedOut);
   * ```
   */
  signedOut(notification: ProviderLogout): Promise<number>;
}
