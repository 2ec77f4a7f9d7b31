/**
 * Every seam of Coatcheck, types only. Whatever crosses a border of the house (a store, a clock, a provider, a strategy,
 * an adapter) is described here and nowhere else. All times are milliseconds since the epoch unless a name says otherwise.
 */

/** A value, or a promise of it. The engine makes no promise of its own where a seam answers with a value. */
export type MaybePromise<T> = T | Promise<T>;

/** What JSON can say. Claims and session data are such values. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
/** An object of JSON values. */
export type JsonObject = { readonly [key: string]: JsonValue };

// ---------------------------------------------------------------------------------------------------------------------
// World

/** Time. Injected everywhere, so that tests and the simulation decide what time it is. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** A clock that never jumps, milliseconds from an arbitrary start. Leases are watched on it. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. Must not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Processor time that this process has used, milliseconds. By it refreshes are paced; without it their distance is fixed. */
  cpu?(): number;
  /**
   * Resolves when other events that wait have been looked after once, and no later (`scheduler.yield()`, `setImmediate`). Refreshes that come
   * together take turns by it; without it they follow each other at once.
   */
  yield?(): Promise<void>;
}

/** Randomness of a cryptographic quality. Throws when there is none; never answers with fewer bytes (S-08). */
export interface Entropy {
  /** Fresh random bytes; the caller owns the returned array. */
  bytes(length: number): Uint8Array;
}

/** Keeps track of work that outlives its request; drained by `auth.close()`. */
export interface Background {
  /** Runs to its end even when the client has gone. A rejection is reported, never thrown. */
  waitUntil(work: Promise<unknown>): void;
}

// ---------------------------------------------------------------------------------------------------------------------
// What is stored

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

// ---------------------------------------------------------------------------------------------------------------------
// Requests and verdicts

/** A request as the engine sees it. Adapters make one per request; it must be cheap to make. */
export interface RequestView {
  readonly method: string;
  /** Path and query as received, beginning with `/`. */
  readonly target: string;
  /** The field's value by its lower-case name; several lines joined by `, ` (`cookie`: by `; `); `undefined` where absent. */
  header(name: string): string | undefined;
  /** The address of the peer that opened the connection, where the adapter knows it; `unix` for a unix socket. */
  readonly peer?: string | undefined;
  /** The address of the client, past proxies that are trusted, where the adapter finds that out; else the peer is taken for the client. */
  readonly client?: string | undefined;
  /** How many lines have this lower-case name. Absent where that cannot be told, as of a Fetch `Request`, which joins them. */
  lines?(name: string): number;
}

/** A session that a ticket proved: its row as read, and which secret was shown. */
export interface ProvenSession {
  readonly row: SessionRow;
  /** The secret before the last `rotate` was shown, within its grace. */
  readonly previous: boolean;
}

/** Who was authenticated by something other than the session. */
export interface Principal {
  readonly identity: Identity;
  readonly owner: string;
  /** The browser or a proxy sends the credential by itself, so CSRF must be checked. */
  readonly ambient: boolean;
}

/** Why a presented ticket is not live. `unknown`: no such row, or the secret is not its. */
export type DeadReason = "malformed" | "unknown" | EndReason;

/** What a strategy found. It cannot write: nothing it is handed has a method that does (S-02). */
export type Verdict =
  /** `several`: ids of sessions that were all proved at once, which makes nobody; a logout or a login ends them. */
  | { readonly kind: "abstain"; readonly dead?: DeadTicket; readonly several?: readonly string[] }
  | { readonly kind: "accept"; readonly session: ProvenSession }
  | { readonly kind: "accept"; readonly principal: Principal }
  /** A live session whose access token has run out. `unconfirmed`: and that could not be renewed just now. */
  | { readonly kind: "stale"; readonly session: ProvenSession; readonly unconfirmed?: Unconfirmed }
  | { readonly kind: "refuse"; readonly status: 400 | 401 | 403; readonly code: ErrorCode; readonly challenge?: string }
  /** `retryAfter` in milliseconds. */
  | { readonly kind: "unavailable"; readonly code: ErrorCode; readonly cause: unknown; readonly retryAfter?: number };

/** Why a session is not in step with its provider at the moment. */
export interface Unconfirmed {
  /** When asking again may help, in milliseconds from now. */
  readonly retryAfter: number;
  /** The provider answers: this is no outage that passes by itself. */
  readonly answered: boolean;
}

