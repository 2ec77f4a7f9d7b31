/** A request as Node's server makes it, whose headers become a dictionary only if one of them concerns framing. */
import type { IncomingHttpHeaders } from "node:http";
import { IncomingMessage } from "node:http";
import { passForNodes, readHeadersBy } from "./node-internals.ts";

const CONTENT_LENGTH = "content-length";
const TRANSFER_ENCODING = "transfer-encoding";
const EXPECT = "expect";
const NOTHING: IncomingHttpHeaders = Object.freeze({});

/**
 * Node's server asks every request for `headers`, to see whether a body comes and an answer is expected before it.
 * Making that dictionary costs as much as authenticating the caller. Most requests have none of those three headers,
 * and all other code here reads the lines as received: so such a request has an empty dictionary, and any other has
 * Node's own.
 */
export class GatewayMessage extends IncomingMessage {
  /** Whether the length of a body, its coding or an expectation is told; `undefined` until it was read. */
  framed: boolean | undefined = undefined;
}

function hasOneOf(lines: readonly string[]): boolean {
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index] ?? "";
    if (isNamed(name, CONTENT_LENGTH) || isNamed(name, TRANSFER_ENCODING) || isNamed(name, EXPECT)) return true;
  }
  return false;
}

const isNamed = (name: string, wanted: string): boolean => name.length === wanted.length && name.toLowerCase() === wanted;

readHeadersBy(GatewayMessage.prototype, (message, own) => {
  message.framed ??= hasOneOf(message.rawHeaders);
  return message.framed ? own(message) : NOTHING;
});
passForNodes(GatewayMessage.prototype);
