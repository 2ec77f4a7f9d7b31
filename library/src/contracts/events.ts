/** What happened, for logs and counters, and the codes of errors. */

/**
 * What happened, for logs and counters. Never holds a ticket, token, code, state or secret (OP-01).
 *
 * @example
 * ```ts
 * import type { AuditEvent } from "coatcheck";
 * const on = ({ level, name, reason, owner }: AuditEvent) => {
 *   if (level === "warn" || level === "error") console.log(JSON.stringify({ name, reason, owner }));
 * };
 * const auth = coatcheck({ on, … });
 * ```
 */
export interface AuditEvent {
  /** From the closed list; also the metric's label. */
  readonly name: EventName;
  readonly level: "debug" | "info" | "warn" | "error";
  /**
   * A short reason: from a closed list of the event's own, or the name of a strategy, a preset, a field or a check.
   */
  readonly reason?: string;
  /** What to do about it, if that is known: a sentence made of settings, never of what a client sent. */
  readonly hint?: string;
  readonly sessionId?: string;
  readonly owner?: string;
  readonly issuer?: string;
  readonly provider?: string;
  readonly code?: ErrorCode;
  /** The reference that a person was shown on an error page. */
  readonly reference?: string;
  readonly error?: unknown;
  readonly count?: number;
  /** How many rows the store holds after a sweep, if it can say. */
  readonly rows?: { readonly live: number; readonly dead: number };
}

export type EventName =
  | "session.created"
  | "session.ended"
  | "session.rotated"
  | "token.issued"
  | "token.refreshed"
  | "token.reused"
  | "token.revoked"
  | "session.grace-hit"
  | "session.refused"
  | "session.preset-exceeded"
  | "session.data-invalid"
  | "session.ambiguous"
  | "touch.failed"
  | "login.begun"
  | "login.completed"
  | "login.linked"
  | "login.failed"
  | "logout.completed"
  | "csrf.refused"
  | "credential.refused"
  | "credential.failed"
  | "store.failed"
  | "store.foreign"
  | "store.limited"
  | "address.insecure"
  | "clock.off"
  | "proxy.stripped"
  | "proxy.malformed"
  | "proxy.failed"
  | "proxy.lookup-failed"
  | "provider.ready"
  | "provider.failed"
  | "revocation.failed"
  | "refresh.completed"
  | "refresh.failed"
  | "refresh.slow"
  | "refresh.held"
  | "refresh.discarded"
  | "refresh.taken-over"
  | "ending.held"
  | "ending.completed"
  | "ending.dropped"
  | "backchannel.completed"
  | "backchannel.refused"
  | "frontchannel.completed"
  | "frontchannel.refused"
  | "sweep.completed"
  | "sweep.skipped"
  | "page.failed"
  | "background.failed";

/** Codes of errors; the table in `core/errors` says what each means and what to do about it. */
export type ErrorCode =
  | "ERR_UNAUTHENTICATED"
  | "ERR_FORBIDDEN"
  | "ERR_CROSS_SITE"
  | "ERR_BAD_REQUEST"
  | "ERR_INVALID_CREDENTIAL"
  | "ERR_METHOD_NOT_ALLOWED"
  | "ERR_NOT_FOUND"
  | "ERR_BODY_TOO_LARGE"
  | "ERR_UNSUPPORTED_MEDIA_TYPE"
  | "ERR_MISDIRECTED"
  | "ERR_TOO_MANY_REQUESTS"
  | "ERR_TOO_MANY_MARKERS"
  | "ERR_TOO_MANY_TOKENS"
  | "ERR_STEP_UP"
  | "ERR_FORM_SENT"
  | "ERR_SESSION_ENDED"
  | "ERR_LOGOUT_PENDING"
  | "ERR_LOGOUT_UNFINISHED"
  | "ERR_TOKEN_UNAVAILABLE"
  | "ERR_STORE_UNAVAILABLE"
  | "ERR_APP_HOOK"
  | "ERR_STORE_CONTENTION"
  | "ERR_STORE_INVALID"
  | "ERR_RECORD_FORMAT"
  | "ERR_DATA_INVALID"
  | "ERR_DATA_TOO_LARGE"
  | "ERR_COOKIE_TOO_LARGE"
  | "ERR_PROVIDER_UNAVAILABLE"
  | "ERR_PROVIDER_RESPONSE"
  | "ERR_PROVIDER_REFUSED"
  | "ERR_LOGIN_STATE"
  | "ERR_LOGIN_EXPIRED"
  | "ERR_LOGIN_USED"
  | "ERR_SEAL"
  | "ERR_SECRET"
  | "ERR_CONFIG"
  | "ERR_NOT_OFFERED"
  | "ERR_UPSTREAM_UNAVAILABLE"
  | "ERR_UPSTREAM_TIMEOUT"
  | "ERR_UPSTREAM_BUSY"
  | "ERR_INTERNAL";
