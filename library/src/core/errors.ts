/** The table of error codes, the error that bears one, and the problem document of a code. */
import type { ErrorCode } from "../contracts.ts";

/** What one code means, for the client and for the operator. */
export interface ErrorEntry {
  readonly status: number;
  /** For the person or program that made the request; never tells a secret. */
  readonly message: string;
  /** For the operator or the programmer. */
  readonly remedy: string;
}

const entry = (status: number, message: string, remedy: string): ErrorEntry => ({ status, message, remedy });

/** The one table of codes. docs/errors.md and the type `ErrorCode` say the same; a test holds the three together. */
export const ERRORS: { readonly [code in ErrorCode]: ErrorEntry } = {
  ERR_UNAUTHENTICATED: entry(401, "No user is signed in.", "Sign in first; for a navigation this becomes the login."),
  ERR_FORBIDDEN: entry(403, "You are signed in, but this is not for you.", "Check the groups or rule of the route."),
  ERR_CROSS_SITE: entry(
    403,
    "This request came from another site, so it was refused.",
    "Compare the browser's address with publicUrl; list other origins that may send unsafe requests in trustedOrigins.",
  ),
  ERR_BAD_REQUEST: entry(400, "The request is malformed.", "Correct the parameter or header that the answer names."),
  ERR_INVALID_CREDENTIAL: entry(
    401,
    "The credential that was sent is not valid.",
    "Send a valid credential, or none. An invalid one never falls back to the cookie.",
  ),
  ERR_METHOD_NOT_ALLOWED: entry(405, "This address does not take that method.", "Use a method that the Allow header names."),
  ERR_NOT_FOUND: entry(404, "There is nothing at this address.", "Check the path and the configured prefix."),
  ERR_BODY_TOO_LARGE: entry(413, "The body is too large.", "Send less, or raise the limit where one is configured."),
  ERR_UNSUPPORTED_MEDIA_TYPE: entry(415, "The body is of a type that is not read here.", "Send the documented content type."),
  ERR_MISDIRECTED: entry(
    421,
    "This host is not served here.",
    "Add the origin to publicUrl, or let the proxy in front send the right Host (X-Forwarded-Host counts only from trustedProxies).",
  ),
  ERR_TOO_MANY_REQUESTS: entry(429, "Too many requests.", "Wait for as long as Retry-After says."),
  ERR_TOO_MANY_MARKERS: entry(
    503,
    "Too many logout notifications name sessions that do not exist.",
    "Find out what opens frontchannel-logout; if it is your provider, raise frontchannelLogout.maxMarkers. Sessions that exist end all the same.",
  ),
  ERR_TOO_MANY_TOKENS: entry(
    409,
    "You have as many personal access tokens as you may have. Revoke one first.",
    "Raise tokens.personal.maxPerUser, or revoke tokens that are not used.",
  ),
  ERR_STEP_UP: entry(
    401,
    "You are signed in, but this needs a more recent or a stronger sign-in.",
    "Open login in the browser with max_age and acr_values as WWW-Authenticate names them (RFC 9470); what this route asks is in its maxAge and acr.",
  ),
  ERR_FORM_SENT: entry(
    409,
    "This form was sent already. It is not sent again.",
    "Nothing: it arrived once. Who wants to send it another time fills it in anew.",
  ),
  ERR_SESSION_ENDED: entry(
    401,
    "The session ended before this was stored.",
    "Sign in again and repeat. The user signed out, or an operator ended the session, while the request was on its way; or an access token was needed that only a fresh login gives.",
  ),
  ERR_LOGOUT_PENDING: entry(
    503,
    "You are signed out in this browser. Ending the session everywhere takes a moment longer, and goes on by itself.",
    "The session store did not take the logout; look at its health. This process goes on trying until the session has ended.",
  ),
  ERR_LOGOUT_UNFINISHED: entry(
    503,
    "You are signed out in this browser, but your session could not be ended. Sign in and sign out again in a while.",
    "The store takes no endings, and maxPendingEndings of them wait already; look at its health. A copied cookie is good until then.",
  ),
  ERR_TOKEN_UNAVAILABLE: entry(
    503,
    "There is no live access token for this session now.",
    "Sign in again, or retry when the provider answers; ask for the scope by which the provider gives refresh tokens.",
  ),
  ERR_STORE_UNAVAILABLE: entry(
    503,
    "Sessions cannot be looked up right now. You are still signed in.",
    "The session store did not answer; look at its health. No user was signed out.",
  ),
  ERR_APP_HOOK: entry(
    500,
    "The app could not tell who you are.",
    "A function of the app's own (onSignIn, onRefresh, resolve, register, authenticate, a strategy) threw, or answered with something else; the event has the error. Where what it asks is away, let it throw unavailable(cause), which is 503.",
  ),
  ERR_STORE_CONTENTION: entry(
    503,
    "Too many changes to this session at once. Nothing was lost; try again.",
    "Many requests write the same session at the same moment; write less often or less at once.",
  ),
  ERR_STORE_INVALID: entry(
    500,
    "The session store cannot be used.",
    "The message says which: the file is not Coatcheck's, is not writable, or is of a newer version.",
  ),
  ERR_RECORD_FORMAT: entry(
    503,
    "This session was written by a newer version.",
    "Finish the roll-out: a format is read one release before it is written.",
  ),
  ERR_DATA_INVALID: entry(
    500,
    "The session's data do not fit their schema.",
    "Compare what is set with the schema given as data.",
  ),
  ERR_DATA_TOO_LARGE: entry(
    500,
    "The session's data are too large.",
    "Keep large things in a database and their id in the session; session.maxData is the limit in characters of JSON.",
  ),
  ERR_COOKIE_TOO_LARGE: entry(
    500,
    "The session does not fit into its cookies.",
    "The message says what takes the room: leave claims out with provider.claims, keep data in a database, or take a store that keeps sessions instead of cookie:.",
  ),
  ERR_PROVIDER_UNAVAILABLE: entry(
    503,
    "The sign-in service does not answer. Try again in a moment.",
    "Look at the provider and the way to it; sessions that exist go on.",
  ),
  ERR_PROVIDER_RESPONSE: entry(
    502,
    "The sign-in service gave an answer that cannot be trusted.",
    "The log says which check failed: signature, issuer, audience, nonce, times, size. Compare clientId and issuer.",
  ),
  ERR_PROVIDER_REFUSED: entry(403, "The sign-in service refused.", "The log has the provider's error code."),
  ERR_LOGIN_STATE: entry(
    400,
    "This login was not started in this browser, or it was changed on the way.",
    "Start again. If it happens often: cookies are blocked, or replicas have different secrets.",
  ),
  ERR_LOGIN_EXPIRED: entry(400, "This login took too long.", "Start again; a login may take ten minutes."),
  ERR_LOGIN_USED: entry(400, "This login was used already.", "Start again."),
  ERR_SEAL: entry(500, "A sealed value could not be opened.", "Compare the secrets of the replicas; the key id is in the log."),
  ERR_SECRET: entry(500, "The secret cannot be used.", "Make one with: npx coatcheck secret"),
  ERR_CONFIG: entry(500, "The configuration cannot be used.", "The message names the key and what would be right."),
  ERR_NOT_OFFERED: entry(
    501,
    "This is not offered here.",
    "Sessions in sealed cookies (cookie:) cannot do it; the message says whether a store for markers (cookie+<store>) would help, or one that keeps sessions.",
  ),
  ERR_UPSTREAM_UNAVAILABLE: entry(502, "The app behind the gateway does not answer.", "Look at the upstream that the log names."),
  ERR_UPSTREAM_TIMEOUT: entry(504, "The app behind the gateway took too long.", "Look at the upstream, or raise its timeout."),
  ERR_UPSTREAM_BUSY: entry(
    503,
    "The app behind the gateway has more to do than it can. Try again in a moment.",
    "All connections to the upstream are in use: look at why it answers slowly, or raise its connections or streams.",
  ),
  ERR_INTERNAL: entry(500, "Something went wrong here.", "Look up the reference in the log."),
};

