/** What is stored, and what a store promises. */
import type { ErrorCode } from "./events.ts";
import type { JsonObject, MaybePromise } from "./world.ts";

/** A user as an issuer names them. Users are keyed by issuer and subject, never by e-mail (ID-14). */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: JsonObject;
  /** When the person authenticated (`auth_time`), or when the login was accepted. */
  readonly authenticatedAt: number;
  /** How: `oidc:<provider name>`, `oauth2:<provider name>`, `app`, `proxy`, … */
  readonly method: string;
}

/**
 * What a record belongs to: a person's browser, or a family of our own tokens. They are never interchangeable (S-27).
 */
export type RecordKind = "browser" | "token";

/** Why a session ended. A closed list: it is shown, counted and logged. */
export type EndReason =
  | "logout"
  | "elsewhere"
  | "idle"
  | "expired"
  | "provider"
  | "admin"
  | "identity-changed"
  | "replaced"
  | "refresh-lost";

/**
 * One row of a store: the columns that stores need to find and compare, and a body that only the engine reads. Rows are
 * immutable values; a store hands out rows that are never changed afterwards. An ended row is emptied: owner, issuer,
 * sid, previous hash, lease are `null`, the body is `""`; id, secret hash, created, expires and reason stay until
 * `expires`.
 */
export interface SessionRow {
  /** 128 bits in base64url (22 characters). Names the session; no credential. Begins with its end, coarsely. */
  readonly id: string;
  /** SHA-256 of the secret's text, base64url (43 characters). */
  readonly secretHash: string;
  /** Hash of the secret before the last `rotate`, good until `previousUntil`. */
  readonly previousHash: string | null;
  readonly previousUntil: number;
  /**
   * Raised by every `put` and by ending; a touch leaves it alone. The first is 1, the greatest 2^53 - 1. The engine
   * raises it by a random step (1 to 2^20), so that it names one write: a store that lost its last writes by a failover
   * does not count up to a version that a process has read before. Stores only compare versions.
   */
  readonly version: number;
  readonly kind: RecordKind;
  /** The user whom it belongs to: what `resolve` returned, else issuer and subject; `null` for an anonymous session. */
  readonly owner: string | null;
  readonly issuer: string | null;
  /** The provider's session id, for logout by the provider. */
  readonly sid: string | null;
  readonly created: number;
  /** Last activity of the user, as far as touches wrote it; of a token its end, since it has no idle time. */
  readonly seen: number;
  /** Absolute end; nothing extends it. */
  readonly expires: number;
  /** When the tokens should be refreshed; `null` if there is no refresh token. */
  readonly renewAt: number | null;
  /** When the access token runs out; `null` if there is none. */
  readonly tokenExpires: number | null;
  /** The lease of the process that uses the refresh token now; opaque to stores. */
  readonly lease: string | null;
  /** When it ended, or `null` while it lives. */
  readonly ended: number | null;
  readonly reason: EndReason | null;
  /** Opaque to stores: JSON of a {@link RecordBody}. */
  readonly body: string;
}

/** What a record's body holds. A body of an unknown `format` makes the session unavailable, not absent. */
export interface RecordBody {
  readonly format: 1;
  readonly identity: Identity | null;
  readonly data: JsonObject;
  /** Claims of the app's own, which stay when the provider's change. They are in `identity` too. */
  readonly added?: JsonObject;
  /** The provider's tokens, sealed; opened only when one is used. */
  readonly tokens: string | null;
  /** The name of the provider that the tokens are from. */
  readonly provider: string | null;
  /** How the last attempts to refresh the tokens went; absent after a success. */
  readonly renewal?: RefreshState;
  /** The tokens are refreshed, and the app is yet to be asked about it. The provider's claims; `null`: it said none. */
  readonly asking?: { readonly claims: JsonObject | null };
  /** `iat` of the login's ID token in milliseconds: a provider's logout of all of a person ends what is not newer. */
  readonly issuedAt?: number;
  readonly userAgent?: string;
  /** Keyed hash of the client's address, if configured. */
  readonly addressHash?: string;
  /** The client's address, or its network, if configured. */
  readonly address?: string;
}

