/**
 * Fields of Node that have no public name, each with what happens if it moves. Nothing else in the gateway reads or
 * writes one.
 */
import { ServerResponse } from "node:http";
import type { Socket } from "node:net";

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
