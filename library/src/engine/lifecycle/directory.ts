/** Lists and ends sessions from outside of a request: for users, operators and logout notifications of providers. */
import type {
  EndReason,
  EndTarget,
  ListQuery,
  ProviderLogout,
  RecordBody,
  SessionDirectory,
  SessionInfo,
  SessionRow,
} from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { overReason } from "../../core/policy.ts";
import { isPersonal, isStorable, ownerOf, parseBody, readable } from "../../core/record.ts";
import { endSessions } from "./end-sessions.ts";
import type { MarkerBudget } from "./marker-budget.ts";
import { notificationMarker, ownerMarker, ownerMarkerValue, ownersOf } from "./markers.ts";
import type { LifecycleOptions } from "./options.ts";
import { storeCall } from "./store-call.ts";
import type { UnfinishedEndings } from "./unfinished-endings.ts";

const MOST = 1_000;
/**
 * No login takes longer, whatever the clocks of replicas say; markers for sessions that do not exist expire after it.
 */
const LONGEST_LOGIN = 3_600_000;

/** The clock skew that is allowed if only our clock tells when a session began. */
const CLOCKS_APART = 60_000;

interface DirectoryOptions extends LifecycleOptions {
  /** Retries endings that failed. */
  readonly unfinished: Pick<UnfinishedEndings, "end" | "again">;
  /** The rate limit of markers that unproven notifications set. */
  readonly budget: MarkerBudget;
  /** How long markers of a provider's logout stand, ms. Default: as long as a login may be under way. */
  readonly noticesStand?: number;
}

/**
 * Lists and ends sessions. Sets markers first and reads rows second, so that a login under way either sees the marker
 * or is seen.
 */
export function sessionDirectory(options: DirectoryOptions): SessionDirectory {
  const { store, clock, entropy, policy, report, unfinished, budget, noticesStand = LONGEST_LOGIN } = options;

  // A token is no session of a browser's: `auth.tokens` lists it.
  const live = (row: SessionRow): boolean => row.kind === "browser" && overReason(row, clock.now(), policy) === null;

  async function end(target: EndTarget, reason: EndReason, tried?: Tried): Promise<number> {
    // Read before they end and are emptied: their owners are announced, and their tokens revoked.
    const rows = await found(target);
    for (const row of rows) tried?.set(row.id, row);
    return endSessions(options, target, reason, clock.now(), { rows });
  }

  async function found(target: EndTarget): Promise<readonly SessionRow[]> {
    if (!("id" in target)) return store.list(target, MOST, clock.now());
    const row = await store.get(target.id);
    return row === undefined ? [] : [row];
  }

  async function listed(owner: string): Promise<readonly SessionInfo[]> {
    const rows = await store.list({ owner }, MOST, clock.now());
    return rows.filter(live).map((row) => infoOf(row, policy.idle));
  }

  async function shown(id: string): Promise<SessionInfo | null> {
    const row = await store.get(id);
    return row !== undefined && live(row) ? infoOf(row, policy.idle) : null;
  }

  async function setMarker(key: string, value: string, length: number): Promise<void> {
    const now = clock.now();
    await store.mark(key, now + length, now, value);
  }

  /**
   * Sets the logout marker of an owner, for logins under way. A new value each time: a login checks whether it changed.
   */
  async function setOwnerMarker(owner: string, reason: EndReason, except?: string): Promise<void> {
    const unique = Buffer.from(entropy.bytes(9)).toString("base64url");
    // mutant: no-marker-at-end-all
    await setMarker(ownerMarker(owner), ownerMarkerValue(unique, reason, except), policy.lifetime);
  }

  return storableNames({
    list: (owner) => storeCall(report, listed(owner), "read"),
    show: (id) => storeCall(report, shown(id), "read"),
    end: (id, reason) =>
      withRetry(
        async () => (await end({ id }, reason)) > 0,
        () => unfinished.end({ id, reason }),
      ),
    endAll: (owner, reason, except) => {
      const ordered = clock.now();
      const tried: Tried = new Map();
      const all = async (): Promise<number> => {
        // mutant: marker-of-all
        await setOwnerMarker(owner, reason, except);
        // mutant: end-of-all
        return end(except === undefined ? { owner } : { owner, except }, reason, tried);
      };
      const those = (row: SessionRow): boolean => row.id !== except && row.created <= ordered;
      const again = async (): Promise<void> => {
        // Setting it may have failed. Without it a login that began before this order and is stored afterwards would
        // live.
        await setOwnerMarker(owner, reason, except);
        await endThose({ owner }, those, reason, tried);
      };
      return withRetry(all, () => unfinished.again(`${ordered} all ${owner}`, again));
    },
    signedOut: async (notification) => {
      const received = clock.now();
      const tried: Tried = new Map();
      const { issuer, sid } = notification;
      const those = (row: SessionRow): boolean => (sid === null ? isMeant(row, notification) : row.created <= received);
      // Unproven notifications must not take the room of users who sign out themselves.
      const again = (): boolean =>
        notification.unproven !== true &&
        unfinished.again(`${received} notification ${notificationMarker(notification)}`, async () => {
          // Setting it may have failed; without it a login that is under way would outlive the notification.
          await setNotificationMarker(notification);
          if (sid !== null) await endThose({ issuer, sid }, those, "provider", tried);
          else await endThoseOf(notification, tried);
        });
      const count = await withRetry(() => signedOut(notification, tried), again);
      if (count === "no room") throw new CoatcheckError("ERR_TOO_MANY_MARKERS");
      return count;
    },
  });

  async function signedOut(notification: ProviderLogout, tried: Tried): Promise<number | "no room"> {
    const { issuer, sid } = notification;
    if (notificationMarker(notification) === null) return 0;
    if (!(await setNotificationMarker(notification))) return "no room";
    return sid === null ? endThoseOf(notification, tried) : end({ issuer, sid }, "provider", tried);
  }

  /** All of a subject, under whichever name the app keeps them. */
  async function endThoseOf(notification: ProviderLogout, tried: Tried): Promise<number> {
    const identity = { issuer: notification.issuer, subject: notification.subject ?? "" };
    let count = 0;
    for (const owner of await ownersOf(store, identity, clock.now())) {
      // A notification that comes late or twice does not end a session that began since.
      // mutant: old-notification-ends
      count += await endThose({ owner }, (row) => isMeant(row, notification), "provider", tried);
    }
    return count;
  }

  /** Sets a logout marker. `false`: the rate limit of unproven notifications is reached. */
  async function setNotificationMarker(notification: ProviderLogout): Promise<boolean> {
    const key = notificationMarker(notification);
    if (key === null) return true;
    const before = await store.marked(key, clock.now());
    if (notification.unproven === true && before === undefined && !(await hasRoom(notification))) return false;
    // Notifications may arrive out of order; a login under way is compared with the latest.
    await setMarker(key, String(Math.max(Number(before ?? 0), notification.issuedAt)), noticesStand);
    return true;
  }

  /** The caller gets the error, and the process goes on trying (S-65). */
  async function withRetry<T>(work: () => Promise<T>, again: () => boolean): Promise<T> {
    try {
      return await storeCall(report, work());
    } catch (error) {
      again();
      throw error;
    }
  }

  /** A session that is here can always be ended; markers for others are bounded. */
  async function hasRoom({ issuer, sid }: ProviderLogout): Promise<boolean> {
    const known = sid !== null && (await store.list({ issuer, sid }, 1, clock.now())).length > 0;
    return known || budget.take();
  }

  /** Ends some of a target's sessions, one by one: those that began since live on. */
  async function endThose(
    query: ListQuery,
    those: (row: SessionRow) => boolean,
    reason: EndReason,
    tried: Tried,
  ): Promise<number> {
    for (const row of await all(query)) tried.set(row.id, row);
    let count = 0;
    for (const { id } of [...tried.values()].filter(those)) count += await end({ id }, reason);
    return count;
  }

  /** All rows. A list is cut off at its limit, the oldest first. */
  async function all(query: ListQuery): Promise<readonly SessionRow[]> {
    for (let most = MOST; ; most *= 4) {
      const rows = await store.list(query, most, clock.now());
      if (rows.length < most) return rows;
    }
  }
}