/** A ticket was presented that no longer proves anything. */
export interface DeadTicket {
  readonly reason: DeadReason;
  /** The id it names, where it could be read. */
  readonly id?: string;
}

/** What a strategy is handed. */
export interface StrategyContext {
  readonly request: RequestView;
  readonly store: SessionReader;
  readonly now: number;
  /** For limits of time. */
  readonly clock: Clock;
  readonly report: Report;
}

/** One way to find out who asks. Asked in order; the first that does not abstain decides. */
export interface Strategy {
  /** For logs, metrics and `session.via`. */
  readonly name: string;
  /** Whether what it reads comes along by itself (cookie, proxy header). Decides the CSRF check. */
  readonly ambient: boolean;
  /** Whether the request carries a credential that this strategy reads; must not throw and must not do I/O. */
  presented(request: RequestView): boolean;
  examine(context: StrategyContext): MaybePromise<Verdict>;
}

/** What a verifier makes of a bearer token. Reasons are short words for logs; whoever asks never sees them. */
export type TokenVerdict =
  /** `owner`: whose the token is, where that is not issuer and subject. `expires`: when it runs out. */
  | {
      readonly kind: "valid";
      readonly identity: Identity;
      readonly owner?: string;
      readonly expires: number;
      readonly scope?: string | null;
    }
  | { readonly kind: "invalid"; readonly reason: string }
  /** A good token that does not allow what is asked of every token here; `scope` is what it lacks. */
  | { readonly kind: "insufficient"; readonly scope: string }
  /** Nobody can say just now. `retryAfter` in milliseconds. */
  | { readonly kind: "unavailable"; readonly retryAfter?: number; readonly cause: unknown };

/** Judges bearer tokens of one kind. */
export interface TokenVerifier {
  /** For logs. */
  readonly name: string;
  /** Whether it judges this token, by shape alone: no I/O, and it must not throw. */
  reads(token: string): boolean;
  verify(token: string): MaybePromise<TokenVerdict>;
  /** Gives up what it is waiting for. */
  close?(): MaybePromise<void>;
}

/** What a trusted proxy says about who asks. */
export type ProxyVerdict =
  | { readonly kind: "absent" }
  /** Asserted by somebody who is not trusted: reported, and as absent. */
  | { readonly kind: "stripped"; readonly reason: "peer" | "secret" }
  /** 400. `reason` tells the field, never its value. */
  | { readonly kind: "malformed"; readonly reason: string }
  /** An assertion that does not verify: 401. */
  | { readonly kind: "invalid"; readonly cause: unknown }
  /** Its keys cannot be had: 503. */
  | { readonly kind: "unavailable"; readonly cause: unknown }
  | { readonly kind: "asserted"; readonly identity: Identity };

/** Reads what a proxy asserts. Writes nothing. */
export interface ProxyReader {
  /** What to do about what is malformed for this reason, where that is known. */
  hint?(reason: string): string | undefined;
  /** Lower-case names of the headers that it reads, which nobody but the proxy may set. */
  readonly headers: readonly string[];
  /** It takes a secret or a signature to be believed, so that headers which somebody trusted only passes on prove something too. Default `false`. */
  readonly proven?: boolean;
  read(request: RequestView, now: number): MaybePromise<ProxyVerdict>;
}

/** Verifies what a proxy signed. */
export interface AssertionVerifier {
  /** The lower-case name of the header that carries it. */
  readonly header: string;
  /** Never throws. The same identity object for the same assertion. */
  verify(assertion: string, now: number): MaybePromise<ProxyVerdict>;
}

/** What a route asks of whoever comes. */
export interface Policy {
  readonly require: "nobody" | "user";
  /** Which ways of authenticating count, by the strategies' names; whom another authenticated is 403. Default: all. */
  readonly via?: readonly string[];
  /** The request's origin was exempted from the CSRF check: the closed list of requirement CS-09. */
  readonly crossSite?: boolean;
  /** `false`: a session whose access token ran out is taken as it is. */
  readonly renews?: boolean;
}

