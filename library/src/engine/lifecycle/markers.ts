/** One-time markers by which a logout overrules a login that is under way. */
import type { EndReason, ProviderLogout, SessionReader, SessionStore } from "../../contracts.ts";
import type { LoginIntent } from "../../core/draft.ts";
import { ownerOf } from "../../core/record.ts";
import { isEndReason } from "../../core/row-columns.ts";
import { hashSecret } from "../../crypto/ticket.ts";

/** The logout marker of an owner: set when all of their sessions are ended, with a new value each time. */
export function ownerMarker(owner: string): string {
  return keyOf("owner", owner);
}

/**
 * What the logout marker of an owner says: why, and which session lives on; `unique`, so that it is another one each
 * time.
 */
export function ownerMarkerValue(unique: string, reason: EndReason, except?: string): string {
  return [unique, reason, ...(except === undefined ? [] : [except])].join(" ");
}

/** Why all sessions of an owner ended that began before this marker, and the id of the one that did not. */
export function endingOfAll(value: string): { readonly reason: EndReason; readonly except: string | undefined } {
  const [, reason = "", except] = value.split(" ");
  return { reason: isEndReason(reason) ? reason : "elsewhere", except };
}

/**
 * The marker of a logout notification: set when the provider ends one of its sessions, or all of a subject. Its value
 * is the time of that in milliseconds: a logout token's `iat`; on the front channel, when the notification arrived.
 */
export function notificationMarker({ issuer, subject, sid }: Pick<ProviderLogout, "issuer" | "subject" | "sid">): string | null {
  if (sid !== null) return keyOf("sid", issuer, sid);
  return subject === null ? null : keyOf("sub", issuer, subject);
}

/**
 * Whom the app calls an issuer's subject, if by a name of its own: a logout of all of the subject finds their sessions
 * by it. Set before the session is stored, so that the logout either sees it or is seen.
 */
export async function rememberOwner(
  store: Pick<SessionStore, "mark">,
  { identity: { issuer, subject }, owner, issuedAt }: Pick<LoginIntent, "identity" | "owner" | "issuedAt">,
  until: number,
  now: number,
): Promise<void> {
  if (issuedAt === null || owner === ownerOf({ issuer, subject })) return;
  await store.mark(keyOf("as", issuer, subject), until, now, owner);
}

/** The owners whose sessions a subject's may be: by issuer and subject, and by the app's own name for them. */
export async function ownersOf(
  store: SessionReader,
  identity: { readonly issuer: string; readonly subject: string },
  now: number,
): Promise<readonly string[]> {
  const own = await store.marked(keyOf("as", identity.issuer, identity.subject), now);
  return own === undefined ? [ownerOf(identity)] : [ownerOf(identity), own];
}

// A hash, so that the size of a key does not depend on what a client sent.
function keyOf(kind: "owner" | "sid" | "sub" | "as", ...parts: readonly string[]): string {
  return `${kind}:${hashSecret(JSON.stringify(parts))}`;
}

/** Reads the owner's marker as soon as a login is recorded; the promise is awaited when the login is committed. */
export function readOwnerMarker(store: SessionReader, owner: string, now: number): Promise<string | undefined> {
  const read = new Promise<string | undefined>((resolve) => resolve(store.marked(ownerMarker(owner), now)));
  // The commit awaits it and gets the error; a login that is never committed does not need it.
  read.catch(() => undefined);
  return read;
}

/**
 * Whether a logout overrules this login, and if so, why its session is to end: the owner's marker changed since
 * `before`, or the marker of its `sid` or subject is not older than its ID token. A later login is not affected.
 */
export async function loginOverruled(
  store: SessionReader,
  { identity: { issuer, subject }, sid, issuedAt, owner }: Pick<LoginIntent, "identity" | "sid" | "issuedAt" | "owner">,
  before: string | undefined,
  now: number,
): Promise<EndReason | null> {
  // A marker that is gone since has expired, and was no logout.
  const after = await store.marked(ownerMarker(owner), now);
  if (after !== undefined && after !== before) return "elsewhere";
  if (issuedAt === null) return null;
  for (const key of [
    sid === null ? null : notificationMarker({ issuer, subject, sid }),
    notificationMarker({ issuer, subject, sid: null }),
  ]) {
    const logout = key === null ? undefined : await store.marked(key, now);
    if (logout !== undefined && Number(logout) >= issuedAt) return "provider";
  }
  return null;
}
