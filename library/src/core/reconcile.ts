/** Reconciles the user whom a proxy asserts with the presented session: the table of docs/design.md §3. Pure. */
import type { EndReason, ErrorCode, ProxyVerdict } from "../contracts.ts";

/** What the app's look-up made of an identity that a proxy asserts. */
export type Resolution =
  | { readonly kind: "found"; readonly owner: string }
  | { readonly kind: "unknown" }
  /** Known, and not let in any more. */
  | { readonly kind: "blocked" }
  /** The look-up did not answer, or threw: its outage or its bug, by the code. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly cause: unknown };

/** The presented session, as far as it decides who the caller is. */
export interface Presented {
  /** The user whom it belongs to; `null` for an anonymous one, which may hold data. */
  readonly owner: string | null;
  /** It began from an identity that a proxy asserted. */
  readonly fromProxy: boolean;
}

/** What happens to a user whom the app does not know. */
export type UnknownUsers = "anonymous" | "register" | "refuse";

/** The user as whom a request is served, and the session that is ended before it. */
export interface Reconciled {
  /** The presented session is ended before the handler runs. */
  readonly end: EndReason | null;
  readonly as: /** As the presented session's user, or anonymous if there is none. */
    | { readonly kind: "session" }
    /** As anonymous; the presented session does not count, and stays. */
    | { readonly kind: "anonymous" }
    /** As the asserted user. `own`: the presented session is theirs, or an anonymous one whose data they keep. */
    | { readonly kind: "user"; readonly owner: string; readonly own: boolean }
    /** As the user whom the app registers now. */
    | { readonly kind: "register"; readonly own: boolean }
    | { readonly kind: "refuse"; readonly status: 400 | 401 | 403; readonly code: ErrorCode }
    | { readonly kind: "unavailable"; readonly code: ErrorCode; readonly cause: unknown };
}

const AS_SESSION: Reconciled = { end: null, as: { kind: "session" } };
const AS_ANONYMOUS: Reconciled = { end: null, as: { kind: "anonymous" } };
const MALFORMED: Reconciled = { end: null, as: { kind: "refuse", status: 400, code: "ERR_BAD_REQUEST" } };
const INVALID: Reconciled = { end: null, as: { kind: "refuse", status: 401, code: "ERR_INVALID_CREDENTIAL" } };
const FORBIDDEN: Reconciled["as"] = { kind: "refuse", status: 403, code: "ERR_FORBIDDEN" };

/** The outcome if it needs neither session nor look-up: the assertion cannot be used, and the session is left alone. */
export function reconcileUnusable(asserted: ProxyVerdict): Reconciled | null {
  switch (asserted.kind) {
    case "malformed":
      // mutant: garbled-is-absent
      return MALFORMED;
    case "invalid":
      // mutant: unproven-is-absent
      return INVALID;
    case "unavailable":
      return { end: null, as: { kind: "unavailable", code: "ERR_PROVIDER_UNAVAILABLE", cause: asserted.cause } };
    case "absent":
    case "stripped":
    case "asserted":
      return null;
  }
}

/**
 * No user is asserted: a session counts, unless it began from an assertion, which may come back with the next request.
 */
export function reconcileAbsent(presented: Presented | null): Reconciled {
  // mutant: proxy-session-counts
  return presented?.fromProxy ? AS_ANONYMOUS : AS_SESSION;
}

/**
 * The outcome if a proxy asserts a user: the table of docs/design.md §3, row by row. Nothing of another user's session
 * is left; if the look-up fails, nothing is ended and the request is not served.
 */
export function reconcile(resolution: Resolution, presented: Presented | null, unknownUsers: UnknownUsers): Reconciled {
  switch (resolution.kind) {
    case "failed":
      return { end: null, as: { kind: "unavailable", code: resolution.code, cause: resolution.cause } };
    case "blocked":
      // mutant: blocked-keeps-session
      return { end: presented === null ? null : "admin", as: FORBIDDEN };
    case "unknown":
      return { end: presented === null ? null : "identity-changed", as: ofUnknown(unknownUsers) };
    case "found":
      // mutant: known-user
      return ofKnown(resolution.owner, presented);
  }
}

function ofUnknown(unknownUsers: UnknownUsers): Reconciled["as"] {
  if (unknownUsers === "refuse") return FORBIDDEN;
  return unknownUsers === "register" ? { kind: "register", own: false } : { kind: "anonymous" };
}

function ofKnown(owner: string, presented: Presented | null): Reconciled {
  const another = presented !== null && presented.owner !== null && presented.owner !== owner;
  return {
    // mutant: other-session-lives
    end: another ? "identity-changed" : null,
    // mutant: data-carried-over
    as: { kind: "user", owner, own: presented !== null && !another },
  };
}