/** What is done about a request before the handler runs. */
export type Decision =
  | { readonly kind: "proceed" }
  | { readonly kind: "renew" }
  /** Another user's session ends first, or somebody unknown becomes known. */
  | { readonly kind: "end-and-proceed" }
  | { readonly kind: "refuse"; readonly status: 400 | 401 | 403; readonly code: ErrorCode; readonly challenge?: string }
  /** A 401 to a top-level navigation: send the browser to the login. `ended`: the person is told first why the session is over. */
  | { readonly kind: "login"; readonly ended?: EndReason }
  /** `retryAfter` in milliseconds. */
  | { readonly kind: "unavailable"; readonly code: ErrorCode; readonly cause?: unknown; readonly retryAfter?: number };

// ---------------------------------------------------------------------------------------------------------------------
// The session that the app sees

/** Deeply read-only, so that `session.data.x = 1` does not compile. */
export type ReadonlyDeep<T> = JsonObject extends T
  ? T
  : T extends (infer U)[]
    ? readonly ReadonlyDeep<U>[]
    : T extends object
      ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
      : T;

/** What `login` takes for somebody whom the app itself authenticated. */
export interface LoginIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims?: JsonObject;
  readonly authenticatedAt?: number;
  readonly method?: string;
}

export interface LoginOptions {
  /** Start with empty data, also where the same identity or an anonymous session had some. Default `false`. */
  readonly fresh?: boolean;
}

/**
 * The app's view of who asks and what is kept for them. Methods record intent; nothing is stored before the response head
 * is ready, and the response leaves when the store has it. After that every method that records is a `TypeError`.
 */
export interface Session<Data = JsonObject> {
  /** The public handle, no credential; `null` while nothing is stored. */
  readonly id: string | null;
  /** Who is signed in, or `null`. */
  readonly identity: Identity | null;
  /** Whose this is: what `resolve` returned, else issuer and subject. */
  readonly owner: string | null;
  /** What authenticated: the name of the strategy, or `null`. */
  readonly via: string | null;
  /** Read-only; reads include what this request has recorded. */
  readonly data: ReadonlyDeep<Data>;
  readonly createdAt: number | null;
  /** The absolute end. */
  readonly expiresAt: number | null;
  /** The end if nothing more is heard of the user. */
  readonly idleExpiresAt: number | null;
  /** Why the presented ticket is dead, where one was presented that is. */
  readonly endedReason: DeadReason | null;
  /**
   * Aborted when the session ends, on any replica, or runs out; its `reason` is a `SessionEnded` error with the {@link EndReason}. For sockets and event
   * streams. The same for all requests of a session in this process; never aborted where nobody is signed in with one.
   */
  readonly signal: AbortSignal;
  /** Merges top-level keys. `undefined` is not JSON: to remove a key use `update`. */
  set(patch: Partial<Data>): void;
  /** Replaces the data by what `fn` returns. `fn` must be pure: it is replayed on the fresh record after a conflict. */
  update(fn: (data: ReadonlyDeep<Data>) => Data): void;
  /** A new record for this identity; the presented one ends. */
  login(identity: LoginIdentity, options?: LoginOptions): void;
  /** Exchanges the secret; the old one is good for 10 s, for requests on their way. */
  rotate(): void;
  /** Ends the session, in the store first. */
  logout(): void;
  /**
   * The provider's access token, live, renewed at most once whoever else asks. Rejects with `ERR_TOKEN_UNAVAILABLE` (503) or
   * `ERR_SESSION_ENDED` (401: nobody is signed in, or only a fresh login gives a token). `rejected`: a token that a
   * resource refused as `invalid_token`; where it is still the newest it is renewed.
   */
  accessToken(options?: { readonly rejected?: string }): Promise<string>;
}

/** A session in which somebody is signed in. */
export interface SignedInSession<Data = JsonObject> extends Session<Data> {
  readonly identity: Identity;
  readonly owner: string;
  readonly via: string;
  /** Short for `identity.claims`. */
  readonly claims: JsonObject;
}

// ---------------------------------------------------------------------------------------------------------------------
// The provider

/** What a login may ask of the provider; nothing else of a request's query reaches it (AR-08). */
export interface LoginParameters {
  readonly prompt?: string;
  readonly login_hint?: string;
  readonly acr_values?: string;
  readonly max_age?: number;
  readonly ui_locales?: string;
}

