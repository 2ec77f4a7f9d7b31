/** Tokens of our own: what is asked for, what is given, and what is listed. Times are milliseconds. */
import type { LoginIdentity, Session } from "./session.ts";
import type { Identity } from "./store.ts";
import type { TokenKind } from "./token-kind.ts";

/**
 * Which token is to be issued.
 *
 * @example
 * ```ts
 * import type { TokenRequest } from "coatcheck";
 * const forRunner: TokenRequest = { subject: "runner-7", audience: "orders", scope: "orders:read", lifetime: "30m" };
 * ```
 */
export interface TokenRequest {
  /** Whom it names: a name of the app's own, such as of a runner, or a person's identity. With `parent`: the agent. */
  readonly subject: string | LoginIdentity;
  /** The user whom it belongs to, so that `endAll` ends it. Default: issuer and subject. With `parent`: its owner. */
  readonly owner?: string;
  /**
   * The session of the person for whom `subject` acts, such as the handler's. The token names the person, and `subject`
   * as `act`; it ends when the session does, however that happens. Default: it hangs on none.
   */
  readonly parent?: { readonly id: string | null };
  /** Whom it is for: one of `tokens.audiences`. */
  readonly audience: string;
  /** What it allows, words with spaces between; all of them are of the audience's `scope`. Default: none. */
  readonly scope?: string;
  /** How long it is good; not longer than the audience's `lifetime`, which is the default. */
  readonly lifetime?: number | `${number}${string}`;
  /** Whether a refresh token is given as well, if the audience has a `family`. Default `false`. */
  readonly refreshable?: boolean;
  /** Who asked for it, as `client_id` (RFC 9068). Default: the app itself, by its public URL. */
  readonly client?: string;
}

/** A token as it is issued. */
export interface IssuedToken {
  /** Names it in lists and for `revoke`; no credential. */
  readonly id: string;
  /** Shown this once: a JWT (RFC 9068), for `Authorization: Bearer`. Stored nowhere. */
  readonly accessToken: string;
  /** When it runs out. */
  readonly expiresAt: number;
  /** How long it is good from when it was issued. */
  readonly expiresIn: number;
  /** Words with spaces between; `""`: none. */
  readonly scope: string;
  /** For `POST tokens/refresh`, if it was asked for; good once, and for repeats of that a short time longer. */
  readonly refreshToken?: string;
  /** When the refresh token and all that come after it are over. */
  readonly endsAt?: number;
}

/**
 * Which token a service behind the app is to get about the user of a session.
 *
 * @example
 * ```ts
 * import type { SessionTokenRequest } from "coatcheck";
 * const forOrders: SessionTokenRequest = { audience: "orders", scope: "orders:read" };
 * ```
 */
export interface SessionTokenRequest extends Pick<TokenRequest, "audience" | "scope"> {
  /** How long it is good at most; not longer than the audience's `lifetime`. Default, and most: five minutes. */
  readonly lifetime?: NonNullable<TokenRequest["lifetime"]>;
}

/** A token for the user of a session, and when it runs out. */
export interface SessionToken {
  /** A JWT (RFC 9068), for `Authorization: Bearer` at its audience. */
  readonly accessToken: string;
  readonly expiresAt: number;
}

/**
 * Which personal access token is to be made.
 *
 * @example
 * ```ts
 * import type { PersonalTokenRequest, SignedInSession } from "coatcheck";
 * const forBackups = ({ identity, owner }: SignedInSession): PersonalTokenRequest => ({
 *   subject: identity,
 *   owner,
 *   name: "nightly backup",
 *   scope: "orders:read",
 *   lifetime: "90d",
 * });
 * ```
 */
export interface PersonalTokenRequest {
  /** The person whom it names. */
  readonly subject: LoginIdentity;
  /** The user whom it belongs to. Default: issuer and subject. */
  readonly owner?: string;
  /** What its owner calls it in their list: 1 to 100 characters. */
  readonly name: string;
  /** What it allows, words with spaces between; all of them are of the `scope` of its audience. Default: none. */
  readonly scope?: string;
  /** How long it is good; not longer than `tokens.personal.lifetime`, which is the default. */
  readonly lifetime?: number | `${number}${string}`;
}

/** A personal access token as it is made. */
export interface PersonalToken {
  /** Names it in lists and for `revoke`; no credential. */
  readonly id: string;
  /** Shown this once, for `Authorization: Bearer`; the store has its hash alone. */
  readonly token: string;
  readonly name: string;
  /** Words with spaces between; `""`: none. */
  readonly scope: string;
  /** When it runs out; `null`: never. */
  readonly expiresAt: number | null;
}

