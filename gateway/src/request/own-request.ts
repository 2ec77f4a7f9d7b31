/** A request to one of the gateway's own endpoints, with its body. */
import type { IncomingMessage } from "node:http";
import type { OwnRequest } from "../session/interface.ts";
import { ClientRequest } from "./client-request.ts";
import type { IncomingRequest } from "./intake.ts";
import { readBody } from "./read-body.ts";

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
