/**
 * Lingering close (RFC 9112 section 9.6): closing over unread bytes sends a reset, which discards the part of our
 * answers that is still on its way. So our half is closed first, and what still comes is thrown away until the client
 * closes too, or for so long.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { takeFromParser } from "./node-internals.ts";

/** How long a client that was told no may go on sending, in milliseconds. */
const LINGER_MS = 2_000;

/** Ends a socket that is no longer read; its end would never be noticed, and the connection stay open for ever. */
export function hangUp(socket: Duplex): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}

/** Requests whose answer may leave before their body is there. */
export class AnsweredBodies {
  /** The last of each connection. */
  readonly #last = new WeakMap<Socket, ServerResponse>();

  /**
   * If the answer is the connection's last and leaves before the body is there, Node's close becomes a lingering one.
   */
  watch({ socket }: IncomingMessage, response: ServerResponse): void {
    const isNew = !this.#last.has(socket);
    this.#last.set(socket, response);
    if (!isNew) return;
    const destroySoon = socket.destroySoon.bind(socket);
    // What Node calls once the last answer is written.
    socket.destroySoon = () => {
      if (this.#isMissing(socket)) discardRest(socket);
      else destroySoon();
    };
  }

  /** Whether what comes now belongs to a request that has had its answer: its faults are not reported. */
  isAnswered(socket: Socket): boolean {
    return this.#isMissing(socket) && this.#last.get(socket)?.writableFinished === true;
  }

  #isMissing(socket: Socket): boolean {
    return this.#last.get(socket)?.req.complete === false;
  }
}

/** Nothing that comes now is a request: Node's parser hears of it no more. */
export function discardRest(socket: Socket): void {
  takeFromParser(socket, () => {});
  hangUp(socket);
}
