/** What `coatcheck()` takes: the types. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type {
  AuditEvent,
  Clock,
  Entropy,
  Link,
  MaybePromise,
  Provider,
  ProxyReader,
  RefreshedSignIn,
  Rejection,
  RequestView,
  SessionStore,
  SignIn,
  SignInAnswer,
  SigningOptions,
  StatelessStore,
  Strategy,
} from "./contracts.ts";
import type { PlainHttp } from "./cookie/names.ts";
import type { SessionOptions } from "./core/policy.ts";
import type { RefreshOptions } from "./core/refresh.ts";
import type { DevProvider } from "./dev/dev-provider.ts";
import type { SiteData } from "./endpoints/dependencies.ts";
import type { SweepOptions } from "./engine/lifecycle/sweep/options.ts";
import type { ResolverOptions } from "./engine/request/authenticate/resolver.ts";
import type { KeptAddress } from "./net/kept-address.ts";
import type { BearerOptions } from "./oidc/bearer/verifiers.ts";
import type { OAuth2Config } from "./oidc/oauth2/config.ts";
import type { ProviderConfig } from "./oidc/provider/config.ts";
import type { AssertionOptions } from "./oidc/proxy-assertion/verify.ts";
import type { PagesOptions } from "./pages/options.ts";
import type { ProxyOptions as ProxyHeaderOptions } from "./strategies/proxy.ts";
import type { TokenOptions } from "./tokens/options.ts";

/**
 * What is kept about the client with a new session. It is deleted with the session.
 *
 * @example
 * ```ts
 * // "Your devices" shows the browser and the network of each session.
 * const auth = coatcheck({ keep: { userAgent: true, address: "truncated" }, … });
 * ```
 */
export interface KeepOptions {
  /** The browser's `User-Agent`, at most 512 characters. Default `false`. */
  readonly userAgent?: boolean;
  /**
   * The client's address. `"truncated"`: its network (`/24` of IPv4, `/48` of IPv6), `"full"`: all of it; both can be
   * read in lists. `"hash"` or `true`: a keyed hash, which is in no list. Default `false`.
   */
  readonly address?: boolean | KeptAddress;
  /**
   * Whose address that is. Default: the client's if the adapter knows it, else the peer's, which behind a proxy is
   * the proxy: `coatcheck/client-address` finds the client past proxies that you trust.
   */
  readonly addressOf?: (request: RequestView) => string | undefined;
}

/**
 * What `coatcheck()` takes.
 *
 * @example
 * ```ts
 * import type { CoatcheckOptions, JsonObject } from "coatcheck";
 * const options: CoatcheckOptions<JsonObject> = {
 *   publicUrl: ["https://app.example.com", "https://admin.example.com"],
 *   secrets: process.env["COATCHECK_SECRET"],
 *   store: sqlite("/var/lib/app/sessions.db"),
 *   session: { idle: "30m" },
 * };
 * ```
 */
