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
  /** The address that it was begun from, or the network of it, where one that can be read is kept. */
  readonly address: string | null;
}

/** Whom a provider signed out: one of its sessions, or all of a subject that are not from a later login. */
export interface SignedOut extends Pick<ProviderNotice, "issuer" | "subject" | "sid" | "issuedAt"> {
  /**
   * Anybody can send it who knows or makes up a `sid`, as on the front channel: what is left behind for sessions that are not here is bounded.
   * Past the bound it rejects with `ERR_TOO_MANY_MARKERS`. Default `false`.
   */
  readonly unproven?: boolean;
}

/** Lists and ends sessions. Everything rejects with `ERR_STORE_UNAVAILABLE` where the store does not answer. */
export interface SessionDirectory {
  /** The live sessions of an owner, newest first; at most 1000. */
  list(owner: string): Promise<readonly SessionInfo[]>;
  /** The live session of this id, or `null`. */
  show(id: string): Promise<SessionInfo | null>;
  /** Ends one. `false` where no session of this id was alive. */
  end(id: string, reason: EndReason): Promise<boolean>;
  /** Ends all of an owner but `except`, also those whose login is on its way. Answers how many were alive. */
  endAll(owner: string, reason: EndReason, except?: string): Promise<number>;
  /** Ends what the provider signed out, also what is signing in at this moment (LO-10). Answers how many were alive. */
  signedOut(notice: SignedOut): Promise<number>;
}
