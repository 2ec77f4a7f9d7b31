/** What somebody signed in is shown is for no cache, unless the app says otherwise (S-49). */
import type { PushedResponse } from "../../contracts.ts";

/**
 * For answers that are pushed: said as soon as somebody is read, so that whatever the handler says afterwards counts.
 */
export function keepFromCaches(answer: PushedResponse): void {
  if (!answer.headersSent && !answer.hasHeader("cache-control")) answer.setHeader("cache-control", "no-store");
}

/** For answers that are values: said when the handler has given one. */
export function uncached(response: Response): Response {
  if (response.headers.has("cache-control")) return response;
  try {
    response.headers.set("cache-control", "no-store");
    return response;
  } catch {
    // Immutable, as those of what was fetched are.
    const copy = new Response(response.body, response);
    copy.headers.set("cache-control", "no-store");
    return copy;
  }
}