/** Backoff state: what is kept of attempts to refresh that failed. */
export interface RefreshState {
  /** How many failed in a row. */
  readonly failures: number;
  /** No attempt before this. */
  readonly until: number;
  /** The refresh token may have been used or not: the provider's next refusal ends the session as `refresh-lost`. */
  readonly unknown: boolean;
  /** The last refusal was in words that may be about something other than this grant: a second one ends the session. */
  readonly doubted?: true;
  /**
   * The provider answered the last attempt, so this is no outage: past `session.unconfirmed` the user signs in again.
   */
  readonly answered?: true;
  /** The refresh token was sent twice and no answer arrived: it is not sent again. */
  readonly lost?: true;
  /** The app did not answer whether the user may go on: its outage or its bug, by the code. */
  readonly app?: ErrorCode;
  /**
   * When the last attempt failed; absent if the provider asked for the pause by `Retry-After`. A success with the
   * provider since then shortens our own pause.
   */
  readonly failed?: number;
}

/** The tokens of a provider as they are before sealing. */
export interface ProviderTokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  readonly scope: string | null;
  /** When the access token runs out. */
  readonly expires: number;
  /** Access tokens for single APIs, beside the one above. */
  readonly apis?: readonly ApiToken[];
}

/** An access token for one API, whose name is audience and scope as they were asked for. */
export interface ApiToken {
  readonly name: string;
  readonly accessToken: string;
  readonly expires: number;
}

/** What a `put` asks for: that no row of this id exists, or that it lives and is unchanged since version `n`. */
export type PutCondition = "absent" | number;

/** Which sessions to end. `except` is an id. */
export type EndTarget =
  | { readonly id: string }
  | { readonly owner: string; readonly except?: string }
  | { readonly issuer: string; readonly sid: string };

/** What a survey found in a part of the rows. */
export interface Survey {
  /** Rows that it deleted. */
  readonly deleted: number;
  /** Rows that neither ended nor expired. */
  readonly live: number;
  /** Rows that did, and wait for a sweep. */
  readonly dead: number;
  /** Where to go on; `null`: there are no more. */
  readonly next: number | null;
}

/** A one-time marker as it is stored. */
export interface Marker {
  readonly key: string;
  readonly until: number;
  readonly value: string;
}

/** A part of all that a store holds. */
export interface ScanPage {
  /** Live, ended and expired rows. */
  readonly rows: readonly SessionRow[];
  readonly markers: readonly Marker[];
  /** Where to go on: a text of the store's own, which another process may keep. `null`: there is no more. */
  readonly next: string | null;
}

/** Which live sessions to list. */
export type ListQuery =
  | { readonly owner: string }
  | { readonly issuer: string; readonly sid: string }
  | { readonly renewBefore: number };

/** What a store can do, as data. */
export interface StoreCapabilities {
  /** Several processes see one another's writes. */
  readonly shared: boolean;
  /** Rows survive a restart. */
  readonly durable: boolean;
  /** `watch` exists. */
  readonly watch: boolean;
  /** The store frees what has expired by itself, so that `sweep` need not, and may answer 0. Default `false`. */
  readonly expires?: boolean;
  /**
   * `get` hands out the same object until the row changes, and another one from then on, so that the engine may cache
   * by it: the parsed body, and for a minute which secret proves it. A function says so for each row; if its answer
   * changes, what was cached is not used again. Default `false`.
   */
  readonly keepsRows?: boolean | ((row: SessionRow) => boolean);
}

/**
 * Keeps records, and judges nothing but conditions. A store has no clock of its own: the caller tells the time.
 *
 * - A method answers with a value or a promise, and throws (or rejects) only when the store could not answer. Not
 *   found, ended, conflict are answers.
 * - Every write has a condition; no upsert exists. A row that ended never lives again.
 * - A promise that is not settled within `storeTimeout` counts as an outage; what it was to write may still be written,
 *   and is treated as unknown: a new row is ended again, since no client was told its secret, and a change is planned
 *   again on the row as it then is.
 * - What a method answered has happened, durably as the store is durable, and the next call of any process sees it.
 * - Every text that a store is given (ids, owners, issuers, keys and values of markers, bodies, …) is well-formed
 *   Unicode without NUL: no U+0000 and no lone surrogate. The engine refuses others first. A store that is handed one
 *   all the same may throw `ERR_STORE_INVALID`.
 *
 * `coatcheck/testing` publishes the suite that every store passes.
 */
