/** Fields of Node that have no public name. Nothing else in the library reads or writes one. */
import type { ServerResponse } from "node:http";

/**
 * Makes `headersSent` say that the head has left, or that it has not: middleware and Node itself ask it of a response
 * that is held back. If the field moves, `headersSent` stays `false` until the head has
 * left, and middleware that asks is told so.
 */
export function pretendHeadersSent(response: ServerResponse, sent: boolean): void {
  Reflect.set(response, "_header", sent ? "held" : null);
}