/** A name that no store keeps names no session, and no store is asked for it. */
function storableNames(directory: SessionDirectory): SessionDirectory {
  return {
    list: async (owner) => (isStorable(owner) ? directory.list(owner) : []),
    show: async (id) => (isStorable(id) ? directory.show(id) : null),
    end: async (id, reason) => isStorable(id) && directory.end(id, reason),
    endAll: async (owner, reason, except) => {
      if (!isStorable(owner)) return 0;
      return except !== undefined && isStorable(except)
        ? directory.endAll(owner, reason, except)
        : directory.endAll(owner, reason);
    },
    signedOut: async (notification) => {
      const { issuer, subject, sid } = notification;
      return [issuer, subject ?? "", sid ?? ""].every(isStorable) ? directory.signedOut(notification) : 0;
    },
  };
}

/**
 * What earlier attempts of one order tried to end. An ending of which the store acknowledged nothing may be read back,
 * so that no list has its session, and be lost by a failover; it is asked for by its id until it is acknowledged.
 */
type Tried = Map<string, SessionRow>;

/**
 * Whether a logout of all of a person ends it: it is not from a later login, nor a personal token, which is for
 * programs that work while its owner is signed out (OpenID Connect Back-Channel Logout s2.7).
 */
function isMeant(row: SessionRow, { issuer, subject, issuedAt }: ProviderLogout): boolean {
  return !isPersonal(row) && begunAt(row) <= issuedAt && isOf(row, issuer, subject);
}

/** An owner of the app's own naming may have signed in as another subject too, or at another provider. */
function isOf(row: SessionRow, issuer: string, subject: string | null): boolean {
  if (row.owner === ownerOf({ issuer, subject: subject ?? "" })) return true;
  const { identity } = readable(row) ? parseBody(row) : { identity: null };
  return identity === null ? row.issuer === issuer : identity.issuer === issuer && identity.subject === subject;
}

/** When a session began, by its provider's clock; if the provider did not say, by ours, less the clock skew. */
function begunAt(row: SessionRow): number {
  const body: RecordBody | null = readable(row) ? parseBody(row) : null;
  return body?.issuedAt ?? row.created - CLOCKS_APART;
}

/** The public view of a row. Of a body of a newer release it shows less. */
function infoOf(row: SessionRow, idle: number): SessionInfo {
  const body: RecordBody | null = readable(row) ? parseBody(row) : null;
  return {
    id: row.id,
    owner: row.owner,
    issuer: row.issuer,
    method: body?.identity?.method ?? null,
    createdAt: row.created,
    seenAt: row.seen,
    expiresAt: row.expires,
    idleExpiresAt: Math.min(row.seen + idle, row.expires),
    userAgent: body?.userAgent ?? null,
    address: body?.address ?? null,
  };
}
