/** The sealed cookie of a login in progress: how it is made, found and cleared. */
import type { Entropy, FlowSecrets, LoginParameters } from "../../contracts.ts";
import { LOGIN_MAX_AGE_SECONDS } from "../../cookie/names.ts";
import { readCookies, readCookiesByPrefix } from "../../cookie/parse.ts";
import type { CookieSpec } from "../../cookie/serialize.ts";
import { clearCookie } from "../../cookie/serialize.ts";
import { equalHash } from "../../crypto/equal.ts";
import { hashSecret } from "../../crypto/ticket.ts";
import type { LoginProvider, OidcDependencies } from "../dependencies.ts";

/** A login in progress, as it is sealed into its cookie. All that the callback believes is from here (CB-04, CB-13). */
export interface Flow extends FlowSecrets {
  readonly format: 1;
  /** The provider's name, and its issuer when the login began. */
  readonly provider: string;
  readonly issuer: string;
  readonly redirectUri: string;
  readonly returnTo: string;
  readonly parameters: LoginParameters;
  readonly createdAt: number;
  /** Where the provider's page is; a form that is posted to the callback comes from there. */
  readonly page: string;
  /** No login but a link: whose, by the key of their sessions. */
  readonly link?: string;
  /** This login replaces one whose answer came twice; it is not replaced once more. */
  readonly again: boolean;
  /** The process that began it, by the name that its store knows; absent if that is not known. */
  readonly host?: string;
}

/** How long a login may take, by the clock of the server that finishes it (CB-14). */
export const FLOW_LIFETIME = LOGIN_MAX_AGE_SECONDS * 1_000;
const MOST_FLOWS = 10;
/** What logins in progress may take of the `Cookie` header, unless there is less room, bytes. */
export const MOST_BYTES = 6_144;
const STATE = /^[A-Za-z0-9_-]{22,128}$/;

/** 192 bits for state and nonce each, 256 for the verifier; each of its own draw (AR-03). */
export function newSecrets(entropy: Entropy): FlowSecrets {
  const text = (length: number) => Buffer.from(entropy.bytes(length)).toString("base64url");
  return { state: text(24), nonce: text(24), verifier: text(32) };
}

/**
 * The definition of a login's cookie; a form posted from the provider's site brings only `SameSite=None` ones along.
 */
export function cookieOf(state: string, provider: LoginProvider, cookies: OidcDependencies["cookies"]): CookieSpec {
  return provider.responseMode === "form_post" ? cookies.formPostLogin(state) : cookies.login(state);
}

export function sealFlow(flow: Flow, name: string, keyring: OidcDependencies["keyring"]): string {
  // Ten of them are to fit into 6 KiB: what is usual is left out.
  const { parameters, again, ...always } = flow;
  const unusual = { parameters: Object.keys(parameters).length === 0 ? undefined : parameters, again: again || undefined };
  return keyring.seal("login", JSON.stringify({ ...always, ...unusual }), name);
}

function openFlow(sealed: string, name: string, keyring: OidcDependencies["keyring"]): Flow | null {
  const opened = keyring.open("login", sealed, name);
  if (opened.kind !== "opened") return null;
  const stored: Omit<Flow, "parameters" | "again"> & Partial<Flow> = JSON.parse(opened.plaintext);
  const flow: Flow = { parameters: {}, again: false, ...stored };
  return flow.format === 1 ? flow : null;
}

/**
 * What the browser's cookies say about a state. `foreign`: there is a cookie, but it does not open or is of another
 * login.
 */
type FoundFlow =
  | { readonly kind: "found"; readonly flow: Flow; readonly name: string }
  | { readonly kind: "foreign"; readonly name: string }
  | { readonly kind: "none" };

/**
 * The login that this browser began with this state (AR-04, CB-01). Costs nothing if no cookie of its name came
 * along (CB-15).
 */
export function findFlow(cookieHeader: string | undefined, state: string | null, deps: OidcDependencies): FoundFlow {
  if (state === null || !STATE.test(state)) return { kind: "none" };
  const { name } = deps.cookies.login(state);
  const values = readCookies(cookieHeader, name);
  const presented = hashSecret(state);
  for (const sealed of values) {
    const flow = openFlow(sealed, name, deps.keyring);
    if (flow !== null && equalHash(hashSecret(flow.state), presented)) return { kind: "found", flow, name };
  }
  return values.length === 0 ? { kind: "none" } : { kind: "foreign", name };
}

/** The key of the one-time marker of a login's answer that was used (CB-02). */
export function flowMarkerKey(state: string): string {
  return `flow:${hashSecret(state)}`;
}

/**
 * `Set-Cookie` lines that clear what has no room beside a new login's cookie: those that do not open or took too long,
 * then the oldest, until ten and 6 KiB are left (AR-05).
 */
export function clearedForRoom(
  cookieHeader: string | undefined,
  added: number,
  now: number,
  deps: OidcDependencies,
): readonly string[] {
  const present = readCookiesByPrefix(cookieHeader, deps.cookies.loginPrefix, 64).map(({ name, value }) => {
    const createdAt = openFlow(value, name, deps.keyring)?.createdAt ?? Number.NEGATIVE_INFINITY;
    return { name, bytes: name.length + value.length, createdAt };
  });
  let room = (deps.loginRoom ?? MOST_BYTES) - added;
  let left = MOST_FLOWS - 1;
  const cleared: string[] = [];
  for (const cookie of present.toSorted((one, other) => other.createdAt - one.createdAt)) {
    room -= cookie.bytes;
    left -= 1;
    if (room >= 0 && left >= 0 && now - cookie.createdAt <= FLOW_LIFETIME) continue;
    const spec = deps.cookies.loginNamed(cookie.name);
    if (spec !== undefined) cleared.push(clearCookie(spec));
  }
  return cleared;
}
