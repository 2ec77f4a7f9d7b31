/** A request as Node's server makes it, whose headers become a dictionary only if one of them concerns framing. */
import type { IncomingHttpHeaders } from "node:http";
import { IncomingMessage } from "node:http";

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

// Node declares a property and has an accessor, which a class may not override in so many words.
Object.defineProperty(GatewayMessage.prototype, "headers", {
  configurable: true,
  get(this: GatewayMessage): IncomingHttpHeaders {
    this.framed ??= hasOneOf(this.rawHeaders);
    return this.framed ? Reflect.get(IncomingMessage.prototype, "headers", this) : NOTHING;
  },
});

// undici throws away a body of which its upstream wants no more. Of what names this very constructor it lets the
// connection be; any other takes its connection along, and with it the rest of an answer that came early.
Object.defineProperty(GatewayMessage.prototype, "constructor", { configurable: true, writable: true, value: IncomingMessage });