export interface CoatcheckErrorOptions {
  readonly cause?: unknown;
  /** Replaces the table's message; must not hold a secret. */
  readonly message?: string;
  /** Seconds, for `Retry-After`; 503 has 5 by default. */
  readonly retryAfter?: number;
}

/**
 * An outage, or an answer that an adapter is to give. Hostile input, expiry and conflict are values, not errors. `code`
 * is from the table; `status` is what adapters answer.
 *
 * @example
 * ```ts
 * try { await session.accessToken() }
 * catch (error) { if (error instanceof CoatcheckError && error.code === "ERR_TOKEN_UNAVAILABLE") showSignInButton() }
 * ```
 */
export class CoatcheckError extends Error {
  static {
    CoatcheckError.prototype.name = "CoatcheckError";
  }
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfter: number | null;

  constructor(code: ErrorCode, options: CoatcheckErrorOptions = {}) {
    super(options.message ?? ERRORS[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.retryAfter = options.retryAfter ?? (this.status === 503 ? 5 : null);
  }
}

/**
 * RFC 9457 problem document of a code. `status` is the table's unless a protocol prescribes another.
 *
 * @example
 * ```ts
 * import { problem } from "coatcheck/errors";
 * const headers = { "content-type": "application/problem+json" };
 * const response = new Response(problem("ERR_FORBIDDEN", "Only editors may publish."), { status: 403, headers });
 * ```
 */
export function problem(code: ErrorCode, detail?: string, status: number = ERRORS[code].status): string {
  const { message } = ERRORS[code];
  // JSON leaves out what is undefined.
  return JSON.stringify({ type: `urn:coatcheck:error:${code}`, title: message, status, code, detail });
}

/**
 * For the app's own functions (`resolve`, `register`, `authenticate`): declares that what they ask is unavailable,
 * which is answered 503. Any other error of theirs counts as a bug of the app: 500 `ERR_APP_HOOK`.
 *
 * @example
 * ```ts
 * const resolve = async ({ subject }: { subject: string }) => {
 *   const user = await users.find(subject).catch(unavailable);
 *   return user === undefined ? null : { owner: user.id };
 * };
 * ```
 */
export function unavailable(cause?: unknown): never {
  throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
}
