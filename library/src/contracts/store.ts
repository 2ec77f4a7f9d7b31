/** What is stored, and what a store promises. */
import type { JsonObject, MaybePromise } from "./world.ts";

/** Who somebody is, as an issuer says it. Users are keyed by issuer and subject, never by e-mail (ID-14). */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: JsonObject;
  /** When the person authenticated (`auth_time`), or when the login was accepted. */
  readonly authenticatedAt: number;
  /** How: `oidc:<provider name>`, `app`, `proxy`, … */
  readonly method: string;
}

/** Whose a record is: a person's browser, or a family of our own tokens. They are never interchangeable (S-27). */
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
 * immutable values; a store hands out rows that nobody changes afterwards. An ended row is emptied: owner, issuer, sid,
 * previous hash, lease are `null`, the body is `""`; id, secret hash, created, expires and reason stay until `expires`.
 */
export interface SessionRow {
  /** 128 bits in base64url (22 characters). Names the session; no credential. Begins with its end, coarsely. */
  readonly id: string;
  /** SHA-256 of the secret's text, base64url (43 characters). */
  readonly secretHash: string;
  /** Hash of the secret before the last `rotate`, good until `previousUntil`. */
  readonly previousHash: string | null;
  readonly previousUntil: number;
  /** Raised by every `put` and by ending; a touch leaves it alone. The first is 1. */
  readonly version: number;
  readonly kind: RecordKind;
  /** Whose it is: what `resolve` returned, else issuer and subject; `null` for an anonymous session. */
  readonly owner: string | null;
  readonly issuer: string | null;
  /** The provider's session id, for logout by the provider. */
  readonly sid: string | null;
  readonly created: number;
  /** Last activity of the user, as far as touches wrote it. */
  readonly seen: number;
  /** Absolute end; nothing extends it. */
  readonly expires: number;
  /** When the tokens should be renewed; `null` where nothing is to renew. */
  readonly renewAt: number | null;
  /** When the access token runs out; `null` where there is none. */
  readonly tokenExpires: number | null;
  /** Who spends the refresh token now; opaque to stores. */
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
  /** The provider's tokens, sealed; opened only where one is used. */
  readonly tokens: string | null;
  /** The name of the provider that the tokens are from. */
  readonly provider: string | null;
  /** How the last attempts to renew the tokens went; absent after a success. */
  readonly renewal?: RenewalState;
  /** `iat` of the login's ID token in milliseconds: a provider's logout of all of a person ends what is not newer. */
  readonly issuedAt?: number;
  readonly userAgent?: string;
  /** Keyed hash of the client's address, where configured. */
  readonly addressHash?: string;
  /** The client's address, or the network of it, where configured. */
  readonly address?: string;
}

/** What is remembered of attempts to renew that came to nothing. */
export interface RenewalState {
  /** How many failed in a row. */
  readonly failures: number;
  /** No attempt before this. */
  readonly until: number;
  /** Nobody can say whether the refresh token was spent: the provider's next refusal ends the session as `refresh-lost`. */
  readonly unknown: boolean;
  /** The last refusal was in words that may mean something else than this grant: a second one ends the session. */
  readonly doubted?: true;
  /** The provider answered the last attempt, so this is no outage: past `session.unconfirmed` the person signs in anew. */
  readonly answered?: true;
  /** The refresh token was shown twice and nobody heard what became of it: it is shown no more. */
  readonly lost?: true;
  /** When the last attempt failed, where the pause is ours and not the provider's wish: a success with the provider since then shortens it. */
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
}

/** What a `put` asks for: that no row of this id exists, or that it lives and is unchanged since version `n`. */
export type PutCondition = "absent" | number;

/** Which sessions to end. `except` is an id. */
export type EndTarget =
  | { readonly id: string }
  | { readonly owner: string; readonly except?: string }
  | { readonly issuer: string; readonly sid: string };

/** What a part of the rows was found to be. */
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
  /**
   * `get` hands out the same object until the row changes, and another one from then on, so that what was found out about it is worth keeping: its
   * parsed body, and for a minute which secret proves it. A function tells of which rows that is so; it may change its mind about a row, and what was
   * kept is then of no use. Default `false`.
   */
  readonly keepsRows?: boolean | ((row: SessionRow) => boolean);
}

/**
 * Keeps records, and judges nothing but conditions. A store has no clock of its own: whoever calls tells the time.
 *
 * - A method answers with a value or a promise, and throws (or rejects) only when the store could not answer. Not found,
 *   ended, conflict are answers.
 * - Every write has a condition; no upsert exists. A row that ended never lives again.
 * - A promise is settled. One that is not, within `storeTimeout`, counts as an outage; what it was to write may still be written, and is treated as
 *   unknown: a new row is ended again, since nobody was told its secret, and a change is planned again on the row as it then is.
 * - What a method answered has happened, durably as the store is durable, and the next call of any process sees it.
 *
 * `coatcheck/testing` publishes the suite that every store passes.
 */
export interface SessionStore {
  /** For messages and metrics: `memory`, `sqlite`, … */
  readonly name: string;
  readonly capabilities: StoreCapabilities;
  /** The row, live, expired or ended, or `undefined` where none is stored. */
  get(id: string): MaybePromise<SessionRow | undefined>;
  /**
   * Writes the whole row if the condition holds: `"absent"`: no row of this id; `n`: the stored row lives (not ended) and
   * has version `n`. Answers whether it was written. The row's own `version` is what is stored. A `put` by version keeps
   * the later `seen` of the stored row and the given one, so that it never undoes a touch. A row given with `ended` set is
   * an ending on condition: it is stored as given, and never lives again.
   */
  put(row: SessionRow, condition: PutCondition): MaybePromise<boolean>;
  /** Moves `seen` forward to `seen` where the row has not ended; never back. Answers whether such a row exists. */
  touch(id: string, seen: number): MaybePromise<boolean>;
  /** Ends and empties every live row of the target, raising its version by 1. Answers the ids that it ended. */
  end(target: EndTarget, reason: EndReason, now: number): MaybePromise<readonly string[]>;
  /**
   * Live (not ended) rows that expire after `now`: of an owner, newest `created` first; of a session of a provider, in any order; or those whose `renewAt` is below
   * `renewBefore`, the most urgent first. At most `limit`.
   */
  list(query: ListQuery, limit: number, now: number): MaybePromise<readonly SessionRow[]>;
  /** Sets a mark that stands until `until`. `true` for the first to set it; a later call replaces value and end. */
  mark(key: string, until: number, now: number, value?: string): MaybePromise<boolean>;
  /** The value of a mark that stands at `now` (`""` where none was given), or `undefined`. */
  marked(key: string, now: number): MaybePromise<string | undefined>;
  /** Deletes at most `limit` rows and marks that expired before `now`, live ones never. Answers how many it deleted. */
  sweep(limit: number, now: number): MaybePromise<number>;
  /**
   * Where the store can: looks through about `limit` rows from a place of its own numbering on (0: the first). Deletes live ones that were not
   * seen since `seenBefore`, and counts those that stay.
   */
  survey?(from: number, limit: number, now: number, seenBefore: number): MaybePromise<Survey>;
  /** Releases what the store opened itself; a second call does nothing. Afterwards every other call throws. */
  close(): MaybePromise<void>;
  /** Where the store can: calls back for each session that ended in any process, best effort. Answers how to stop. */
  watch?(listener: (ended: { readonly id: string; readonly reason: EndReason }) => void): () => void;
}

/** The half of a store that strategies see: no method of it writes. */
export type SessionReader = Pick<SessionStore, "get" | "marked">;
