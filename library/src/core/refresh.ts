/** When tokens are refreshed, the backoff after failures, and the rows that a refresh writes. */
import type { JsonObject, ProviderTokens, RecordBody, RefreshState, SessionRow } from "../contracts.ts";
import { type Duration, durationOption } from "./options/settings.ts";
import { serializeBody } from "./record.ts";

/** When tokens are refreshed, and what becomes of sessions without a refresh token. Times in milliseconds. */
export interface RefreshPolicy {
  /**
   * `keep-in-step`: whenever a request finds the access token run out, so that a session ends when its provider ends
   * it. `on-demand`: only when a token is used. `never`.
   */
  readonly policy: "keep-in-step" | "on-demand" | "never";
  /** A session without a refresh token lives on as an identity when its access token runs out, or ends with it. */
  readonly withoutRefreshToken: "identity" | "end";
  /** Refresh for users who are away as well. */
  readonly background: boolean;
  /** How long a request waits for a refresh. The refresh goes on without it. */
  readonly wait: number;
}

/**
 * The same as options: all may be left out.
 *
 * @example
 * ```ts
 * // Sessions live on when the provider's tokens expire, and a handler refreshes them by `session.accessToken()`.
 * const auth = coatcheck({ refresh: { policy: "on-demand", wait: "3s" }, … });
 * ```
 */
export interface RefreshOptions extends Partial<Omit<RefreshPolicy, "wait">> {
  readonly wait?: Duration;
}

/** Completes and checks the options. Throws a `TypeError` that names the option. */
export function refreshPolicy(options: RefreshOptions = {}): RefreshPolicy {
  const { policy = "keep-in-step", withoutRefreshToken = "identity", background = false } = options;
  const wait = durationOption("refresh.wait", options.wait ?? 10_000, 0, 120_000);
  oneOf("refresh.policy", policy, ["keep-in-step", "on-demand", "never"]);
  oneOf("refresh.withoutRefreshToken", withoutRefreshToken, ["identity", "end"]);
  if (background && policy !== "keep-in-step") {
    throw new TypeError(`refresh.background refreshes ahead of use, which refresh.policy ${policy} does not do`);
  }
  return { policy, withoutRefreshToken, background, wait };
}

function oneOf(name: string, value: string, among: readonly string[]): void {
  if (!among.includes(value)) throw new TypeError(`${name} is ${value}; it can be ${among.join(", ")}`);
}

/** The part of the token's life, at most this long, in which it is refreshed ahead of its end. */
const MOST_EARLY = 120_000;
const EARLY_PART = 0.2;

/**
 * When to refresh ahead of the end: between the last fifth and the last tenth, with jitter (0 to 1), so that sessions
 * that began together spread out.
 */
export function renewAtOf(tokens: ProviderTokens, now: number, chance: number): number | null {
  if (tokens.refreshToken === null) return null;
  const early = Math.min(MOST_EARLY, Math.max(0, tokens.expires - now) * EARLY_PART);
  return Math.floor(tokens.expires - early * (0.5 + chance / 2));
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** The longest `Retry-After` of a provider that is followed. */
const LONGEST_RETRY_AFTER = 600_000;

/**
 * Exponential backoff after so many failures in a row: doubling from a second to a minute, with jitter down to half of
 * it; or longer, as the provider asked.
 */
export function backoff(failures: number, retryAfter: number | null, chance: number): number {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 10)) * (0.5 + chance / 2);
  return Math.ceil(Math.max(pause, Math.min(retryAfter ?? 0, LONGEST_RETRY_AFTER)));
}

/**
 * How much of a backoff is left, milliseconds. A success with the same provider since the failure says that the outage
 * is over: then the pause is as short as the first one. A pause that the provider asked for stands (it has no
 * `failed`).
 */
export function backoffLeft({ until, failed }: RefreshState, now: number, succeededAt: number): number {
  const over = failed !== undefined && succeededAt > failed;
  return (over ? Math.min(until, failed + FIRST_PAUSE) : until) - now;
}

