/** What tokens of our own may be: the options, and the check of a request against them. */
import type { TokenRequest } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { type Duration, durationOption } from "../core/options/settings.ts";

/**
 * What a token for one audience may be.
 *
 * @example
 * ```ts
 * import type { TokenAudience } from "coatcheck";
 * const orders: TokenAudience = { scope: "orders:read orders:write", lifetime: "8h" };
 * ```
 */
export interface TokenAudience {
  /** The words that a token may have in `scope`, with single spaces between. Default: none. */
  readonly scope?: string;
  /** The longest time that a token is good, in milliseconds or as `15m`; at most 400 days. Default `1h`. */
  readonly lifetime?: Duration;
}

/**
 * Tokens of our own.
 *
 * @example
 * ```ts
 * const tokens = { audiences: { orders: { scope: "orders:read" }, app: { lifetime: "15m" } }, accept: "app" };
 * const auth = coatcheck({ tokens, … });
 * ```
 */
export interface TokenOptions {
  /** Whom tokens can be issued for, by the name in `aud`. */
  readonly audiences: { readonly [audience: string]: TokenAudience };
  /** Which of these audiences are this app: their tokens authenticate here, as bearer tokens. Default: none. */
  readonly accept?: string | readonly string[];
}

/** An audience, checked. */
interface Settled {
  readonly scope: readonly string[];
  readonly lifetime: number;
}

export interface SettledTokens {
  readonly audiences: ReadonlyMap<string, Settled>;
  readonly accept: readonly string[];
}

/** A request for a token, completed, and no wider than its audience. */
export interface GrantTerms {
  readonly audience: string;
  readonly scope: string;
  readonly lifetime: number;
  readonly client: string;
}

const HOUR = 3_600_000;
const LONGEST = 400 * 24 * HOUR;
/** A name in `aud` and `client_id`: it is compared, and shown in lists. */
const NAME = /^[\x21-\x7e]{1,255}$/;
/** RFC 6749 s3.3. */
const WORD = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Completes and checks the options. Throws `ERR_CONFIG`, or a `TypeError` for a duration that is none. */
export function settledTokens({ audiences, accept = [] }: TokenOptions): SettledTokens {
  const settled = new Map(Object.entries(audiences).map(([name, audience]) => [name, settle(name, audience)] as const));
  const accepted = typeof accept === "string" ? [accept] : accept;
  const unknown = accepted.find((name) => !settled.has(name));
  if (unknown !== undefined) throw refusal("accept", `names ${JSON.stringify(unknown)}, which is none of tokens.audiences.`);
  return { audiences: settled, accept: accepted };
}

function settle(name: string, { scope, lifetime = HOUR }: TokenAudience): Settled {
  const place = `audiences.${name}`;
  if (!NAME.test(name)) throw refusal("audiences", "have names of 1 to 255 ASCII characters without spaces.");
  const words = wordsOf(scope);
  if (words === null) throw refusal(`${place}.scope`, "is a list of words with single spaces.");
  return { scope: words, lifetime: durationOption(`tokens.${place}.lifetime`, lifetime, 1_000, LONGEST) };
}

/** What a request comes to. Throws a `TypeError` for one that is wider than its audience allows (JT-05). */
export function termsOf(request: TokenRequest, { audiences }: SettledTokens, app: string): GrantTerms {
  const { audience, scope, client = app } = request;
  const allowed = audiences.get(audience);
  if (allowed === undefined) throw new TypeError("audience is none of tokens.audiences");
  const words = wordsOf(scope);
  const wider = words?.find((word) => !allowed.scope.includes(word));
  if (words === null || wider !== undefined) throw new TypeError(`scope is no part of tokens.audiences.${audience}.scope`);
  if (!NAME.test(client)) throw new TypeError("client is 1 to 255 ASCII characters without spaces");
  const lifetime = durationOption("lifetime", request.lifetime ?? allowed.lifetime, 1_000, allowed.lifetime);
  return { audience, scope: [...new Set(words)].join(" "), lifetime, client };
}

/** `null`: it is no list of words. */
function wordsOf(scope: string | undefined): readonly string[] | null {
  if (scope === undefined || scope === "") return [];
  const words = scope.split(" ");
  return words.every((word) => WORD.test(word)) ? words : null;
}

function refusal(key: string, problem: string): CoatcheckError {
  return new CoatcheckError("ERR_CONFIG", { message: `tokens.${key} ${problem}` });
}
