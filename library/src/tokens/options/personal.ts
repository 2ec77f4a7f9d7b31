/** What personal access tokens may be: the options, and the check of a request against them. */
import type { PersonalTokenRequest } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { type Duration, durationOption } from "../../core/options/settings.ts";
import { isStorable } from "../../core/record.ts";
import { LONGEST, refusal, wordsOf } from "./limits.ts";

/**
 * Personal access tokens, which users make for programs of their own.
 *
 * @example
 * ```ts
 * import type { PersonalTokenOptions } from "coatcheck";
 * const personal: PersonalTokenOptions = { prefix: "acme", lifetime: "365d", maxPerUser: 10 };
 * ```
 */
export interface PersonalTokenOptions {
  /** For which of the audiences of `tokens.accept` they are, and so which words they can have. Default: the first. */
  readonly audience?: string;
  /**
   * How each begins, by which scanners find one that was published: 2 to 32 letters, digits and `_`, a letter first.
   * Default `coatcheck`.
   */
  readonly prefix?: string;
  /** The longest time that one is good, at most 400 days. Default: one may have no end. */
  readonly lifetime?: Duration;
  /** How many a user may have at once, from 1 to 1,000; past it no more are made. Default 20. */
  readonly maxPerUser?: number;
}

export interface SettledPersonal {
  readonly audience: string;
  readonly prefix: string;
  /** `null`: one may have no end. */
  readonly lifetime: number | null;
  readonly maxPerUser: number;
}

const PREFIX = /^[A-Za-z][A-Za-z0-9_]{0,30}[A-Za-z0-9]$/;

/** Completes and checks the options. Throws `ERR_CONFIG`, or a `TypeError` for a duration that is none. */
export function settledPersonal(given: PersonalTokenOptions | undefined, accept: readonly string[]): SettledPersonal | null {
  if (given === undefined) return null;
  const { audience = accept[0], prefix = "coatcheck", lifetime, maxPerUser = 20 } = given;
  if (audience === undefined || !accept.includes(audience))
    throw refusal("personal.audience", "is one of tokens.accept: nobody else can verify these tokens.");
  if (!PREFIX.test(prefix)) throw refusal("personal.prefix", "is 2 to 32 letters, digits and _, a letter first and no _ last.");
  if (!Number.isInteger(maxPerUser) || maxPerUser < 1 || maxPerUser > 1_000)
    throw refusal("personal.maxPerUser", "is a whole number from 1 to 1000.");
  const longest = lifetime === undefined ? null : durationOption("tokens.personal.lifetime", lifetime, 1_000, LONGEST);
  return { audience, prefix, lifetime: longest, maxPerUser };
}

const NAME = /^[^\p{Cc}\p{Cs}]{1,100}$/u;

/** What a request comes to. Throws `ERR_BAD_REQUEST` for what is wider than configured: people fill it in. */
export function personalTerms(
  { name, scope = "", lifetime }: PersonalTokenRequest,
  { lifetime: longest }: SettledPersonal,
  allowed: readonly string[],
) {
  const words = wordsOf(scope);
  if (!NAME.test(name) || !isStorable(name)) throw wrong("The name is 1 to 100 characters.");
  if (words === null || !words.every((word) => allowed.includes(word))) throw wrong("The scope is wider than configured.");
  return { name, scope: [...new Set(words)].join(" "), lifetime: timeOf(lifetime, longest) };
}

function timeOf(given: Duration | undefined, longest: number | null): number | null {
  if (given === undefined) return longest;
  try {
    return durationOption("lifetime", given, 1_000, longest ?? LONGEST);
  } catch (cause) {
    throw wrong("The lifetime is longer than configured, or no time.", cause);
  }
}

function wrong(message: string, cause?: unknown): CoatcheckError {
  return new CoatcheckError("ERR_BAD_REQUEST", { message, cause });
}
