/** Failures on the way to an upstream, and their error codes. */
import type { ErrorCode } from "coatcheck/contracts";

const TIMEOUTS = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);
const STALE = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/** The code that Node and undici put on an error. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Which answer an upstream's failure becomes. */
export function failureCode(error: unknown): Extract<ErrorCode, "ERR_UPSTREAM_UNAVAILABLE" | "ERR_UPSTREAM_TIMEOUT"> {
  return TIMEOUTS.has(codeOf(error)) ? "ERR_UPSTREAM_TIMEOUT" : "ERR_UPSTREAM_UNAVAILABLE";
}

/**
 * Whether the connection was probably closed by the upstream while it lay idle. A safe request without a body is then
 * sent once more: the upstream has not begun to answer it.
 */
export function isStaleConnection(error: unknown): boolean {
  return STALE.has(codeOf(error));
}

/** The client's body is larger than the limit. */
export class BodyTooLarge extends Error {
  static {
    BodyTooLarge.prototype.name = "BodyTooLarge";
  }
}

/** The client went away, and no longer waits for the answer. */
export class ClientGone extends Error {
  static {
    ClientGone.prototype.name = "ClientGone";
  }
}