/** A live token as its owner or an operator sees it. No credential in it. */
export interface TokenInfo {
  readonly id: string;
  readonly kind: TokenKind;
  readonly owner: string;
  readonly issuer: string;
  readonly subject: string;
  /** Who acts for the subject, if it is an agent's. */
  readonly actor: string | null;
  /** The session with which it ends, if it is an agent's. */
  readonly parent: string | null;
  /** What its owner calls it, if it is a personal one. */
  readonly name: string | null;
  readonly audience: string;
  /** Words with spaces between; `""`: none. */
  readonly scope: string;
  readonly client: string;
  readonly createdAt: number;
  /** The end of the token; of one that is refreshed, of its family. `null`: it has none. */
  readonly expiresAt: number | null;
  /** When a personal one was last used, true to the minute; `null`: never, or it is of another kind. */
  readonly lastUsedAt: number | null;
}

/** What `tokens.allow` is asked: whether this user may have this token, now. */
export interface TokenQuestion {
  readonly kind: TokenKind;
  readonly owner: string;
  /** The person whom the token names. */
  readonly identity: Identity;
  readonly audience: string;
  /** What it is to allow: words with spaces between. */
  readonly scope: string;
  readonly client: string;
  /** Whether it was issued before, and is refreshed now. */
  readonly refresh: boolean;
}

/**
 * Issues, lists and revokes tokens of our own. Every method rejects with `ERR_STORE_UNAVAILABLE` if the store does not
 * answer.
 */
export interface TokenDirectory {
  /**
   * A token for this subject. Rejects with a `TypeError` for what is wider than `tokens.audiences` allows, and with
   * `ERR_SESSION_ENDED` if all that its owner has was ended meanwhile. With `parent`: `ERR_FORBIDDEN` for a scope that
   * is wider than the person's, `ERR_UNAUTHENTICATED` and `ERR_BAD_REQUEST` if `parent` is no session of a person,
   * `ERR_SESSION_ENDED` if it is over.
   *
   * @example
   * ```ts
   * const { accessToken } = await auth.tokens.issue({ subject: "runner-7", audience: "orders", scope: "orders:read" });
   * await fetch("https://orders.internal/", { headers: { authorization: `Bearer ${accessToken}` } });
   * ```
   */
  issue(request: TokenRequest): Promise<IssuedToken>;
  /**
   * A personal access token. Rejects with `ERR_BAD_REQUEST` for a name, scope or lifetime that is not allowed,
   * `ERR_FORBIDDEN` if `tokens.allow` refuses, `ERR_TOO_MANY_TOKENS` past `tokens.personal.maxPerUser`, and as `issue`.
   *
   * @example
   * ```ts
   * if (session.identity !== null && session.owner !== null) {
   *   const { identity: subject, owner } = session;
   *   const { token } = await auth.tokens.issuePersonal({ subject, owner, name: "laptop", scope: "orders:read" });
   *   console.log(`Copy it now, it is not shown again: ${token}`);
   * }
   * ```
   */
  issuePersonal(request: PersonalTokenRequest): Promise<PersonalToken>;
  /**
   * The live tokens of an owner, newest first; at most 1000 sessions and tokens are looked at.
   *
   * @example
   * ```ts
   * const tokens = await auth.tokens.list("42");
   * const rows = tokens.map(({ id, kind, name, lastUsedAt }) => ({ id, kind, name, used: lastUsedAt !== null }));
   * ```
   */
  list(owner: string): Promise<readonly TokenInfo[]>;
  /**
   * Ends one: this app refuses it from now on, on every replica, or within `tokens.revocation`. `false` if no token of
   * this id was alive; the id of a browser's session names none.
   *
   * @example
   * ```ts
   * const [newest] = await auth.tokens.list("42");
   * if (newest !== undefined) await auth.tokens.revoke(newest.id);
   * ```
   */
  revoke(id: string): Promise<boolean>;
  /**
   * Begins a browser session for the person of an access token, if its audience has `sessions`; each token does so
   * once. `false`, and nothing is recorded: for everything else. As `session.login`, it ends the session shown.
   * Rejects with `ERR_STORE_UNAVAILABLE` if the store does not answer.
   *
   * @example
   * ```ts
   * // A native app opens a page in a webview, and sends its token along once.
   * const open = (form: URLSearchParams) => auth.tokens.signIn(session, form.get("access_token") ?? "");
   * ```
   */
  signIn(session: Pick<Session, "login">, accessToken: string): Promise<boolean>;
  /**
   * A short access token about the user of this session, for a service behind the app: good for five minutes at most,
   * and never longer than the session. It is stored nowhere, cannot be revoked, and is no credential here; the same
   * session gets the same one until shortly before its end. Throws `ERR_UNAUTHENTICATED` for an anonymous session, and
   * a `TypeError` for what is wider than `tokens.audiences` allows.
   *
   * @example
   * ```ts
   * const { accessToken } = auth.tokens.forSession(session, { audience: "orders", scope: "orders:read" });
   * await fetch("https://orders.internal/", { headers: { authorization: `Bearer ${accessToken}` } });
   * ```
   */
  forSession(session: Pick<Session, "id" | "identity" | "owner" | "expiresAt">, request: SessionTokenRequest): SessionToken;
}
