/**
 * What of Node and undici has no public name, each with what happens if it moves. Nothing else in the gateway leans on
 * such, but for the connections to upstreams (docs/decisions/2026-11-21-connections-to-upstreams.md). What it buys:
 * docs/decisions/2026-11-22-what-tricks-buy.md.
 */
import { type IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Hears what comes through a socket. */
type Reader = (chunk: Buffer) => void;

/**
 * The response whose turn it is on a connection: the one that Node writes to the socket now. Node has no public name
 * for it, and telling by listeners would cost every request of every connection. If the field moves, requests no
 * longer wait for their turn; what then cannot be written ends its connection.
 */
export function currentResponse(socket: Socket): ServerResponse | undefined {
  const current: unknown = Reflect.get(socket, "_httpMessage");
  return current instanceof ServerResponse ? current : undefined;
}

/** What Node keeps of a response. */
type Kept = ServerResponse & { _header?: string | null; _keepAliveTimeout?: number };

/**
 * Gives Node a whole head as text, which it writes as it is. Answers `false` if the field has moved; then the head is
 * still to be written.
 */
export function keepHead(response: ServerResponse, head: string): boolean {
  const kept: Kept = response;
  kept._header = head;
  return response.headersSent;
}

/** The idle limit that Node tells the client, in milliseconds; 0, which tells none, if the field has moved. */
export function toldKeepAlive(response: ServerResponse): number {
  const { _keepAliveTimeout: limit = 0 }: Kept = response;
  return limit;
}

/** Has Node tell the client this idle limit, without a timer of its own. If the field moves, none is told. */
export function tellKeepAlive(response: ServerResponse, limit: number): void {
  const kept: Kept = response;
  kept._keepAliveTimeout = limit;
}

/**
 * Has `instead` read a socket, and Node's parser no more: pausing the socket alone would not do, since Node resumes it
 * after every message, and parses whatever came at once. Answers how to hand the parser what it is to see. If Node's
 * parser does not listen to the socket's `data`, it is not held back, and the answer does nothing.
 */
export function takeFromParser(socket: Socket, instead: Reader): Reader {
  const parsers = socket.listeners("data").filter(isReader);
  // First a listener of our own: with it Node takes the parser off the handle.
  socket.on("data", instead);
  for (const parser of parsers) socket.off("data", parser);
  return (chunk) => {
    for (const parser of parsers) Reflect.apply(parser, socket, [chunk]);
  };
}

function isReader(value: unknown): value is Reader {
  return typeof value === "function";
}

/**
 * Answers the dictionary of headers of a class of messages by `read`, which gets how to make Node's own. Node declares
 * a property and has an accessor, which a class may not override in so many words. If it becomes a property that each
 * message is made with, this one is not asked, and all have Node's dictionary.
 */
export function readHeadersBy<Message extends IncomingMessage>(
  prototype: Message,
  read: (message: Message, own: (message: Message) => IncomingHttpHeaders) => IncomingHttpHeaders,
): void {
  Object.defineProperty(prototype, "headers", {
    configurable: true,
    get(this: Message): IncomingHttpHeaders {
      return read(this, nodesHeaders);
    },
  });
}

const nodesHeaders = (message: IncomingMessage): IncomingHttpHeaders =>
  Reflect.get(IncomingMessage.prototype, "headers", message);

/**
 * Has a class of messages pass for Node's own. undici throws away a body of which its upstream wants no more: of what
 * names Node's very constructor it lets the connection be, any other takes its connection along, and with it the rest
 * of an answer that came early. If undici asks otherwise, such an answer is cut off.
 */
export function passForNodes(prototype: IncomingMessage): void {
  Object.defineProperty(prototype, "constructor", { configurable: true, writable: true, value: IncomingMessage });
}