/** The secrets of one login in progress; sealed into its cookie. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface BeginLogin extends FlowSecrets {
  readonly redirectUri: string;
  readonly parameters: LoginParameters;
}

export interface FinishLogin extends FlowSecrets {
  readonly redirectUri: string;
  readonly parameters: LoginParameters;
  /** The parameters of the authorization response, each present at most once. */
  readonly response: URLSearchParams;
}

/** What came of an attempt to use the provider. `code` is for logs and for the person's page. */
export interface ProviderFailure {
  readonly kind: "refused" | "unavailable" | "invalid";
  readonly code: ErrorCode;
  readonly cause: unknown;
}

/** What the provider vouches for after a login. */
export interface ProviderLogin {
  readonly identity: Identity;
  readonly tokens: ProviderTokens;
  readonly sid: string | null;
  /** `iat` of the ID token, in ms: a logout by subject compares with it. */
  readonly issuedAt: number;
}

/**
 * What an attempt to use a refresh token came to. `doubtful`: the provider said no in words that may be about something else than this grant;
 * said twice they count. `unknown`: nobody can say whether it was spent. `answered`: the provider is there and says something that is of no use.
 */
export type RefreshOutcome =
  | { readonly kind: "renewed"; readonly tokens: ProviderTokens; readonly claims: JsonObject | null }
  | { readonly kind: "refused"; readonly doubtful?: boolean; readonly cause: unknown }
  | { readonly kind: "unavailable"; readonly answered?: boolean; readonly retryAfter: number | null; readonly cause: unknown }
  | { readonly kind: "unknown"; readonly answered?: boolean; readonly cause: unknown };

/** A logout that the provider vouches for: of one of its sessions, or of all of a subject. */
export interface ProviderNotice {
  readonly issuer: string;
  readonly subject: string | null;
  readonly sid: string | null;
  /** Unique for the issuer; accepted once. */
  readonly tokenId: string;
  readonly issuedAt: number;
  /** From then on it is refused for its age. */
  readonly expires: number;
}

/** How a provider is dealt with. */
export interface ProviderAbout {
  /** Which provider it was taken for, `null` where nothing told yet. */
  readonly preset: string | null;
  /** What is asked for at a login. */
  readonly scope: string;
}

/** The state of a provider, for operators. */
export interface ProviderState extends Partial<ProviderAbout> {
  readonly name: string;
  readonly ready: boolean;
}

/** The seam behind which `openid-client` lives; tests and simulation replace it. Failures are answers, not exceptions. */
export interface Provider {
  /** As in `?provider=`; unique. */
  readonly name: string;
  readonly issuer: string;
  /** Whether discovery has succeeded; while `false` the provider retries by itself. */
  ready(): boolean;
  /** How this provider is dealt with, for people who run it. */
  about?(): ProviderAbout;
  /** The URL of the provider's page. */
  begin(login: BeginLogin): MaybePromise<{ readonly kind: "redirect"; readonly url: string } | ProviderFailure>;
  /** Redeems the code, at most once, and validates all of the answer. */
  finish(login: FinishLogin): Promise<({ readonly kind: "login" } & ProviderLogin) | ProviderFailure>;
  refresh(tokens: ProviderTokens, identity: Identity): Promise<RefreshOutcome>;
  /** The longest that `refresh` takes, milliseconds, 480,000 at most; the lease on a session outlasts it. Default 15,000. */
  readonly refreshTimeout?: number;
  /** How long requests wait for `refresh`, which goes on without them. Default: as long as `refresh.wait` says. */
  readonly requestTimeout?: number;
  /** Validates a logout token of the back channel; absent where the provider sends none. */
  verifyLogout?(token: string): Promise<({ readonly kind: "logout" } & ProviderNotice) | ProviderFailure>;
  /** Best effort, refresh token first; answers whether all were revoked. */
  revoke(tokens: ProviderTokens): Promise<boolean>;
  /** Listens for no answer any longer: a refresh that was sent is `unknown` at once. For the end of a process that cannot wait. */
  cut?(): void;
  /**
   * The URL that signs the person out at the provider, if it has one. `logoutHint`: whom it is about, if the ID token is too
   * long for an address.
   */
  end(logout: { readonly idToken: string | null; readonly returnTo: string; readonly logoutHint?: string }): string | undefined;
  /** Stops retrying. */
  close(): MaybePromise<void>;
}

