/** What the engine asks of an OpenID provider. */
import type { ErrorCode } from "./events.ts";
import type { Identity, ProviderTokens } from "./store.ts";
import type { JsonObject, MaybePromise } from "./world.ts";

/** What a login may ask of the provider; nothing else of a request's query reaches it (AR-08). */
export interface LoginParameters {
  readonly prompt?: string;
  readonly login_hint?: string;
  readonly acr_values?: string;
  readonly max_age?: number;
  readonly ui_locales?: string;
  /** Those that the provider's configuration lists besides, by name. */
  readonly further?: { readonly [name: string]: string };
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
 * What an attempt to use a refresh token came to. `doubtful`: the provider refused in words that may be about something
 * other than this grant; the second time they count. `unknown`: it may have been used or not. `answered`: the provider
 * is there, and its answer is of no use.
 */
export type RefreshOutcome =
  | { readonly kind: "refreshed"; readonly tokens: ProviderTokens; readonly claims: JsonObject | null }
  | { readonly kind: "refused"; readonly doubtful?: boolean; readonly cause: unknown }
  | { readonly kind: "unavailable"; readonly answered?: boolean; readonly retryAfter: number | null; readonly cause: unknown }
  | { readonly kind: "unknown"; readonly answered?: boolean; readonly cause: unknown };

/** The API that an access token is for. */
export interface TokenTarget {
  /** What the provider calls it: a resource indicator, an audience, or a client. Default: the scope says it. */
  readonly audience?: string;
  /** Words with spaces between. Default: what the provider gives for the audience. */
  readonly scope?: string;
}

/**
 * What asking for an API's token came to. `granted`: `refreshToken` takes the place of the one that was shown, if the
 * provider gave another. `denied`: it gives none for this API; the session is not concerned. The others as for a
 * refresh.
 */
export type ApiTokenOutcome =
  | { readonly kind: "granted"; readonly accessToken: string; readonly expires: number; readonly refreshToken: string | null }
  | { readonly kind: "denied"; readonly cause: unknown }
  | Extract<RefreshOutcome, { kind: "unavailable" | "unknown" }>;

/** A logout notification that the provider vouches for: of one of its sessions, or of all of a subject. */
export interface LogoutNotification {
  readonly issuer: string;
  readonly subject: string | null;
  readonly sid: string | null;
  /** Unique for the issuer; accepted once. */
  readonly tokenId: string;
  readonly issuedAt: number;
  /** From then on it is refused as too old. */
  readonly expires: number;
}

/** How a provider is treated. */
export interface ProviderAbout {
  /** Which provider it was recognised as; `null` if that is not known yet. */
  readonly preset: string | null;
  /** What is asked for at a login. */
  readonly scope: string;
}

/** The state of a provider, for operators. */
export interface ProviderState extends Partial<ProviderAbout> {
  readonly name: string;
  readonly ready: boolean;
}

/**
 * The interface behind which `openid-client` lives; tests and simulation replace it. Failures are answers, not
 * exceptions.
 */
export interface Provider {
  /** As in `?provider=`; unique. */
  readonly name: string;
  readonly issuer: string;
  /** Whether discovery has succeeded; while `false` the provider retries by itself. */
  ready(): boolean;
  /**
   * Its answers come to `callback/NAME` below the prefix instead of `callback`: for a provider that does not say in its
   * answer who it is (`iss`), so that no other's answer is taken for its own. Default `false`.
   */
  readonly ownCallback?: boolean;
  /** As people know it, for the page to choose from. Default: its name. */
  readonly title?: string;
  /** Domains of e-mail addresses, in lower case: a login with such a `login_hint` goes to this provider. */
  readonly domains?: readonly string[];
  /** Further parameters of `login` that reach its page; none are added to those that every login takes. */
  readonly loginParameters?: readonly string[];
  /** How this provider is treated, for operators. */
  about?(): ProviderAbout;
  /** The URL of the provider's page. */
  authorizationUrl(login: BeginLogin): MaybePromise<{ readonly kind: "redirect"; readonly url: string } | ProviderFailure>;
  /** Redeems the code, at most once, and validates all of the answer. */
  redeem(login: FinishLogin): Promise<({ readonly kind: "login" } & ProviderLogin) | ProviderFailure>;
  refresh(tokens: ProviderTokens, identity: Identity): Promise<RefreshOutcome>;
  /**
   * An access token for one API, by the session's tokens; absent if the provider gives none. It takes no longer than
   * `refreshTimeout`.
   */
  tokenFor?(tokens: ProviderTokens, target: TokenTarget): Promise<ApiTokenOutcome>;
  /**
   * The longest that `refresh` takes, milliseconds, at most 480,000; the lease on a session is longer. Default 15,000.
   */
  readonly refreshTimeout?: number;
  /** How long requests wait for `refresh`, which goes on without them. Default: as long as `refresh.wait` says. */
  readonly requestTimeout?: number;
  /** Validates a logout token of the back channel; absent if the provider sends none. */
  verifyLogout?(token: string): Promise<({ readonly kind: "logout" } & LogoutNotification) | ProviderFailure>;
  /** Best effort, refresh token first; answers whether all were revoked. */
  revoke(tokens: ProviderTokens): Promise<boolean>;
  /**
   * Cancels every call that is waiting for its answer: a refresh that was sent is `unknown` at once. For the end of a
   * process that cannot wait.
   */
  cut?(): void;
  /**
   * The URL that signs the user out at the provider, if it has one. `logoutHint`: names the user, if the ID token is
   * too long for an address.
   */
  logoutUrl(logout: {
    readonly idToken: string | null;
    readonly returnTo: string;
    readonly logoutHint?: string;
  }): string | undefined;
  /** Stops retrying. */
  close(): MaybePromise<void>;
}
