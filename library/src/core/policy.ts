/** How long sessions last: the limits, their options, and whether a row is over. */
import type { EndReason, SessionRow } from "../contracts.ts";
import { type Duration, durationOption } from "./options/settings.ts";

/** How long sessions last. All times in milliseconds. */
export interface SessionPolicy {
  /** Without activity of the user for this long, the session is over. */
  readonly idle: number;
  /** However active the user: after this it is over. */
  readonly lifetime: number;
  /** The same of a session in which nobody has signed in; never more than `lifetime`. */
  readonly anonymous: number;
  /**
   * How long after its access token ran out a session still counts as an identity while the provider cannot be asked.
   */
  readonly unconfirmed: number;
  /** `false`: the cookie goes when the browser closes. */
  readonly persistent: boolean;
  /** Most characters of session data as JSON. */
  readonly maxData: number;
  /** The per-user session limit: a login past it ends the oldest. `null`: no limit. */
  readonly maxPerUser: number | null;
  /** A session without a refresh token is over when its access token runs out. */
  readonly endsWithToken: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * The limits of NIST SP 800-63B-4 (SE-04). The default is AAL2.
 *
 * @example
 * ```ts
 * import { PRESETS } from "coatcheck";
 * const session = { ...PRESETS.aal3, lifetime: "8h" } as const; // 15 minutes idle, and a working day in all
 * const auth = coatcheck({ session, … });
 * ```
 */
export const PRESETS = {
  aal1: { idle: 30 * DAY, lifetime: 30 * DAY },
  aal2: { idle: HOUR, lifetime: DAY },
  aal3: { idle: 15 * MINUTE, lifetime: 12 * HOUR },
} as const;

type PresetName = keyof typeof PRESETS;

/** Requests on their way when the secret is exchanged may still carry the old one for this long. */
export const ROTATION_GRACE = 10_000;

/** The longest `Max-Age` that browsers take (6265bis s5.5); a longer lifetime would outlive its cookie. */
const LONGEST = 400 * DAY;

/**
 * How long sessions last, as options: a preset, and what differs from it.
 *
 * @example
 * ```ts
 * const session = { preset: "aal2", idle: "30m", maxPerUser: 5 } as const;
 * const auth = coatcheck({ session, … });
 * ```
 */
export interface SessionOptions extends Partial<Pick<SessionPolicy, "persistent" | "maxData" | "maxPerUser">> {
  readonly preset?: PresetName;
  /** Without activity of the user for this long, the session is over. Default `1h`. */
  readonly idle?: Duration;
  /** However active the user: after this it is over. Default `24h`. */
  readonly lifetime?: Duration;
  /**
   * However active the visitor: a session in which nobody has signed in is over after this, so that rows of crawlers
   * and passers-by do not pile up. Default `24h`, or `lifetime` if that is less. A login begins a session of its own.
   */
  readonly anonymous?: Duration;
  /**
   * How long after its access token ran out a session still counts as an identity while the provider cannot be asked.
   * Default `1h`.
   */
  readonly unconfirmed?: Duration;
  /**
   * How long ago a user may have signed in at a provider who ends other sessions of theirs; longer ago, and they sign
   * in again first. Default `15m`.
   */
  readonly recent?: Duration;
}

/** What {@link SessionOptions.recent} says, milliseconds. */
export const recentLogin = ({ recent = 15 * MINUTE }: SessionOptions = {}): number =>
  durationOption("session.recent", recent, 1000, LONGEST);

/** Completes and checks the options. Throws a `TypeError` that names the option. */
export function sessionPolicy(options: SessionOptions = {}, endsWithToken = false): SessionPolicy {
  const preset = PRESETS[options.preset ?? "aal2"];
  if (preset === undefined) throw new TypeError(`session.preset is ${String(options.preset)}; it can be aal1, aal2 or aal3`);
  const lifetime = durationOption("session.lifetime", options.lifetime ?? preset.lifetime, 1000, LONGEST);
  const policy: SessionPolicy = {
    idle: durationOption("session.idle", options.idle ?? preset.idle, 1000, LONGEST),
    lifetime,
    anonymous: Math.min(lifetime, durationOption("session.anonymous", options.anonymous ?? DAY, 1000, LONGEST)),
    unconfirmed: durationOption("session.unconfirmed", options.unconfirmed ?? HOUR, 0, LONGEST),
    persistent: options.persistent ?? true,
    maxData: options.maxData ?? 65_536,
    maxPerUser: options.maxPerUser ?? null,
    endsWithToken,
  };
  within("session.maxData", policy.maxData, 2, 16 * 1024 * 1024);
  if (policy.maxPerUser !== null) {
    within("session.maxPerUser", policy.maxPerUser, 1, 1000);
    if (!Number.isInteger(policy.maxPerUser)) throw new TypeError("session.maxPerUser is no whole number");
  }
  return policy;
}

function within(name: string, value: number, least: number, most: number): void {
  if (!Number.isFinite(value) || value < least || value > most) {
    throw new TypeError(`${name} is ${value}; it can be from ${least} to ${most}`);
  }
}

/** The chosen times that are longer than the preset allows, in words (ASVS 7.1.1 asks to justify that). */
export function deviations(options: SessionOptions): readonly string[] {
  if (options.preset === undefined) return [];
  const preset = PRESETS[options.preset];
  const found: string[] = [];
  for (const name of ["idle", "lifetime"] as const) {
    const chosen = options[name];
    if (chosen !== undefined && durationOption(`session.${name}`, chosen, 0, LONGEST) > preset[name]) {
      found.push(`session.${name} is longer than ${options.preset} allows (${preset[name] / MINUTE} min)`);
    }
  }
  return found;
}

/** The absolute limit of a new session. Its row holds the end, so every store finds dead ones by one index. */
export const lifetimeOf = ({ lifetime, anonymous }: SessionPolicy, signedIn: boolean): number =>
  signedIn ? lifetime : anonymous;

/** Why a row is over at `now`, or `null` while it lives. Enforced on every read (S-16, SE-02, SE-03). */
export function overReason(row: SessionRow, now: number, policy: SessionPolicy): EndReason | null {
  if (row.ended !== null) return row.reason ?? "logout";
  if (now >= row.expires) return "expired";
  if (now - row.seen > policy.idle) return "idle";
  if (policy.endsWithToken && row.renewAt === null && row.tokenExpires !== null && now >= row.tokenExpires) return "expired";
  return null;
}

/**
 * A touch is due after a twentieth of the idle time, so idle may end that much early, never late; and after an hour, so
 * that *last seen* is true to the hour even if the idle time is days.
 */
export const touchDue = (row: SessionRow, now: number, { idle }: SessionPolicy) => now - row.seen >= Math.min(idle / 20, HOUR);

/**
 * The same for a request that does nothing but say that the user is here: at most once a minute, and often enough for a
 * short idle time.
 */
export function presenceDue(row: SessionRow, now: number, policy: SessionPolicy): boolean {
  return now - row.seen >= Math.min(policy.idle / 20, MINUTE);
}