export interface CoatcheckOptions<Data> {
  /**
   * The origin that browsers use, or several; cookies, redirect URIs and the CSRF origin come from it, never from a
   * request.
   */
  readonly publicUrl: string | readonly string[];
  /**
   * 32 random bytes or more as base64url; several, in a list or with commas between: the first seals, all open. One
   * that is not the first may open until a date: `"SECRET until 2027-03-01T00:00:00Z"`. Where all of `publicUrl` are
   * loopback addresses and the store is `memory()` or `sqlite()`, `undefined` has a development secret made, with a
   * warning; anywhere else it throws `ERR_SECRET`.
   */
  readonly secrets: string | readonly string[] | undefined;
  /** The keys that sign assertions for upstreams. Default: Ed25519 keys that are derived from the secrets. */
  readonly signing?: SigningOptions;
  /** Where sessions are kept: a store, or their own cookies (`sealedCookie()`). */
  readonly store: SessionStore | StatelessStore;
  /**
   * How long a call of the store may take, milliseconds; silence beyond it is an outage (503). Default 5,000. Stores
   * that answer at once need none.
   */
  readonly storeTimeout?: number;
  /**
   * The provider, or several with names: of OpenID Connect, without it (`oauth2({ … })`), or `devProvider()` of
   * `coatcheck/dev` while the app is written. Without one the app signs people in itself with `session.login`.
   */
  readonly provider?: ProviderConfig | OAuth2Config | DevProvider | Provider;
  readonly providers?: readonly (ProviderConfig | OAuth2Config | DevProvider | Provider)[];
  /**
   * With several providers: a login that names none, and whose `login_hint` decides for none, shows a page to choose
   * from, with the one of last time first. Default `false`: it goes to the first provider.
   */
  readonly loginChooser?: boolean;
  /** Bearer tokens of providers, and of your own making. Asked first; a token that is presented decides. */
  readonly bearer?: BearerOptions;
  /** Tokens of our own, which `auth.tokens` issues. Default: none can be issued, and none is accepted. */
  readonly tokens?: TokenOptions;
  /**
   * The app's say at each login through a provider, before there is a session: who this is in the app, or that they may
   * not come in. `null`: unknown, and not let in. What it throws by `unavailable(cause)`, and five seconds of silence,
   * are an outage (503); any other error is its bug (500). Nothing is stored then. Default: all come in whom a provider
   * vouches for.
   *
   * @example
   * ```ts
   * import { unavailable } from "coatcheck/errors";
   * const auth = coatcheck({
   *   async onSignIn({ identity }) {
   *     const user = await users.find(identity.subject).catch(unavailable);
   *     if (user === undefined) return null;
   *     if (user.blocked) return { blocked: true, reason: "Your account is suspended. Write to help@example.com." };
   *     return { owner: user.id, claims: { roles: ["member"] } };
   *   },
   *   …
   * });
   * ```
   */
  readonly onSignIn?: (signIn: SignIn) => MaybePromise<SignInAnswer>;
  /**
   * The same at each refresh of a provider's tokens, before the session counts as refreshed: once over all replicas.
   * The answer is in the words of `onSignIn`: `claims` take the place of the app's own of before, if given; `blocked`
   * and `null` end the session (`admin`), another `owner` too (`identity-changed`); `data` is for a login alone. If it
   * throws or is silent for five seconds, requests that wait for the refresh get 503 or 500 as at a login, the
   * provider's tokens are kept, and it is asked again. Default: all who signed in may go on.
   *
   * @example
   * ```ts
   * import { unavailable } from "coatcheck/errors";
   * const auth = coatcheck({
   *   async onRefresh({ identity }) {
   *     const user = await users.find(identity.subject).catch(unavailable);
   *     if (user === undefined || user.blocked) return { blocked: true };
   *     return { claims: { roles: ["member"] } };
   *   },
   *   …
   * });
   * ```
   */
  readonly onRefresh?: (refreshed: RefreshedSignIn) => MaybePromise<SignInAnswer>;
  /**
   * Hears of another identity of a signed-in user, whom the app sent to `POST link`: keep it with the user, so that
   * `onSignIn` answers with the same `owner` next time. The session stays as it is, and the tokens are yours. An answer
   * `{ blocked: true, reason }` refuses. Without it there is no such endpoint.
   *
   * @example
   * ```ts
   * const identities = new Map<string, string>(); // a table of yours, unique by issuer and subject
   * const auth = coatcheck({
   *   onSignIn({ identity: { issuer, subject } }) {
   *     const key = `${issuer} ${subject}`;
   *     return { owner: identities.get(key) ?? key };
   *   },
   *   onLink({ owner, identity: { issuer, subject } }) {
   *     const theirs = identities.get(`${issuer} ${subject}`);
   *     if (theirs !== undefined && theirs !== owner) return { blocked: true, reason: "It is another user's." };
   *     identities.set(`${issuer} ${subject}`, owner);
   *     return undefined;
   *   },
   *   …
   * });
   * ```
   */
  readonly onLink?: (link: Link) => MaybePromise<Rejection | undefined>;
  /** Ways of your own to find out who asks, in order; all are asked before the session's cookie. */
  readonly strategies?: readonly Strategy[];
  /** A proxy in front that signs people on: who asks is whom it asserts, and never the user of an older session. */
  readonly proxy?: ProxyOptions | ProxyReaderOptions;
  /**
   * Any Standard Schema: types `session.data`, checks what is written, completes what is read. Must answer
   * synchronously.
   */
  readonly data?: StandardSchemaV1<unknown, Data>;
  /**
   * How long sessions last. Default: NIST AAL2, an hour idle and a day in all. Milliseconds, or texts such as `15m`,
   * `1h`, `30d`.
   */
  readonly session?: SessionOptions;
  /**
   * When the provider's tokens are refreshed. Default: whenever they have run out, so that a session ends when its
   * provider ends it.
   */
  readonly refresh?: RefreshOptions;
  /** When dead rows are deleted, and in which batches. Default: once an hour, at most 1,000 rows at once. */
  readonly sweep?: SweepOptions;
  /**
   * Where `publicUrl` may be plain http. Default `"loopback"`: on this machine alone. `"private-network"`: on private
   * addresses too, and names below `local`, `home.arpa`, `internal` or `lan`. Whoever is on that network can read the
   * cookies and take sessions over; each start says so (`address.insecure`).
   */
  readonly plainHttp?: PlainHttp;
  readonly cookie?: { readonly name?: string; readonly domain?: string; readonly sameSite?: "Lax" | "Strict" };
  /** Where our own endpoints live. Default `/auth`. */
  readonly prefix?: string;
  /** Other origins whose pages may send unsafe requests. */
  readonly trustedOrigins?: readonly string[];
  /**
   * Where a logout ends, also after the provider's page: a path or a URL, open to everybody. Default: a page of ours,
   * `signed-out` below the prefix.
   */
  readonly signedOutPage?: string;
  /**
   * Takes front-channel logout (`GET frontchannel-logout` in a frame of the provider's). Default `false`: the back
   * channel is the better one, and here knowing a `sid` is enough to end its session.
   */
  readonly frontchannelLogout?: boolean | FrontchannelOptions;
  /**
   * Most logouts and other endings of this process that wait for a store which does not take them; they are tried again
   * until they are done. Past it 503 `ERR_LOGOUT_UNFINISHED`. Default 10,000.
   */
  readonly maxPendingEndings?: number;
  /** What browsers are asked to forget of this origin at a logout. Default `["cache", "storage"]`; `[]`: nothing. */
  readonly clearSiteData?: readonly SiteData[];
  /** How our pages look, and which languages they speak. Default: plain ones, in six languages. */
  readonly pages?: PagesOptions;
  /** What is kept about the client with a new session, for lists of sessions; nothing by default (OP-03). */
  readonly keep?: KeepOptions;
  /**
   * Hears every event; for logs and metrics. Never gets a ticket, token, code, state or secret. Default: warnings and
   * errors go to standard error; `() => {}` keeps them to itself.
   */
  readonly on?: (event: AuditEvent) => void;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
}

