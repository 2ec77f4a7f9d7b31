/** The body of a request that the gateway itself reads. */
import type { IncomingMessage } from "node:http";
import { CoatcheckError } from "coatcheck/errors";

/**
 * The whole body as text; rejects with `ERR_BODY_TOO_LARGE` past `limit` bytes, with `ERR_BAD_REQUEST` if it breaks
 * off.
 */
export function readBody(message: IncomingMessage, limit: number): Promise<string> {
  // A request without a body has no stream that could tell of its end.
  if (message.readableEnded) return Promise.resolve("");
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limit) {
        message.off("data", onData);
        message.pause();
        reject(new CoatcheckError("ERR_BODY_TOO_LARGE"));
        return;
      }
      chunks.push(chunk);
    };
    message.on("data", onData);
    message.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    message.once("error", () => reject(new CoatcheckError("ERR_BAD_REQUEST")));
    message.once("aborted", () => reject(new CoatcheckError("ERR_BAD_REQUEST")));
  });
}
