/** The response headers that go to the client. */
import { HOP_BY_HOP_ANSWER } from "./header-rule.ts";
import type { IsOwnCookie } from "./own-cookies.ts";
import { setsOwnCookie } from "./own-cookies.ts";

/** The headers of an upstream's answer as undici hands them over: lower-case names, repeated ones as lists. */
export type AnswerHeaders = { readonly [name: string]: string | readonly string[] | undefined };

/** Whose answer it is, and who hears of what is wrong with it. */
export interface Answering {
  readonly isOwnCookie: IsOwnCookie;
  /** Called for each cookie of ours that the upstream tried to set (CK-13). */
  foreignCookie(): void;
}

/**
 * The flat header lines for the client. `cookies` are `Set-Cookie` values of ours; `personal` says that the caller is
 * an authenticated user, so that the answer may be theirs alone.
 */
export function answerHead(
  headers: AnswerHeaders,
  cookies: readonly string[],
  personal: boolean,
  answering: Answering,
  status = 200,
): string[] {
  const flat: string[] = [];
  const nominated = nominatedBy(headers["connection"]);
  // If both framings are present, the chunks are right; passing the length on would let two answers be read from one.
  // 204 has neither (RFC 9110 section 8.6).
  const unsized = status === 204 || headers["transfer-encoding"] !== undefined;
  let cached = false;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || HOP_BY_HOP_ANSWER.has(name) || nominated?.has(name) === true) continue;
    if (unsized && name === "content-length") continue;
    if (name === "set-cookie") {
      for (const one of typeof value === "string" ? [value] : value) {
        if (setsOwnCookie(one, answering.isOwnCookie)) answering.foreignCookie();
        else flat.push(name, one);
      }
      continue;
    }
    if (name === "cache-control" || name === "expires") {
      // What sets a cookie of ours must be in no cache, whatever the upstream thinks (HD-01).
      if (cookies.length > 0) continue;
      cached = true;
    }
    if (typeof value === "string") flat.push(name, value);
    else for (const one of value) flat.push(name, one);
  }
  for (const cookie of cookies) flat.push("set-cookie", cookie);
  if ((personal && !cached) || cookies.length > 0) flat.push("cache-control", "no-store");
  return flat;
}

/** Whether a `Content-Type` says that the answer has no end of its own. */
export function isEventStream(type: string | readonly string[] | undefined): boolean {
  return typeof type === "string" && type.startsWith("text/event-stream");
}

function nominatedBy(connection: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined) return undefined;
  const text = typeof connection === "string" ? connection : connection.join(",");
  if (text === "keep-alive" || text === "close") return undefined;
  // Length and cookies belong to the answer itself; dropping them would change what it says.
  const names = new Set(text.split(",").map((name) => name.trim().toLowerCase()));
  for (const name of ["content-length", "set-cookie", "cache-control", "expires"]) names.delete(name);
  return names;
}
