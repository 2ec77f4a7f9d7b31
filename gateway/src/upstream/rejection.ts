/** An upstream's 401 to an access token, held back while the token is refreshed. */
import type { TokenTarget } from "coatcheck/contracts";
import { CoatcheckError } from "coatcheck/errors";
import { sameSecret } from "coatcheck/secrets";
import type { Admission } from "../session/interface.ts";
import type { AnswerHeaders } from "./headers/response-head.ts";

/** The most of a rejection's body that is kept while the token is refreshed; what is larger passes as it comes. */
const MOST_KEPT = 65_536;

/**
 * Whether the upstream says that the access token is not valid, in the words of RFC 6750 s3.1. Everything else is its
 * own affair.
 */
export function rejectsToken(status: number, headers: AnswerHeaders): boolean {
  if (status !== 401) return false;
  const challenge = headers["www-authenticate"];
  const text = typeof challenge === "string" ? challenge : (challenge ?? []).join(", ");
  return /\bbearer\b/i.test(text) && /\berror\s*=\s*"?invalid_token\b/i.test(text);
}

/**
 * An upstream's 401, kept back while its session asks for another token: the client gets it after all if there is
 * none.
 */
export class Rejection {
  readonly headers: AnswerHeaders;
  readonly chunks: Buffer[] = [];
  #size = 0;

  constructor(headers: AnswerHeaders) {
    this.headers = headers;
  }

  /** Keeps a part of the body. `false`: there is too much of it to be kept. */
  keep(chunk: Buffer): boolean {
    // undici's buffers are used again after the call.
    this.chunks.push(Buffer.from(chunk));
    this.#size += chunk.length;
    return this.#size <= MOST_KEPT;
  }
}

/**
 * Another token instead of one that the upstream rejected; `undefined` if there can be none, and the upstream's
 * answer stands. If there is none now, or the session is over, it rejects with our own error.
 */
export async function tokenInstead(
  admission: Admission | null,
  rejected: string,
  target: TokenTarget,
): Promise<string | undefined> {
  try {
    const token = await admission?.accessToken(rejected, target);
    return token === undefined || sameSecret(token, rejected) ? undefined : token;
  } catch (error) {
    if (error instanceof CoatcheckError && error.code === "ERR_TOKEN_UNAVAILABLE" && admission?.refreshes !== true)
      return undefined;
    throw error;
  }
}