// ---------------------------------------------------------------------------------------------------------------------
// Routes

/** A request to one of our own endpoints. */
export interface RouteRequest extends RequestView {
  /** The public origin it came to, one of the configured ones. */
  readonly origin: string;
  /** The whole body as text; rejects with `ERR_BODY_TOO_LARGE` past `limit` bytes. */
  body(limit: number): Promise<string>;
}

/** What an endpoint may do with the session of its request. */
export interface RouteExchange {
  readonly session: Pick<
    Session,
    "id" | "identity" | "owner" | "via" | "createdAt" | "expiresAt" | "idleExpiresAt" | "endedReason"
  >;
  /** Records a login with what the provider vouched for; stored when the response is settled. */
  loginFromProvider(login: ProviderLogin, provider: string): void;
  logout(): void;
  /** Does this when what was recorded is stored; not at all where the store would not take it. */
  whenStored(act: () => void): void;
  /** Whether a proxy asserts who this is: it would sign them in again with the next request. */
  readonly fromProxy: boolean;
  /** Whether a credential of the client's own (bearer, custom) authenticated the request: there is no session, and none is managed by it. */
  readonly byCredential: boolean;
  /** The tokens of the presented session, opened: for revocation and the ID token hint. */
  tokens(): ProviderTokens | null;
  /** The name of the provider that the presented session is from. */
  provider(): string | null;
}

export type Endpoint = (request: RouteRequest, exchange: RouteExchange) => MaybePromise<RouteResponse>;

/** One of our own endpoints. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the prefix, without a leading slash. A last segment `{id}` stands for any one segment. */
  readonly path: string;
  /** In the closed list of requirement CS-09: other sites may send it, and its own proof is in the endpoint. */
  readonly crossSite?: boolean;
  /** `false`: nobody is looked up, so it answers in an outage of the store too. */
  readonly lookup: boolean | ((request: RouteRequest) => boolean);
  /** Whether it counts as activity of the user, at most once a minute or a twentieth of the idle time (SE-06). */
  readonly touches: boolean;
  /** Whether a session whose access token ran out is renewed first. Default `false`: a logout waits for no provider. */
  readonly renews?: boolean;
  /** It signs out: where the store does not answer the cookie is cleared all the same, and the session is ended as soon as it can be (S-45). */
  readonly signsOut?: boolean;
  readonly endpoint: Endpoint;
  /** What is answered where the store would not say who asks, or not take what was recorded; else a problem document. */
  readonly refused?: (request: RouteRequest, code: ErrorCode) => MaybePromise<RouteResponse>;
}

/** An answer as a value; the adapter writes it. Header names are lower case; `set-cookie` may stand several times. */
export interface RouteResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

// ---------------------------------------------------------------------------------------------------------------------
// Sessions, seen from outside of a request

/** A live session as its owner or an operator sees it. No credential in it; times are milliseconds. */
export interface SessionInfo {
  readonly id: string;
  readonly owner: string | null;
  readonly issuer: string | null;
  /** How the person signed in: `oidc:<provider name>`, `app`, … */
  readonly method: string | null;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  readonly idleExpiresAt: number;
  readonly userAgent: string | null;
  /** The address that it was begun from, or the network of it, where one that can be read is kept. */
  readonly address: string | null;
}

/** Whom a provider signed out: one of its sessions, or all of a subject that are not from a later login. */
export interface SignedOut extends Pick<ProviderNotice, "issuer" | "subject" | "sid" | "issuedAt"> {
  /**
   * Anybody can send it who knows or makes up a `sid`, as on the front channel: what is left behind for sessions that are not here is bounded.
   * Past the bound it rejects with `ERR_TOO_MANY_MARKERS`. Default `false`.
   */
  readonly unproven?: boolean;
}

/** Lists and ends sessions. Everything rejects with `ERR_STORE_UNAVAILABLE` where the store does not answer. */
export interface SessionDirectory {
  /** The live sessions of an owner, newest first; at most 1000. */
  list(owner: string): Promise<readonly SessionInfo[]>;
  /** The live session of this id, or `null`. */
  show(id: string): Promise<SessionInfo | null>;
  /** Ends one. `false` where no session of this id was alive. */
  end(id: string, reason: EndReason): Promise<boolean>;
  /** Ends all of an owner but `except`, also those whose login is on its way. Answers how many were alive. */
  endAll(owner: string, reason: EndReason, except?: string): Promise<number>;
  /** Ends what the provider signed out, also what is signing in at this moment (LO-10). Answers how many were alive. */
  signedOut(notice: SignedOut): Promise<number>;
}

