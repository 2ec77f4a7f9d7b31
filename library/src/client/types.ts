/** The public types of the browser's client. */

/** A user is signed in. What `GET {prefix}/session` answers; never a token. Times are milliseconds since the epoch. */
export interface ClientSession<Claims> {
  readonly identity: { readonly issuer: string; readonly subject: string; readonly claims: Claims };
  /** `null` if no session is stored, for a user whom a header or a strategy of the app authenticates. */
  readonly session: {
    readonly id: string;
    readonly createdAt: number;
    readonly expiresAt: number;
    readonly idleExpiresAt: number;
  } | null;
  /** Where a form of the page may post to sign out without script. */
  readonly logoutUrl: string;
}

/**
 * Called when another user is signed in than before: `session` is `null` if none is any more, `before` if none was. New
 * times or claims of the same user are no change.
 */
export type SessionListener<Claims> = (session: ClientSession<Claims> | null, before: ClientSession<Claims> | null) => void;

/**
 * Options of `sessionClient`.
 *
 * @example
 * ```ts
 * const client = sessionClient({ prefix: "/login", maxAge: 10_000, retryTimeout: 5_000 });
 * ```
 */
export interface SessionClientOptions {
  /** The path of the endpoints. Default `/auth`. */
  readonly prefix?: string;
  /** Sends the requests. Default: the page's own `fetch`. */
  readonly fetch?: typeof fetch;
  /** How long an answer of `session()` is reused, milliseconds. Default 0: each call asks the server. */
  readonly maxAge?: number;
  /** The time limit for all retries of a request that is answered 503, milliseconds. Default 30,000. */
  readonly retryTimeout?: number;
}

/**
 * Options of `signIn`.
 *
 * @example
 * ```ts
 * client.signIn({ provider: "google", returnTo: "/checkout" });
 * ```
 */
export interface SignInOptions {
  /** The address of this origin to which the browser comes back. Default: this page. */
  readonly returnTo?: string;
  /** Which provider, if there are several. */
  readonly provider?: string;
}

/**
 * Options of `signOut`.
 *
 * @example
 * ```ts
 * const url = await client.signOut({ navigate: false });
 * setTimeout(() => location.assign(url), 2_000); // time for a last word
 * ```
 */
export interface SignOutOptions {
  /**
   * Where the browser goes afterwards, unless the provider has a page for it. Default: the page that the server is
   * configured with.
   */
  readonly returnTo?: string;
  /** `false`: the page stays, and decides itself what to do with the answered address. */
  readonly navigate?: boolean;
}

/** The browser's side of a session. Its methods are bound, so that they can be passed on as functions. */
export interface SessionClient<Claims> {
  /** What was read last, `undefined` before the first answer. For rendering: this user may have signed out since. */
  readonly current: ClientSession<Claims> | null | undefined;
  /**
   * The signed-in user, or `null`. Single flight: calls at the same time share one request (S-26). It is no activity of
   * the user (SE-06).
   *
   * @throws SessionClientError if the server could not say; what was known stays as it is
   *
   * @example
   * ```ts
   * const session = await client.session();
   * document.title = session === null ? "Welcome" : `Signed in until ${new Date(session.session?.expiresAt ?? 0)}`;
   * ```
   */
  session(): Promise<ClientSession<Claims> | null>;
  /**
   * Calls the listener at every change from now on, whichever tab or server made it. Answers a function that stops.
   *
   * @example
   * ```ts
   * const stop = client.subscribe((session, before) => {
   *   if (session === null && before !== null) location.assign("/signed-out");
   * });
   * addEventListener("pagehide", stop);
   * ```
   */
  subscribe(listener: SessionListener<Claims>): () => void;
  /**
   * Goes to the login.
   *
   * @example
   * ```ts
   * document.querySelector("#sign-in")?.addEventListener("click", () => client.signIn({ returnTo: "/inbox" }));
   * ```
   */
  signIn(options?: SignInOptions): void;
  /**
   * Ends the session, then tells the other tabs, then goes where the server says. Answers that address. Listeners of
   * this page are called only if it stays (`navigate: false`).
   *
   * @throws SessionClientError if the server did not confirm it: the user is still signed in, and no listener was
   * called
   *
   * @example
   * ```ts
   * await client.signOut({ returnTo: "/goodbye" });
   * ```
   */
  signOut(options?: SignOutOptions): Promise<string>;
  /**
   * The user is active: sent at most once a minute, however often it is called. Never rejects.
   *
   * @example
   * ```ts
   * document.addEventListener("input", () => void client.keepAlive()); // writing a long text
   * ```
   */
  keepAlive(): Promise<void>;
  /**
   * `fetch` with two additions: a 503 with `Retry-After` is retried if the request is idempotent and its body can be
   * sent again, within `retryTimeout`; and after a 401 the session is read again, so that listeners are told of its
   * end.
   *
   * @example
   * ```ts
   * const response = await client.fetch("/api/orders");
   * if (response.status === 401) client.signIn();
   * ```
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /**
   * Stops all timers and listeners.
   *
   * @example
   * ```ts
   * import { SessionClientError } from "coatcheck/client";
   * const own = sessionClient();
   * await own.session().finally(own.close);
   * ```
   */
  close(): void;
}

/**
 * The server did not give the answer that was asked for.
 *
 * @example
 * ```ts
 * import { SessionClientError } from "coatcheck/client";
 * await client.signOut().catch((error: unknown) => {
 *   if (!(error instanceof SessionClientError)) throw error;
 *   alert(`You are still signed in (${error.code}). Please try again.`);
 * });
 * ```
 */
export class SessionClientError extends Error {
  override readonly name = "SessionClientError";
  /**
   * `ERR_UNREACHABLE`: no answer. `ERR_RESPONSE`: one that Coatcheck does not give. Else the code that the server
   * answered with.
   */
  readonly code: string;
  /** Of the answer; 0 if there is none. */
  readonly status: number;

  constructor(code: string, status: number, cause?: unknown) {
    super(status === 0 ? "The server could not be reached." : `The server answered ${status} (${code}).`, { cause });
    this.code = code;
    this.status = status;
  }
}
