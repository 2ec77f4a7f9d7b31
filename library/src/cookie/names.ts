/** The names and attributes of our cookies. */
import { CoatcheckError } from "../core/errors.ts";
import { isPrivateHost } from "../net/private-host.ts";
import type { CookieSpec } from "./serialize.ts";
import { defineCookie } from "./serialize.ts";

/** Where plain http may be used: on this machine alone, or on a private network too, whose users can all listen. */
export type PlainHttp = "loopback" | "private-network";

/** How the cookies are configured. */
export interface CookieOptions {
  /** The public origins that browsers use, all https, or all http on a loopback address. */
  readonly origins: readonly string[];
  /** Where http may be used besides. Default `loopback`: nowhere. */
  readonly plainHttp?: PlainHttp;
  /** Shares the session over the sub-domains of this domain: `__Secure-` instead of `__Host-Http-`. Off by default. */
  readonly domain?: string;
  /** Of the session's cookie. Default `Lax`. */
  readonly sameSite?: "Lax" | "Strict";
  /**
   * The name without prefix. Default `coatcheck`; on http `coatcheck-<port>`: browsers share cookies between the ports
   * of a host, and two apps on localhost would sign each other out.
   */
  readonly name?: string;
}

/** All cookies that Coatcheck sets, and how to tell them from others. */
export interface Cookies {
  /** Holds the ticket. */
  readonly session: CookieSpec;
  /** What the names of the cookies of logins in progress begin with; for `readCookiesByPrefix`. */
  readonly loginPrefix: string;
  /**
   * The cookie of the login with this state.
   * @throws {TypeError} if `state` has fewer than 11 characters, or others than base64url's
   */
  login(state: string): CookieSpec;
  /**
   * The same for a provider that answers by form_post: a request from its site, so `SameSite=None`, on https only.
   * @throws {CoatcheckError} `ERR_CONFIG` on http
   */
  formPostLogin(state: string): CookieSpec;
  /**
   * The definition for clearing a login's cookie that a browser sent under this name, or `undefined` if it is not one.
   */
  loginNamed(name: string): CookieSpec | undefined;
  /** The name of the provider that this browser's user signed in with, for the page to choose from. */
  readonly provider: CookieSpec;
  /** Whether a name is one of ours, with any of the prefixes that browsers know; a prefix counts in any case. */
  isOurs(name: string): boolean;
}

/** A login in progress may take ten minutes. */
export const LOGIN_MAX_AGE_SECONDS = 600;

const DEFAULT_NAME = "coatcheck";
const STATE_CHARACTERS = 11;
const STATE_START = /^[A-Za-z0-9_-]{11}/;
const BROWSER_PREFIX = /^__(?:host-http|host|secure|http)-/i;

/**
 * Names and attributes of our cookies for the configured origins: `__Host-Http-coatcheck` on https, `coatcheck-<port>`
 * on http, which is for loopback addresses only.
 *
 * @throws {CoatcheckError} `ERR_CONFIG` for http elsewhere, origins of both kinds, and a domain that is not one of the
 * origins'
 * @throws {TypeError} for a name that is not a token or brings a prefix of its own, and for another `sameSite`
 */
export function createCookies(options: CookieOptions): Cookies {
  const base = options.name ?? defaultName(options.origins);
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(base)) throw new TypeError("The cookie's name may have letters, digits, - and _.");
  const { sameSite = "Lax" } = options;
  // JavaScript callers may pass anything; None would send the session along with every other site's requests.
  if (sameSite !== "Lax" && sameSite !== "Strict")
    throw new TypeError(`cookie.sameSite is ${String(sameSite)}; it can be Lax or Strict`);
  const secure = schemeOf(options.origins, options.plainHttp ?? "loopback");
  const domain = options.domain === undefined ? undefined : checkedDomain(options.domain, options.origins, secure);
  const common = { path: "/", secure, httpOnly: true };
  const hostOnly = secure ? "__Host-Http-" : "";
  const loginPrefix = `${hostOnly}${base}.login.`;
  const session =
    domain === undefined
      ? defineCookie({ ...common, name: `${hostOnly}${base}`, sameSite })
      : defineCookie({ ...common, name: `__Secure-${base}`, sameSite, domain });
  const loginOf = (state: string, sameSite: "Lax" | "None"): CookieSpec => {
    if (!STATE_START.test(state)) throw new TypeError("A login's state must begin with 11 characters of base64url.");
    return defineCookie({ ...common, name: loginPrefix + state.slice(0, STATE_CHARACTERS), sameSite });
  };

  return {
    session,
    loginPrefix,
    login: (state) => loginOf(state, "Lax"),
    formPostLogin(state) {
      if (!secure) throw configuration("form_post needs https", "Browsers send SameSite=None cookies over https alone.");
      return loginOf(state, "None");
    },
    loginNamed(name) {
      const rest = name.startsWith(loginPrefix) ? name.slice(loginPrefix.length) : "";
      return rest.length === STATE_CHARACTERS && STATE_START.test(rest) ? loginOf(rest, "Lax") : undefined;
    },
    provider: defineCookie({ ...common, name: `${hostOnly}${base}.provider`, sameSite: "Lax" }),
    isOurs: (name) => name === session.name || isOurCookie(name, base),
  };
}

