import type { EndReason, SessionReader } from "../contracts.ts";
import type { LoginIntent } from "../core/draft.ts";

/** Set when all sessions of an owner are ended; its value changes every time. */
export function ownerMark(owner: string): string {
  return `owner:${owner}`;
}

/** Set when the provider ends one of its sessions. */
export function sidMark(issuer: string, sid: string): string {
  return `sid:${issuer} ${sid}`;
}

/** Set when the provider ends all sessions of a subject; its value is the logout token's `iat` in milliseconds. */
export function subjectMark(issuer: string, subject: string): string {
  return `sub:${issuer} ${subject}`;
}

/** The owner's mark as a login finds it: to be read as soon as the owner is known. Awaited when the login is carried out. */
export function markBefore(store: SessionReader, owner: string, now: number): Promise<string | undefined> {
  const read = new Promise<string | undefined>((resolve) => resolve(store.marked(ownerMark(owner), now)));
  // Whoever carries the login out hears of it; where that never happens nobody needs to.
  read.catch(() => undefined);
  return read;
}

/**
 * Whether a logout overtook this login, and if so why its session is to end: by a mark on its `sid`, by an owner's mark that changed since `before`, or by a mark on its
 * subject that is not older than its ID token. A later login is free.
 */
export async function loginOverruled(
  store: SessionReader,
  login: LoginIntent,
  before: string | undefined,
  now: number,
): Promise<EndReason | null> {
  const { identity, sid, issuedAt, owner } = login;
  // A mark that has gone since has expired, and was no logout.
  const after = await store.marked(ownerMark(owner), now);
  if (after !== undefined && after !== before) return "elsewhere";
  if (sid !== null && (await store.marked(sidMark(identity.issuer, sid), now)) !== undefined) return "provider";
  if (issuedAt === null) return null;
  const logout = await store.marked(subjectMark(identity.issuer, identity.subject), now);
  return logout !== undefined && Number(logout) >= issuedAt ? "provider" : null;
}