export interface SessionStore {
  /** For messages and metrics: `memory`, `sqlite`, … */
  readonly name: string;
  readonly capabilities: StoreCapabilities;
  /** The row, live, expired or ended, or `undefined` if none is stored. */
  get(id: string): MaybePromise<SessionRow | undefined>;
  /**
   * Optional, for a store that keeps rows for a bounded time: the row as `get` answered it within that time, at once.
   * It may let a request in. What is to be refused, and what is to be changed, is asked of `get`.
   */
  recent?(id: string): SessionRow | undefined;
  /** Optional: an answer for each id, in their order, as `get` gives it. An id may be asked for twice. */
  getMany?(ids: readonly string[]): MaybePromise<readonly (SessionRow | undefined)[]>;
  /**
   * Writes the whole row if the condition holds: `"absent"`: no row of this id; `n`: the stored row lives (not ended)
   * and has version `n`. Answers whether it was written. The row's own `version` is what is stored. A `put` by version
   * keeps the later `seen` of the stored row and the given one, so that it never undoes a touch. A row given with
   * `ended` set is an ending on condition: it is stored as given, and never lives again.
   */
  put(row: SessionRow, condition: PutCondition): MaybePromise<boolean>;
  /** Moves `seen` forward to `seen` if the row has not ended; never back. Answers whether such a row exists. */
  touch(id: string, seen: number): MaybePromise<boolean>;
  /**
   * Ends and empties every live row of the target, raising its version by 1. Answers the ids that it ended. A store
   * that waits for a replica does so also if it found nothing to end: it may be a repeated call of unknown outcome.
   */
  end(target: EndTarget, reason: EndReason, now: number): MaybePromise<readonly string[]>;
  /**
   * Live (not ended) rows that expire after `now`: of an owner, newest `created` first; of a session of a provider, in
   * any order; or those whose `renewAt` is below `renewBefore`, the most urgent first. At most `limit`.
   */
  list(query: ListQuery, limit: number, now: number): MaybePromise<readonly SessionRow[]>;
  /**
   * Sets a one-time marker that stands until `until`. `true` for the first to set it; a later call replaces value and
   * end.
   */
  mark(key: string, until: number, now: number, value?: string): MaybePromise<boolean>;
  /** The value of a marker that stands at `now` (`""` if none was given), or `undefined`. */
  marked(key: string, now: number): MaybePromise<string | undefined>;
  /**
   * Deletes at most `limit` rows and markers that expired before `now`, live ones never. Answers how many it deleted.
   */
  sweep(limit: number, now: number): MaybePromise<number>;
  /** Optional, of one machine's store: a secret beside it, which its owner alone can read; `make` gives the first. */
  developmentSecret?(make: () => string): string;
  /** Optional: the time of the server, which all its clients can agree on. Conditions of other calls never use it. */
  now?(): MaybePromise<number>;
  /**
   * Optional: looks through about `limit` rows, beginning at a position of the store's own numbering (0: the first).
   * Deletes live ones that were not seen since `seenBefore` and hold no `lease`, since a refresh may be under way, and
   * counts those that stay.
   */
  survey?(from: number, limit: number, now: number, seenBefore: number): MaybePromise<Survey>;
  /**
   * Optional: about `limit` rows and markers, live, ended and expired ones, from a position of the store's own on
   * (`null`: the first). What stands throughout a scan is found at least once; what is written meanwhile may be found
   * or not. A position is good in any process, and after a restart: a store that cannot go on there begins anew. A
   * store without it cannot be moved to another.
   */
  scan?(position: string | null, limit: number): MaybePromise<ScanPage>;
  /**
   * Releases what the store opened itself, never a pool or a client that it was given; a second call does nothing.
   * Afterwards every other call throws a `CoatcheckError` with `ERR_STORE_UNAVAILABLE`.
   */
  close(): MaybePromise<void>;
  /**
   * Optional: calls back for sessions that end in any process. Answers how to stop.
   *
   * Each ending after this call is told within a second, at least once, and never one that has not happened. Endings of
   * just before may be told too. If the store may have missed some (its connection was cut, or is not made yet), it
   * calls `gap` as soon as it hears of endings again, and the caller looks its sessions up. What a listener throws is
   * dropped.
   */
  watch?(listener: (ended: { readonly id: string; readonly reason: EndReason }) => void, gap?: () => void): () => void;
}

/** The half of a store that strategies see: no method of it writes. */
export type SessionReader = Pick<SessionStore, "get" | "marked" | "recent">;
