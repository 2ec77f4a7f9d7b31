/** Answers that show a user are not cached, unless the app says otherwise (S-49). */
import type { PushedResponse } from "../../contracts.ts";

/** For responses that are pushed: set as soon as a user is read, so that the handler can still override it. */
export function keepFromCaches(answer: PushedResponse): void {
  if (!answer.headersSent && !answer.hasHeader("cache-control")) answer.setHeader("cache-control", "no-store");
}

/** For answers that are values: set when the handler has returned one. */
export function uncached(response: Response): Response {
  if (response.headers.has("cache-control")) return response;
  try {
    response.headers.set("cache-control", "no-store");
    return response;
  } catch {
    // Immutable, as the headers of a fetched response are.
    const copy = new Response(response.body, response);
    copy.headers.set("cache-control", "no-store");
    return copy;
  }
}
