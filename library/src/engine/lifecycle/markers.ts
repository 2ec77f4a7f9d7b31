/** One-time markers with a date, by which a logout and a login that is on its way find each other. */
import type { EndReason, SessionReader, SignedOut } from "../../contracts.ts";
import type { LoginIntent } from "../../core/draft.ts";
import { hashSecret } from "../../crypto/ticket.ts";

/** Set when all sessions of an owner are ended; its value changes every time. */
export function ownerMark(owner: string): string {
  return keyOf("owner", owner);
}

/**
 * Set when the provider ends one of its sessions, or all of a subject. Its value is when the provider did, in
 * milliseconds: a logout token's `iat`; of a front-channel notice, its arrival.
 */
export function noticeMark({ issuer, subject, sid }: Pick<SignedOut, "issuer" | "subject" | "sid">): string | null {
  if (sid !== null) return keyOf("sid", issuer, sid);
  return subject === null ? null : keyOf("sub", issuer, subject);
}

// A hash, so that what others choose takes no more room than anything else.
function keyOf(kind: "owner" | "sid" | "sub", ...parts: readonly string[]): string {
  return `${kind}:${hashSecret(JSON.stringify(parts))}`;
}

/**
 * The owner's mark as a login finds it: to be read as soon as the owner is known. Awaited when the login is carried
 * out.
 */
export function markBefore(store: SessionReader, owner: string, now: number): Promise<string | undefined> {
  const read = new Promise<string | undefined>((resolve) => resolve(store.marked(ownerMark(owner), now)));
  // Whoever carries the login out hears of it; where that never happens nobody needs to.
  read.catch(() => undefined);
  return read;
}

/**
 * Whether a logout overtook this login, and if so why its session is to end: an owner's mark that changed since
 * `before`, or a mark on its `sid` or subject that is not older than its ID token. A later login is free.
 */
export async function loginOverruled(
  store: SessionReader,
  { identity: { issuer, subject }, sid, issuedAt, owner }: LoginIntent,
  before: string | undefined,
  now: number,
): Promise<EndReason | null> {
  // A mark that has gone since has expired, and was no logout.
  const after = await store.marked(ownerMark(owner), now);
  if (after !== undefined && after !== before) return "elsewhere";
  if (issuedAt === null) return null;
  for (const key of [sid === null ? null : noticeMark({ issuer, subject, sid }), noticeMark({ issuer, subject, sid: null })]) {
    const logout = key === null ? undefined : await store.marked(key, now);
    if (logout !== undefined && Number(logout) >= issuedAt) return "provider";
  }
  return null;
}
