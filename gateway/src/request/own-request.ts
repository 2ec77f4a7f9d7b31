/** A request to one of the gateway's own endpoints, with its body. */
import type { IncomingMessage } from "node:http";
import { CoatcheckError } from "coatcheck/errors";
import type { OwnRequest } from "../session/interface.ts";
import { ClientRequest } from "./client-request.ts";
import type { IncomingRequest } from "./intake.ts";

/** A request to one of the gateway's own endpoints. */
export class GatewayRequest extends ClientRequest implements OwnRequest {
  readonly origin: string;
  readonly path: string;
  readonly client: string;
  readonly #message: IncomingMessage;

  constructor({ message, target, path, origin, peer, client }: IncomingRequest, prefix: string) {
    super(message.method ?? "GET", target, peer, message.rawHeaders);
    this.origin = origin.origin;
    this.client = client;
    this.path = path.slice(prefix.length) || "/";
    this.#message = message;
  }

  body(limit: number): Promise<string> {
    return readBody(this.#message, limit);
  }
}

/**
 * The whole body as text; rejects with `ERR_BODY_TOO_LARGE` past `limit` bytes, with `ERR_BAD_REQUEST` if it breaks
 * off.
 */
function readBody(message: IncomingMessage, limit: number): Promise<string> {
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