/** Whether `name` is of a cookie of ours, configured with the base name `base`; see {@link Cookies.isOurs}. */
export function isOurCookie(name: string, base: string = DEFAULT_NAME): boolean {
  const bare = name.startsWith("__") ? name.replace(BROWSER_PREFIX, "") : name;
  return bare === base || bare.startsWith(`${base}.`);
}

/** Of several origins on http the first one's port. */
function defaultName([first]: readonly string[]): string {
  const url = first !== undefined && URL.canParse(first) ? new URL(first) : undefined;
  return url === undefined || url.protocol !== "http:" || url.port === "" ? DEFAULT_NAME : `${DEFAULT_NAME}-${url.port}`;
}

/** Whether a host, as `URL.hostname` gives it, is this machine alone. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

/** Whether the origins are https. */
function schemeOf(origins: readonly string[], plainHttp: PlainHttp): boolean {
  // JavaScript callers may pass anything.
  if (plainHttp !== "loopback" && plainHttp !== "private-network")
    throw new TypeError(`plainHttp is ${String(plainHttp)}; it can be loopback or private-network`);
  const urls = origins.map(parseOrigin);
  const insecure = urls.filter((url) => url.protocol === "http:");
  const exposed = insecure.find((url) => !(isLoopbackHost(url.hostname) || mayBePlain(url, plainHttp)));
  if (exposed !== undefined) {
    throw configuration(
      `publicUrl ${exposed.origin} is http`,
      `Anyone on the network could take over sessions. Use https; http is for loopback addresses such as http://localhost:4180.${isPrivateHost(exposed.hostname) ? ' If everyone on this private network is trusted:  plainHttp: "private-network"' : ""}`,
    );
  }
  if (urls.length === 0)
    throw configuration("publicUrl is missing", "Name the origin that browsers use: https://app.example.com.");
  if (insecure.length > 0 && insecure.length < urls.length) {
    throw configuration(
      "publicUrl has both https and http origins",
      "Cookies of one kind are lost on the other. Use one of them.",
    );
  }
  return insecure.length === 0;
}

const mayBePlain = ({ hostname }: URL, plainHttp: PlainHttp): boolean =>
  plainHttp === "private-network" && isPrivateHost(hostname);

/** What is said at each start of an app whose cookies others on the network can read; `undefined` if none can. */
export function plainHttpWarning(origins: readonly string[]): string | undefined {
  const plain = origins.find((origin) => origin.startsWith("http:") && !isLoopbackHost(new URL(origin).hostname));
  if (plain === undefined) return undefined;
  return `${plain} is plain http: whoever is on this network can read the cookies and take sessions over. docs/guides/https-at-home.md shows TLS in ten lines.`;
}

function parseOrigin(origin: string): URL {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw configuration("publicUrl is not an origin", "It looks like https://app.example.com.");
  }
  return url;
}

function checkedDomain(given: string, origins: readonly string[], secure: boolean): string {
  const domain = given.toLowerCase();
  if (!secure) throw configuration("session.domain needs https", "A loopback address has no sub-domains to share with.");
  const within = (hostname: string): boolean => hostname === domain || hostname.endsWith(`.${domain}`);
  const covers = origins.every((origin) => within(parseOrigin(origin).hostname));
  if (!covers || !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(domain)) {
    throw configuration(
      `session.domain ${JSON.stringify(given)} does not fit publicUrl`,
      "It must be the domain that all origins have in common, without a leading dot: example.com.",
    );
  }
  return domain;
}

function configuration(title: string, detail: string): CoatcheckError {
  return new CoatcheckError("ERR_CONFIG", { message: `${title}\n  ${detail}` });
}
