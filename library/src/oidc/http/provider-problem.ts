/** What went wrong with a provider: the one error inside `oidc`. */
import { AuthorizationResponseError, ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from "openid-client";
import type { ErrorCode, ProviderFailure } from "../../contracts.ts";

/** An error of a provider, in words that may be logged: never a token, code, state or body (OP-01). */
export class ProviderProblem extends Error {
  static {
    ProviderProblem.prototype.name = "ProviderProblem";
  }
  readonly kind: ProviderFailure["kind"];
  /** Which check failed, from a closed list of short words, or the provider's own error code. */
  readonly check: string;
  /** The error code that the provider gave, if it gave one that can be read. */
  readonly errorCode: string | null;
  /** Whether the request may have taken effect at the provider although no answer was read. */
  readonly ambiguous: boolean;
  /** Milliseconds after which the provider wants to be asked again. */
  readonly retryAfter: number | null;

  constructor(
    kind: ProviderFailure["kind"],
    check: string,
    message: string,
    more: { readonly ambiguous?: boolean; readonly retryAfter?: number | null; readonly errorCode?: string | null } = {},
  ) {
    super(message);
    this.kind = kind;
    this.check = check;
    this.ambiguous = more.ambiguous ?? false;
    this.retryAfter = more.retryAfter ?? null;
    this.errorCode = more.errorCode ?? null;
  }

  /** The same problem if it is certain that nothing took effect. */
  unambiguous(retryAfter: number | null = this.retryAfter): ProviderProblem {
    return new ProviderProblem(this.kind, this.check, this.message, { retryAfter, errorCode: this.errorCode });
  }
}

const CODES: { readonly [kind in ProviderFailure["kind"]]: ErrorCode } = {
  refused: "ERR_PROVIDER_REFUSED",
  unavailable: "ERR_PROVIDER_UNAVAILABLE",
  invalid: "ERR_PROVIDER_RESPONSE",
};

/** The failure, as the `Provider` interface has it, for an error that was thrown on the way. */
export function failureOf(error: unknown): ProviderFailure {
  const cause = problemOf(error);
  return { kind: cause.kind, code: CODES[cause.kind], cause };
}

/**
 * Turns what openid-client throws into a problem that can be logged. Its own errors carry the answer as `cause`, with
 * tokens, claims and the code in it, so only the code and the kind of check go on.
 */
export function problemOf(error: unknown): ProviderProblem {
  if (error instanceof ProviderProblem) return error;
  if (error instanceof AuthorizationResponseError) return fromErrorCode(error.error, "authorization", false);
  if (error instanceof ResponseBodyError) return fromErrorCode(error.error, "token", error.status >= 500 || error.status === 429);
  if (error instanceof WWWAuthenticateChallengeError)
    return new ProviderProblem("refused", "client", `the provider did not accept our client (status ${error.status})`);
  if (error instanceof ClientError) {
    if (error.cause instanceof ProviderProblem) return error.cause;
    return new ProviderProblem("invalid", checkOf(error), `the provider's answer failed a check: ${messageOf(error)}`);
  }
  return new ProviderProblem(
    "invalid",
    isUnsupported(error) ? "unsupported_operation" : "unexpected",
    "the provider's answer could not be used",
  );
}

/**
 * A key of ours with which no assertion can be made. openid-client does not export the error that its client
 * authentication throws.
 */
const isUnsupported = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "OAUTH_UNSUPPORTED_OPERATION";

const TEMPORARY: ReadonlySet<string> = new Set(["temporarily_unavailable", "server_error", "slow_down"]);

/** The problem for an error code of the provider. */
export function fromErrorCode(raw: string, where: string, outage: boolean): ProviderProblem {
  const code = /^[a-z0-9_.-]{1,64}$/i.test(raw) ? raw : "unreadable";
  const kind = outage || TEMPORARY.has(code) ? "unavailable" : "refused";
  return new ProviderProblem(kind, code, `the provider's ${where} endpoint answered with the error "${code}"`, {
    errorCode: code,
  });
}

function checkOf(error: ClientError): string {
  const claim = claimOf(error.cause);
  return claim ?? (error.code ?? "unexpected").toLowerCase().replace(/^oauth_/, "");
}

/** The claim that a comparison was about; openid-client names it inside nested causes. */
function claimOf(cause: unknown): string | undefined {
  for (let depth = 0, at = cause; depth < 3 && typeof at === "object" && at !== null; depth += 1) {
    if ("claim" in at && typeof at.claim === "string" && /^[a-z_]{1,16}$/.test(at.claim)) return at.claim;
    at = "cause" in at ? at.cause : null;
  }
  return undefined;
}

/** Messages of openid-client and oauth4webapi are fixed texts, but for JSON errors, which quote the answer. */
function messageOf(error: ClientError): string {
  const inner = error.cause instanceof Error && !(error.cause instanceof SyntaxError) ? error.cause.message : error.message;
  return inner.slice(0, 160);
}
