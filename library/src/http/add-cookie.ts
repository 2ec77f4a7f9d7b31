/** Cookies that join those of the handler. */
import type { ServerResponse } from "node:http";

/**
 * Adds a cookie to a response. Node's `appendHeader` would add it to the very list that the handler gave `setHeader`:
 * where that is a constant of the app's, the next person would be sent this one's session.
 */
export function addCookie(response: Pick<ServerResponse, "getHeader" | "setHeader">, cookie: string): void {
  const before = [response.getHeader("set-cookie") ?? []].flat().map(String);
  response.setHeader("set-cookie", [...before, cookie]);
}
