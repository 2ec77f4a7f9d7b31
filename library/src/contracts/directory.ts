/** Sessions, seen from outside of a request. */
import type { ProviderNotice } from "./provider.ts";
import type { EndReason } from "./store.ts";

/** A live session as its owner or an operator sees it. No credential in it; times are milliseconds. */
export interface SessionInfo {
  readonly id: string;
  readonly owner: string | null;
  readonly issuer: string | null;
  /** How the person signed in: `oidc:<provider name>`, `app`, … */
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
export interface SignedOut extends Pick<ProviderNotice, "issuer" | "subject" | "sid" | "issuedAt"> {
  /**
   * Anyone who knows or makes up a `sid` can send it, as on the front channel: a rate limit bounds the markers that are
   * set for sessions that do not exist. Past the limit it rejects with `ERR_TOO_MANY_MARKERS`. Default `false`.
   */
  readonly unproven?: boolean;
}

/** Lists and ends sessions. Every method rejects with `ERR_STORE_UNAVAILABLE` if the store does not answer. */
export interface SessionDirectory {
  /** The live sessions of an owner, newest first; at most 1000. */
  list(owner: string): Promise<readonly SessionInfo[]>;
  /** The live session of this id, or `null`. */
  show(id: string): Promise<SessionInfo | null>;
  /** Ends one. `false` if no session of this id was alive. */
  end(id: string, reason: EndReason): Promise<boolean>;
  /** Ends all of an owner but `except`, also those whose login is on its way. Answers how many were alive. */
  endAll(owner: string, reason: EndReason, except?: string): Promise<number>;
  /**
   * Ends the sessions that the provider signed out, and logins that are under way at this moment (LO-10). Answers how
   * many were alive.
   */
  signedOut(notice: SignedOut): Promise<number>;
}
