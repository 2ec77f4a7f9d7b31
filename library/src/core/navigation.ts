/** What kind of request this is: safe, a prefetch, a navigation of a person. */
import type { RequestView } from "../contracts.ts";

/** GET, HEAD and OPTIONS change nothing; TRACE is not among them. */
export const isSafe = (method: string): boolean => method === "GET" || method === "HEAD" || method === "OPTIONS";

/** A browser that fetches ahead of the user: it must neither start a login nor count as a visit (AR-10). */
export function isPrefetch(request: RequestView): boolean {
  const purpose = request.header("sec-purpose") ?? request.header("purpose") ?? request.header("x-moz") ?? "";
  return /\bpre(fetch|render|view)\b/i.test(purpose);
}

/**
 * Whether a browser is going to show the answer as a page: `Sec-Fetch-Mode: navigate` and `Dest: document`; without
 * those headers, a request that accepts `text/html`; a prefetch never.
 */
export function isNavigation(request: RequestView): boolean {
  if (isPrefetch(request)) return false;
  const mode = request.header("sec-fetch-mode");
  const destination = request.header("sec-fetch-dest");
  if (mode !== undefined || destination !== undefined) return mode === "navigate" && destination === "document";
  return (request.header("accept") ?? "").includes("text/html");
}
