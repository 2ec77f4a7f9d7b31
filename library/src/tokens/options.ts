/** What tokens of our own may be: the options, and the check of a request against them. */
import type { MaybePromise, TokenQuestion, TokenRequest } from "../contracts.ts";
import { type Duration, durationOption } from "../core/options/settings.ts";
import { ROTATION_GRACE } from "../core/policy.ts";
import type { AudienceKeys } from "../crypto/signing/signing-keys.ts";
import { LONGEST, refusal, wordsOf } from "./options/limits.ts";
import { type PersonalTokenOptions, type SettledPersonal, settledPersonal } from "./options/personal.ts";

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
  /**
   * How long refresh tokens go on giving new access tokens, in all; nothing extends it. At most 400 days. Default: no
   * refresh tokens.
   */
  readonly family?: Duration;
  /**
   * How long after its last exchange a refresh token is good: not shorter than `lifetime`, and not longer than
   * `family`, which is the default.
   */
  readonly idle?: Duration;
  /** Whether users may ask for tokens of their own, at `POST tokens`. Default `false`. */
  readonly users?: boolean;
  /**
   * Whether each of its access tokens begins a browser session, once, at `POST tokens/session` or by
   * `auth.tokens.signIn`: for a webview beside a native app. The session is a whole one, whatever the token's scope, so
   * give such tokens a short `lifetime`. Default `false`.
   */
  readonly sessions?: boolean;
  /**
   * Gives its tokens keys of their own, derived for this audience from each secret, and published beside the others:
   * who knows them alone takes no token that is for another audience. Default: the keys of `signing`.
   */
  readonly algorithm?: "EdDSA" | "Ed25519" | "ES256";
  /**
   * The secret with which the service behind this audience asks at `POST tokens/introspect` about tokens for it
   * (RFC 7662): at least 32 characters; several while it is exchanged. A function gives it as it is at each request.
   * Default: it cannot ask.
   */
  readonly introspection?: string | readonly string[] | (() => string | readonly string[]);
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
  /**
   * How long an exchanged refresh token gets the same answer again, so that a lost answer costs nothing; after that its
   * use ends the family. From `1s` to `5m`. Default `10s`.
   */
  readonly grace?: Duration;
  /** How long after signing in users may ask for tokens. Default `15m`. */
  readonly recent?: Duration;
  /**
   * How soon a token that was revoked, or is over with its session, is refused here. `"immediate"`: at once, since each
   * request reads its row. `{ within }`: so much later at most, in every process; that long a token that was looked up
   * is taken by its signature alone, also while the store is away. From `1s` to `1h`. Default `"immediate"`.
   */
  readonly revocation?: "immediate" | { readonly within: Duration };
  /** Personal access tokens, which users make for programs of their own. Default: none can be made. */
  readonly personal?: PersonalTokenOptions;
  /**
   * Whether a user may have a token: asked before one is given at `POST tokens`, to an agent, or as a personal one, and
   * whenever a refresh token is exchanged. `true`: all that is asked; words: those of what is asked; `false`: none.
   * What is not allowed is not given; a family whose refresh is refused ends, and what it loses it never gets back. If
   * it throws, nothing is stored: 500 `ERR_APP_HOOK`, or 503 by `unavailable(cause)`. Default: everything that is
   * configured.
   */
  readonly allow?: (asked: TokenQuestion) => MaybePromise<boolean | string>;
}

/** An audience, checked. */
interface Settled {
  readonly scope: readonly string[];
  readonly lifetime: number;
  readonly family: number | null;
  readonly idle: number | null;
  readonly users: boolean;
  /** The secrets as they are now; `null`: nobody may ask. */
  readonly introspection: (() => readonly string[]) | null;
}

export interface SettledTokens {
  readonly grace: number;
  readonly recent: number;
  readonly audiences: ReadonlyMap<string, Settled>;
  readonly accept: readonly string[];
  /** Whose tokens begin browser sessions. */
  readonly sessions: readonly string[];
  /** Milliseconds; `null`: at once. */
  readonly within: number | null;
  readonly personal: SettledPersonal | null;
  readonly allow: TokenOptions["allow"];
}

/** What a token is good for, and who asked for it. */
export interface GrantTerms {
  readonly audience: string;
  readonly scope: string;
  readonly client: string;
}

/** A request for a token, completed, and no wider than its audience. */
export interface Granted extends GrantTerms {
  readonly lifetime: number;
  /** `null`: it cannot be refreshed. */
  readonly family: number | null;
  /** `null`: as long as the family. */
  readonly idle: number | null;
}

const HOUR = 3_600_000;
const LEAST_SECRET = 32;
/** A name in `aud` and `client_id`: it is compared, and shown in lists. */
const NAME = /^[\x21-\x7e]{1,255}$/;

