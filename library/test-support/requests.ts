/** Requests of a browser, and what a page asks of them. */
import type { RequestView } from "../src/contracts.ts";

/** What a page needs that is for users alone. */
export const REQUIRE_USER = { require: "user" } as const;

/** The headers with which a browser goes to another page. */
export const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" };

/** A GET of `/` as the engine sees it, with these headers, if `more` says nothing else. */
export function requestWith(
  headers: Readonly<Record<string, string | undefined>> = {},
  more: Partial<RequestView> = {},
): RequestView {
  return { method: "GET", target: "/", header: (name) => headers[name], ...more };
}

/** The same of a browser with this cookie; an empty one is none. */
export const view = (cookie: string, more: Partial<RequestView> = {}): RequestView =>
  requestWith(cookie === "" ? {} : { cookie }, more);
