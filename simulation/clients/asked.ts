/** A request and its answer as recorded for the judges: who sent it, what for, and with which credentials. */
import type { Errand } from "../script/script.ts";
import type { Life } from "../world/replica.ts";
import type { Assertion } from "./portal.ts";

/** What a request is for; a login is two of them. */
export type Purpose = Exclude<Errand, "login"> | "login-begins" | "login-returns" | TokenPurpose;

/** What a program of a user's asks for. */
export type TokenPurpose = "token-issue" | "token-refresh" | "token-use" | "token-revoke";

/** One request, as it was asked, and what is known of its handling from outside of the engine. */
export interface Asked {
  readonly actor: string;
  readonly purpose: Purpose;
  readonly life: Life;
  /** The item of the script. */
  readonly item: number;
  /** The session's ticket that came along. */
  readonly ticket: Ticket | null;
  /** The refresh token of ours that a program shows. */
  readonly refreshToken: Ticket | null;
  /** The access token of ours that it shows. */
  readonly accessToken: string | null;
  /** The user whom a trusted proxy asserts. */
  readonly asserts: Assertion | null;
  /** The status that it must get, if the proxy's assertion cannot be used. */
  readonly unusable: number | null;
  readonly begunStep: number;
  readonly begunAt: number;
  /** The wall clock of the replica, as it began. */
  readonly begunWall: number;
  /** What was known of the presented session when this began. */
  readonly before: { readonly valid: boolean; readonly seen: number; readonly keys: ReadonlySet<string> };
  /** The user who signs in. */
  readonly owner: string | null;
  /** The key under which an edit is recorded. */
  readonly edit: string;
  /** Ids of the sessions that it created. */
  readonly created: string[];
  /** When a login first looked for its owner's logout marker. */
  markReadStep: number | null;
  /** What the handler was shown; `undefined` where there was none to show. */
  shown: Shown | undefined;
  /** The answer to it, once there is one. */
  answer: Answer | null;
}

export interface Ticket {
  readonly text: string;
  readonly id: string;
  /** SHA-256 of the secret. */
  readonly hash: string;
}

export interface Shown {
  readonly id: string | null;
  readonly owner: string | null;
  /** Of the identity: its subject, and the claim that the portal makes. */
  readonly subject: string | null;
  readonly since: unknown;
  readonly dataKeys: readonly string[];
}

export interface Answer {
  readonly status: number;
  /** `Set-Cookie` lines. */
  readonly cookies: readonly string[];
  readonly location: string | null;
  /** The access token that the handler got. */
  readonly token: string | null;
  /** Of our own endpoints. */
  readonly body: string;
  /** The handler ran to its end and this is its answer. */
  readonly handled: boolean;
  /** The code of an error of ours, where that is the answer. */
  readonly code: string | null;
}

/**
 * Whether this request may create a session: a user signs in, or something is written. A portal's user has one from a
 * page on.
 */
export function mayCreate({ purpose, asserts, unusable }: Asked): boolean {
  if (unusable !== null) return false;
  if (signsIn(purpose) || isEdit(purpose)) return true;
  return asserts !== null && (purpose === "page" || purpose === "rotate");
}

/** Whether this request may make the browser's cookie another one. */
export function maySetCookie(asked: Asked): boolean {
  return mayCreate(asked) || asked.purpose === "rotate";
}

export function signsIn(purpose: Purpose): boolean {
  return purpose === "login-returns" || purpose === "app-login";
}

/** Whether a request for this writes to the session that it shows. */
export function isWriting(purpose: Purpose): boolean {
  return isEdit(purpose) || purpose === "rotate";
}

export function isEdit(purpose: Purpose): boolean {
  return purpose === "edit" || purpose === "edit-rotates" || purpose === "edit-fails" || purpose === "edit-throws";
}

/** Whether what the handler recorded is kept. */
export function isKept(purpose: Purpose): boolean {
  return purpose !== "edit-fails" && purpose !== "edit-throws";
}

export function isLogout(purpose: Purpose): boolean {
  return purpose === "logout" || purpose === "app-logout" || purpose === "app-logout-fails";
}

/** Whether a person looks at the answer. */
export function isPage(purpose: Purpose): boolean {
  return PAGES.has(purpose);
}

const PAGES: ReadonlySet<Purpose> = new Set<Purpose>([
  "page",
  "page-fails",
  "page-missing",
  "own-cookie",
  "login-begins",
  "login-returns",
]);