/**
 * After so many failures in a row a session is not refreshed ahead any more; a request that needs the token still
 * tries, once per backoff.
 */
export const MAX_FAILURES = 10;

/** A row's lease: the right to send its refresh token. */
interface Lease {
  /** How long it stands, milliseconds; a process that watched it for so long may take over. */
  readonly length: number;
  /** It was taken over from a holder whose lease ran out, and who may have sent the token or not. */
  readonly unknown: boolean;
}

/** `name` is unique: the same text at two readings is the same lease, which stood all the while between them. */
export function leaseText(name: string, { length, unknown }: Lease): string {
  return `${name}.${length}.${unknown ? "unknown" : "first"}`;
}

const LONGEST_LEASE = 600_000;
/**
 * The longest that a refresh may take, milliseconds: its lease stands a quarter longer, and is watched for no more than
 * that.
 */
export const LONGEST_REFRESH = 480_000;

export function parseLease(text: string): Lease {
  const [, length = "", state] = text.split(".");
  const parsed = Number.parseInt(length, 10);
  return { length: parsed > 0 ? Math.min(parsed, LONGEST_LEASE) : LONGEST_LEASE, unknown: state !== "first" };
}

/** Whether the refresh token may have been sent before, by lease and record, without a known result. */
export function mayHaveBeenSent(lease: string | null, { renewal }: RecordBody): boolean {
  return (lease !== null && parseLease(lease).unknown) || renewal?.unknown === true;
}

/** @param step by how much the version rises; random, as everywhere (docs/design.md §2) */
export function leased(row: SessionRow, lease: string, step: number): SessionRow {
  return { ...row, version: row.version + step, lease };
}

/** What a refresh writes. */
interface Refreshed {
  readonly tokens: ProviderTokens;
  readonly sealed: string;
  /** `null`: the stored claims stay. */
  readonly claims: JsonObject | null;
  readonly renewAt: number | null;
  /** By how much the version rises. */
  readonly step: number;
}

/** The row with its new tokens and claims. `seen` stays: a refresh is no activity of the user (SE-06). */
export function refreshedRow(row: SessionRow, body: RecordBody, refreshed: Refreshed): SessionRow {
  const { tokens, sealed, claims, renewAt, step } = refreshed;
  const { renewal: _, asking: __, identity, ...rest } = body;
  const known = identity === null || claims === null ? identity : { ...identity, claims: { ...claims, ...body.added } };
  return {
    ...row,
    version: row.version + step,
    lease: null,
    renewAt,
    // mutant: refresh-is-activity
    tokenExpires: tokens.expires,
    body: serializeBody({ ...rest, identity: known, tokens: sealed }),
  };
}

/** The row after a failed attempt: the session lives on, and waits for its backoff. */
export function failedRow(row: SessionRow, body: RecordBody, renewal: RefreshState, step: number): SessionRow {
  const renewAt = renewal.failures >= MAX_FAILURES || renewal.lost === true ? row.expires : renewal.until;
  return { ...row, version: row.version + step, lease: null, renewAt, body: serializeBody({ ...body, renewal }) };
}

/**
 * A row that is not refreshed ahead any more, because the user is away for too long. If they come back, a request
 * refreshes it.
 */
export function givenUpRow(row: SessionRow, step: number): SessionRow {
  return { ...row, version: row.version + step, renewAt: row.expires };
}

/** Whether the tokens of a row are due to be refreshed: they have run out or nearly so. */
export function refreshDue(row: SessionRow, now: number): boolean {
  if (row.renewAt === null) return false;
  return now >= row.renewAt || (row.tokenExpires !== null && now >= row.tokenExpires);
}

/**
 * Whether there was an access token, and it ran out: without a refresh token only a fresh login gives another. If there
 * never was one, or it was over when it came, a login would change nothing.
 */
export function hasRunOut({ created, tokenExpires }: SessionRow, now: number): boolean {
  return tokenExpires !== null && tokenExpires > created && now >= tokenExpires;
}
