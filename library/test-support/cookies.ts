/** Cookies of the session as a browser sends them back, and what they name. */

/** `name=value` of a line of Set-Cookie, for the Cookie header; empty if there is no line. */
export const nameAndValue = (line: string | undefined): string => (line ?? "").replace(/;.*/, "");

/** `name=value` of the first cookie that a settlement or a response sets; empty if it sets none. */
export const cookieOf = (answer: { readonly cookies: readonly string[] } | Response): string =>
  nameAndValue(answer instanceof Response ? answer.headers.getSetCookie()[0] : answer.cookies[0]);

/** The id of the session that a cookie names: what stands in its ticket before the secret. */
export const idOf = (cookie: string): string => cookie.slice(cookie.indexOf("=") + 1).split(".", 1)[0] ?? "";