/** The audiences with keys of their own. */
export function keysOfAudiences(given: TokenOptions | undefined): AudienceKeys {
  const all = Object.entries(given?.audiences ?? {});
  return new Map(all.flatMap(([name, { algorithm }]) => (algorithm === undefined ? [] : [[name, algorithm] as const])));
}

/** Completes and checks the options. Throws `ERR_CONFIG`, or a `TypeError` for a duration that is none. */
export function settledTokens({ audiences, accept = [], ...options }: TokenOptions): SettledTokens {
  const { grace, recent, revocation = "immediate", personal, allow } = options;
  const settled = new Map(Object.entries(audiences).map(([name, audience]) => [name, settle(name, audience)] as const));
  const accepted = typeof accept === "string" ? [accept] : accept;
  const unknown = accepted.find((name) => !settled.has(name));
  if (unknown !== undefined) throw refusal("accept", `names ${JSON.stringify(unknown)}, which is none of tokens.audiences.`);
  return {
    audiences: settled,
    accept: accepted,
    sessions: Object.entries(audiences).flatMap(([name, { sessions = false }]) => (sessions ? [name] : [])),
    grace: durationOption("tokens.grace", grace ?? ROTATION_GRACE, 1_000, 300_000),
    recent: durationOption("tokens.recent", recent ?? HOUR / 4, 1_000, LONGEST),
    within: revocation === "immediate" ? null : durationOption("tokens.revocation.within", revocation.within, 1_000, HOUR),
    personal: settledPersonal(personal, accepted),
    allow,
  };
}

function settle(name: string, given: TokenAudience): Settled {
  const { scope, lifetime = HOUR, family, users = false, introspection } = given;
  const place = `audiences.${name}`;
  if (!NAME.test(name)) throw refusal("audiences", "have names of 1 to 255 ASCII characters without spaces.");
  const words = wordsOf(scope);
  if (words === null) throw refusal(`${place}.scope`, "is a list of words with single spaces.");
  const time = (key: string, given: Duration): number => durationOption(`tokens.${place}.${key}`, given, 1_000, LONGEST);
  const times = {
    lifetime: time("lifetime", lifetime),
    family: family === undefined ? null : time("family", family),
    idle: given.idle === undefined ? null : time("idle", given.idle),
  };
  if (times.idle !== null && (times.idle < times.lifetime || times.idle > (times.family ?? 0)))
    throw refusal(`${place}.idle`, "is not shorter than lifetime, and not longer than family.");
  return {
    scope: words,
    ...times,
    users,
    introspection: secretsOf(`${place}.introspection`, introspection),
  };
}

/** Throws `ERR_CONFIG` for a secret that is too short; later ones that are prove nothing. */
function secretsOf(place: string, given: TokenAudience["introspection"]): Settled["introspection"] {
  if (given === undefined || (Array.isArray(given) && given.length === 0)) return null;
  const all = (): readonly string[] => [typeof given === "function" ? given() : given].flat();
  const isLong = (secret: string): boolean => secret.length >= LEAST_SECRET;
  if (!all().every(isLong)) throw refusal(place, `is a secret of at least ${LEAST_SECRET} characters, or a list of them.`);
  return () => all().filter(isLong);
}

/**
 * What a request comes to, or what is wrong with one that is wider than its audience allows (JT-05). Throws a
 * `TypeError` for such a lifetime.
 */
export function termsOf(
  request: Omit<TokenRequest, "subject">,
  { audiences }: SettledTokens,
  app: string,
): Granted | { readonly wrong: string; readonly wider?: true } {
  const { audience, scope, client = app, refreshable = false } = request;
  const allowed = audiences.get(audience);
  if (allowed === undefined) return { wrong: "audience is none of tokens.audiences" };
  const words = wordsOf(scope);
  if (words === null || !words.every((word) => allowed.scope.includes(word)))
    return { wrong: `scope is no part of tokens.audiences.${audience}.scope`, wider: true };
  if (!NAME.test(client)) return { wrong: "client is 1 to 255 ASCII characters without spaces" };
  if (refreshable && allowed.family === null) return { wrong: `tokens.audiences.${audience} has no family: no refresh tokens` };
  const lifetime = durationOption("lifetime", request.lifetime ?? allowed.lifetime, 1_000, allowed.lifetime);
  const { family, idle } = refreshable ? allowed : { family: null, idle: null };
  return { audience, scope: [...new Set(words)].join(" "), lifetime, family, idle, client };
}

/** Whether a family that was issued before is still no wider than what is configured. */
export function isWithin({ audience, scope }: GrantTerms, { audiences }: SettledTokens): boolean {
  const allowed = audiences.get(audience);
  return allowed !== undefined && allowed.family !== null && (wordsOf(scope) ?? []).every((word) => allowed.scope.includes(word));
}
