/** Asks the app whether a user may have a token. */
import type { Clock, Report, TokenQuestion } from "../../contracts.ts";
import { hookFailure } from "../../core/errors/hook-failure.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { within } from "../../time/within.ts";
import { wordsOf } from "../options/limits.ts";
import type { SettledTokens } from "../options.ts";

interface AllowOptions {
  readonly tokens: Pick<SettledTokens, "allow">;
  readonly clock: Clock;
  readonly report: Report;
}

/** How long the app may think, milliseconds. */
const LIMIT = 30_000;

/**
 * The part of the asked scope that the app allows, or `null`: the user gets no such token. Rejects if the app's
 * function throws: `ERR_APP_HOOK`, or the outage that it declares.
 */
export async function allowedScope({ tokens, clock, report }: AllowOptions, asked: TokenQuestion): Promise<string | null> {
  const { allow } = tokens;
  if (allow === undefined) return asked.scope;
  try {
    const answer: unknown = await within(clock, LIMIT, Promise.resolve(asked).then(allow), tooLate);
    if (answer === true) return asked.scope;
    if (answer === false) return null;
    const words = typeof answer === "string" ? wordsOf(answer) : null;
    if (words === null) throw new TypeError("tokens.allow answers true, false, or words with single spaces between");
    return (wordsOf(asked.scope) ?? []).filter((word) => words.includes(word)).join(" ");
  } catch (cause) {
    const { code, retryAfter } = hookFailure(cause);
    report({ name: "credential.failed", level: "error", reason: "allow", code, error: cause, owner: asked.owner });
    const seconds = retryAfter === undefined ? undefined : retryAfter / 1_000;
    throw new CoatcheckError(code, { cause, ...omitUndefined({ retryAfter: seconds }) });
  }
}

function tooLate(): never {
  throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: `tokens.allow did not answer within ${LIMIT} ms` });
}
