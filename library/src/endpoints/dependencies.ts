/** The dependencies of the endpoints. */
import type {
  Background,
  Clock,
  Entropy,
  Link,
  MaybePromise,
  Provider,
  Rejection,
  Report,
  SessionDirectory,
  SessionStore,
  SignIn,
  SignInAnswer,
  TokenDirectory,
} from "../contracts.ts";
import type { Cookies } from "../cookie/names.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { Pages } from "../pages/pages.ts";

/** A provider, and how its answer reaches the callback: in the query unless it says otherwise. */
export type LoginProvider = Provider & { readonly responseMode?: "query" | "form_post" };

/** The directives of `Clear-Site-Data` that are of use here. `cookies` takes those of all sub-domains too. */
export type SiteData = "cache" | "storage" | "cookies";

/** A form as its page sends it. */
interface KeptForm {
  readonly action: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** The dependencies of the endpoints of sign-on. */
export interface OidcDependencies {
  /** The first is the default. */
  readonly providers: readonly LoginProvider[];
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly store: Pick<SessionStore, "mark" | "marked">;
  readonly sessions: SessionDirectory;
  readonly tokens: Pick<TokenDirectory, "list" | "revoke">;
  /** How long ago a user may have signed in who ends sessions of theirs, milliseconds. */
  readonly recent: number;
  readonly pages: Pages;
  readonly cookies: Pick<Cookies, "session" | "login" | "formPostLogin" | "loginNamed" | "loginPrefix" | "provider">;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly report: Report;
  readonly background: Background;
  /** The app's say at each login; without it all whom a provider vouches for come in. */
  readonly onSignIn?: (signIn: SignIn) => MaybePromise<SignInAnswer>;
  /** Hears of an identity that a signed-in user linked; without it none can be. */
  readonly onLink?: (link: Link) => MaybePromise<Rejection | undefined>;
  /** Whether a login that names no provider asks which. Default `false`: it goes to the first. */
  readonly loginChooser?: boolean;
  /** A form of this owner that met a step-up; `"sent"` if it is through, `null` if there is none. */
  readonly keptForm: (id: string, owner: string) => Promise<KeptForm | "sent" | null>;
  /** With a leading and no trailing slash. */
  readonly prefix: string;
  /** Origins besides the request's own that `return_to` may name; only if sub-domains share the session. */
  readonly returnOrigins?: readonly string[];
  /**
   * Where a browser lands after logout: a path or a URL. Default `signed-out` below the prefix. Its absolute form is
   * what has to be registered with the provider as `post_logout_redirect_uri`.
   */
  readonly signedOutPage?: string;
  /** Where the proxy that asserts users signs them out; without it they would be signed in again at once. */
  readonly proxySignOutUrl?: string;
  /** Whether the front channel is taken. Default `false`: a caller that knows a `sid` can end its session there. */
  readonly frontchannelLogout?: boolean;
  /**
   * What browsers forget of this origin at a logout, beside the session's cookie. Default cache and storage (HD-04).
   */
  readonly clearSiteData?: readonly SiteData[];
  /** Most bytes of the cookies of logins in progress, if sessions take room beside them. Default 6 KiB. */
  readonly loginRoom?: number;
}

/**
 * The address to register with the provider as `redirect_uri`. From the configured origin, never from a header (AR-06).
 */
export function redirectUri(
  origin: string,
  prefix: string,
  { ownCallback, name }: Pick<Provider, "ownCallback" | "name">,
): string {
  return new URL(ownCallback === true ? `${prefix}/callback/${name}` : `${prefix}/callback`, origin).href;
}
