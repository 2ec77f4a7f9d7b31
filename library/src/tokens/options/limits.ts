/** What the options of tokens have in common: lists of words, the longest time, and how a wrong one is refused. */
import { CoatcheckError } from "../../core/errors.ts";

/** The longest time that is configured, milliseconds. */
export const LONGEST = 400 * 24 * 3_600_000;

/** RFC 6749 s3.3. */
const WORD = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** The words of a scope, or `null`: it is no list of words with single spaces. */
export function wordsOf(scope: string | undefined): readonly string[] | null {
  if (scope === undefined || scope === "") return [];
  const words = scope.split(" ");
  return words.every((word) => WORD.test(word)) ? words : null;
}

/** The error for an option of `tokens` that cannot be right. */
export function refusal(key: string, problem: string): CoatcheckError {
  return new CoatcheckError("ERR_CONFIG", { message: `tokens.${key} ${problem}` });
}
