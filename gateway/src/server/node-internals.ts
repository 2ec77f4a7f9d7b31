/** Fields of Node that have no public name. */
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
