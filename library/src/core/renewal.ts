import type { JsonObject, ProviderTokens, RecordBody, RenewalState, SessionRow } from "../contracts.ts";
import { type Duration, durationOption } from "./options/settings.ts";
import { serializeBody } from "./record.ts";

/** When tokens are renewed, and what becomes of sessions that have nothing to renew with. Times in milliseconds. */
export interface RefreshPolicy {
  /**
   * `keep-in-step`: whenever a request finds the access token run out, so that a session ends when its provider ends
   * it. `on-demand`: only where a token is used. `never`.
   */
  readonly policy: "keep-in-step" | "on-demand" | "never";
  /** A session without a refresh token lives on as an identity when its access token runs out, or ends with it. */
  readonly withoutRefreshToken: "identity" | "end";
  /** Renew for users who are away as well. */
  readonly background: boolean;
  /** How long a request waits for a renewal. The renewal goes on without it. */
  readonly wait: number;
}

/** The same as options: all may be left out. */
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
    throw new TypeError(`refresh.background renews ahead of use, which refresh.policy ${policy} does not want`);
  }
  return { policy, withoutRefreshToken, background, wait };
}

function oneOf(name: string, value: string, among: readonly string[]): void {
  if (!among.includes(value)) throw new TypeError(`${name} is ${value}; it can be ${among.join(", ")}`);
}

/** A part of the token's life, at most this long, is kept for renewing it ahead of its end. */
const MOST_EARLY = 120_000;
const EARLY_PART = 0.2;

/**
 * When to renew ahead of the end: between the last fifth and the last tenth, by chance (0 to 1), so that sessions that
 * began together part.
 */
export function renewAtOf(tokens: ProviderTokens, now: number, chance: number): number | null {
  if (tokens.refreshToken === null) return null;
  const early = Math.min(MOST_EARLY, Math.max(0, tokens.expires - now) * EARLY_PART);
  return Math.floor(tokens.expires - early * (0.5 + chance / 2));
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** However long a provider asks to be left alone, it is asked again after this. */
const MOST_PATIENCE = 600_000;

/**
 * How long to leave the provider alone after so many failures in a row: doubling from a second to a minute, by chance
 * half of it, or as it asked.
 */
export function pauseAfter(failures: number, retryAfter: number | null, chance: number): number {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 10)) * (0.5 + chance / 2);
  return Math.ceil(Math.max(pause, Math.min(retryAfter ?? 0, MOST_PATIENCE)));
}

/**
 * How much of a pause is left, milliseconds. A success with the same provider since the failure says that the outage is
 * over: then the pause is as short as the first one. A pause that the provider asked for stands (it has no `failed`).
 */
export function pauseLeft({ until, failed }: RenewalState, now: number, succeededAt: number): number {
  const over = failed !== undefined && succeededAt > failed;
  return (over ? Math.min(until, failed + FIRST_PAUSE) : until) - now;
}

/**
 * After so many failures in a row nobody renews ahead any more; who comes and needs the token still tries, once a
 * pause.
 */
export const HOPELESS = 10;

/** Who spends a refresh token, as a row's lease says it. */
export interface Lease {
  /** How long it stands, milliseconds; whoever watched it for so long may take over. */
  readonly length: number;
  /** It was taken over from one that ran out: nobody can say whether that one spent the token. */
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

/** Whether the refresh token was shown before, as far as lease and record tell, and nobody knows what became of it. */
export function wasShown(lease: string | null, { renewal }: RecordBody): boolean {
  return (lease !== null && parseLease(lease).unknown) || renewal?.unknown === true;
}

export function leased(row: SessionRow, lease: string): SessionRow {
  return { ...row, version: row.version + 1, lease };
}

/** What a renewal writes. */
export interface Renewed {
  readonly tokens: ProviderTokens;
  readonly sealed: string;
  /** `null`: those that are stored stay. */
  readonly claims: JsonObject | null;
  readonly renewAt: number | null;
}

/** The row with its new tokens and claims. `seen` stays: a renewal is no activity of the user (SE-06). */
export function renewedRow(row: SessionRow, body: RecordBody, { tokens, sealed, claims, renewAt }: Renewed): SessionRow {
  const { renewal: _, identity, ...rest } = body;
  const known = identity === null || claims === null ? identity : { ...identity, claims };
  return {
    ...row,
    version: row.version + 1,
    lease: null,
    renewAt,
    // mutant: renewal-is-activity
    tokenExpires: tokens.expires,
    body: serializeBody({ ...rest, identity: known, tokens: sealed }),
  };
}

/** The row after an attempt that came to nothing: it lives on, and is left alone for a while. */
export function failedRow(row: SessionRow, body: RecordBody, renewal: RenewalState): SessionRow {
  const renewAt = renewal.failures >= HOPELESS || renewal.lost === true ? row.expires : renewal.until;
  return { ...row, version: row.version + 1, lease: null, renewAt, body: serializeBody({ ...body, renewal }) };
}

/** What is renewed ahead no more: the user is away for too long. Whoever comes back is served as ever. */
export function givenUpRow(row: SessionRow): SessionRow {
  return { ...row, version: row.version + 1, renewAt: row.expires };
}

/** Whether the tokens of a row are to be renewed: they have run out or nearly so. */
export function renewalDue(row: SessionRow, now: number): boolean {
  if (row.renewAt === null) return false;
  return now >= row.renewAt || (row.tokenExpires !== null && now >= row.tokenExpires);
}

/**
 * Whether there was an access token, and it ran out: where nothing refreshes it only a fresh login gives another. If
 * there never was one, or it was over when it came, a login would change nothing.
 */
export function isSpent({ created, tokenExpires }: SessionRow, now: number): boolean {
  return tokenExpires !== null && tokenExpires > created && now >= tokenExpires;
}
