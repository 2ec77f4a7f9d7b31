/** A user is signed in. What `GET {prefix}/session` answers; never a token. Times are milliseconds since the epoch. */
export interface ClientSession<Claims> {
  readonly identity: { readonly issuer: string; readonly subject: string; readonly claims: Claims };
  /** `null` where no session is stored, for a user whom a header or a strategy of the app authenticates. */
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
 * Hears that another user is signed in than before: `session` is `null` if none is any more, `before` if none was.
 * New times or claims of the same person are no change.
 */
export type SessionListener<Claims> = (session: ClientSession<Claims> | null, before: ClientSession<Claims> | null) => void;

export interface SessionClientOptions {
  /** Where the endpoints live. Default `/auth`. */
  readonly prefix?: string;
  /** Sends the requests. Default: the page's own `fetch`. */
  readonly fetch?: typeof fetch;
  /** How long an answer of `session()` is good for, milliseconds. Default 0: each call asks. */
  readonly maxAge?: number;
  /** How long answers of 503 are retried in all, milliseconds. Default 30,000. */
  readonly patience?: number;
}

export interface SignInOptions {
  /** Where the browser comes back to: an address of this origin. Default: this page. */
  readonly returnTo?: string;
  /** Which provider, where there are several. */
  readonly provider?: string;
}

export interface SignOutOptions {
  /**
   * Where the browser goes afterwards, unless the provider has a page for it. Default: the page that the server is
   * configured with.
   */
  readonly returnTo?: string;
  /** `false`: the page stays, and does itself with the answered address what it likes. */
  readonly navigate?: boolean;
}

/** The browser's side of a session. Its methods may be handed around without it. */
export interface SessionClient<Claims> {
  /** What was read last, `undefined` before the first answer. For rendering; whom it shows may be gone already. */
  readonly current: ClientSession<Claims> | null | undefined;
  /**
   * Who is signed in, or `null`; calls at the same time share one request (S-26). It is no activity of the user
   * (SE-06).
   *
   * @throws SessionClientError where the server could not say; nothing that was known changes by it
   */
  session(): Promise<ClientSession<Claims> | null>;
  /** Tells of changes from now on, whichever tab or server made them. Answers how to stop. */
  subscribe(listener: SessionListener<Claims>): () => void;
  /** Goes to the login. */
  signIn(options?: SignInOptions): void;
  /**
   * Ends the session, then tells the other tabs, then goes where the server says. Answers that address. Listeners of
   * this page hear of it only where it stays (`navigate: false`).
   *
   * @throws SessionClientError where the server did not say yes: the person is still signed in, and no listener was
   * told otherwise
   */
  signOut(options?: SignOutOptions): Promise<string>;
  /** The person is here: counts as activity, at most once a minute however often it is called. Never rejects. */
  keepAlive(): Promise<void>;
  /**
   * `fetch`, but for two things: a 503 with `Retry-After` is asked again, where method and body allow it, until the
   * answer is another or patience is at its end; and after a 401 the session is read again, so that listeners hear of
   * its end.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Stops listening, to tabs, page and time. */
  close(): void;
}

/** The server did not say what was asked of it. */
export class SessionClientError extends Error {
  override readonly name = "SessionClientError";
  /**
   * `ERR_UNREACHABLE`: no answer. `ERR_RESPONSE`: one that Coatcheck does not give. Else the code that the server
   * answered with.
   */
  readonly code: string;
  /** Of the answer; 0 where there is none. */
  readonly status: number;

  constructor(code: string, status: number, cause?: unknown) {
    super(status === 0 ? "The server could not be reached." : `The server answered ${status} (${code}).`, { cause });
    this.code = code;
    this.status = status;
  }
}