// ---------------------------------------------------------------------------------------------------------------------
// Events

/** What happened, for logs and counters. Never holds a ticket, token, code, state or secret (OP-01). */
export interface AuditEvent {
  /** From the closed list; also the metric's label. */
  readonly name: EventName;
  readonly level: "debug" | "info" | "warn" | "error";
  /** A short reason from a closed list of the event's own. */
  readonly reason?: string;
  /** What to do about it, where that is known: a sentence made of settings, never of what somebody sent. */
  readonly hint?: string;
  readonly sessionId?: string;
  readonly owner?: string;
  readonly issuer?: string;
  readonly provider?: string;
  readonly code?: ErrorCode;
  /** The reference that a person was shown on an error page. */
  readonly reference?: string;
  readonly error?: unknown;
  readonly count?: number;
  /** How many rows the store holds after a sweep, where it can say. */
  readonly rows?: { readonly live: number; readonly dead: number };
}

export type EventName =
  | "session.created"
  | "session.ended"
  | "session.rotated"
  | "session.grace-hit"
  | "session.refused"
  | "session.data-invalid"
  | "session.ambiguous"
  | "touch.failed"
  | "login.begun"
  | "login.completed"
  | "login.failed"
  | "logout.completed"
  | "logout.failed"
  | "csrf.refused"
  | "credential.refused"
  | "credential.failed"
  | "store.failed"
  | "store.foreign"
  | "proxy.stripped"
  | "proxy.malformed"
  | "proxy.failed"
  | "proxy.lookup-failed"
  | "provider.ready"
  | "provider.failed"
  | "revocation.failed"
  | "refresh.completed"
  | "refresh.failed"
  | "refresh.slow"
  | "refresh.held"
  | "refresh.discarded"
  | "refresh.taken-over"
  | "ending.held"
  | "ending.completed"
  | "ending.dropped"
  | "backchannel.completed"
  | "backchannel.refused"
  | "frontchannel.completed"
  | "frontchannel.refused"
  | "sweep.completed"
  | "background.failed";

export type Report = (event: AuditEvent) => void;

/** Codes of errors; the table in `core/errors` says what each means and what to do about it. */
export type ErrorCode =
  | "ERR_UNAUTHENTICATED"
  | "ERR_FORBIDDEN"
  | "ERR_CROSS_SITE"
  | "ERR_BAD_REQUEST"
  | "ERR_INVALID_CREDENTIAL"
  | "ERR_METHOD_NOT_ALLOWED"
  | "ERR_NOT_FOUND"
  | "ERR_BODY_TOO_LARGE"
  | "ERR_UNSUPPORTED_MEDIA_TYPE"
  | "ERR_MISDIRECTED"
  | "ERR_TOO_MANY_REQUESTS"
  | "ERR_TOO_MANY_MARKERS"
  | "ERR_SESSION_ENDED"
  | "ERR_LOGOUT_PENDING"
  | "ERR_LOGOUT_UNFINISHED"
  | "ERR_TOKEN_UNAVAILABLE"
  | "ERR_STORE_UNAVAILABLE"
  | "ERR_APP_HOOK"
  | "ERR_STORE_CONTENTION"
  | "ERR_STORE_INVALID"
  | "ERR_RECORD_FORMAT"
  | "ERR_DATA_INVALID"
  | "ERR_DATA_TOO_LARGE"
  | "ERR_PROVIDER_UNAVAILABLE"
  | "ERR_PROVIDER_RESPONSE"
  | "ERR_PROVIDER_REFUSED"
  | "ERR_LOGIN_STATE"
  | "ERR_LOGIN_EXPIRED"
  | "ERR_LOGIN_USED"
  | "ERR_SEAL"
  | "ERR_SECRET"
  | "ERR_CONFIG"
  | "ERR_UPSTREAM_UNAVAILABLE"
  | "ERR_UPSTREAM_TIMEOUT"
  | "ERR_UPSTREAM_BUSY"
  | "ERR_INTERNAL";