/** Bounds of the front channel. */
export interface FrontchannelOptions {
  /**
   * Most markers within an hour, in each process, for sessions that are not here: a login on its way is told by them
   * that it was overtaken. Past it 503 `ERR_TOO_MANY_MARKERS`; sessions that exist end all the same. Default 10,000.
   */
  readonly maxMarkers?: number;
}

/** What the app makes of the user whom a proxy asserts, and where its users sign out. */
export interface ProxyUsers extends ResolverOptions {
  /** Where a logout of the proxy's user goes on to; without it they would be signed in again at once. */
  readonly signOutUrl?: string;
}

/**
 * A proxy that signs people on: how it says who asks, and what the app makes of them.
 *
 * @example
 * ```ts
 * import type { ProxyOptions } from "coatcheck";
 * const signOutUrl = "https://auth.example.com/logout";
 * const proxy: ProxyOptions = { trusted: ["10.0.3.7"], preset: "authelia", signOutUrl };
 * const auth = coatcheck({ proxy, … });
 * ```
 */
export interface ProxyOptions extends ProxyHeaderOptions, ProxyUsers {
  /** What the proxy signs, if it does; its plain headers are then not read. */
  readonly assertion?: AssertionOptions;
}

/**
 * The same with a reader of your own.
 *
 * @example
 * ```ts
 * import type { ProxyReader, ProxyReaderOptions } from "coatcheck";
 * const behindPortal = (reader: ProxyReader): ProxyReaderOptions => ({
 *   reader,
 *   signOutUrl: "https://portal.example.com/logout",
 * });
 * ```
 */
export interface ProxyReaderOptions extends ProxyUsers {
  readonly reader: ProxyReader;
}
