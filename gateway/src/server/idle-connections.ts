/** Closes idle connections with one timer for all. */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { stopwatch } from "../observe/observer.ts";
import { currentResponse, tellKeepAlive } from "./node-internals.ts";

/** How often connections are looked at, at most, in milliseconds. */
const OFTEN = 5_000;

interface Watched {
  /** How much had been read and written when it was last looked at. */
  bytes: number;
  /** Since when it is seen to stand still. */
  since: number;
}

/**
 * Closes connections on which nothing has been asked for as long as `limit`. Node would do so by a timer for each,
 * set and taken away again with every request, which costs as much as reading a cookie; here all are looked at now
 * and then. None is closed too early, some by an eighth of the limit too late, which is the side that clients do not
 * mind.
 */
export class IdleConnections {
  readonly #limit: number;
  readonly #watched = new Map<Socket, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** `limit` in milliseconds; 0: connections stay. */
  constructor(server: Server, limit: number) {
    this.#limit = limit;
    if (limit === 0) return;
    server.on("connection", (socket: Socket) => this.#watch(socket));
    // It is a request no more, and lasts for as long as both sides like.
    server.on("upgrade", (_message, socket: Socket) => this.#watched.delete(socket));
    server.on("connect", (_message, socket: Socket) => this.#watched.delete(socket));
    server.once("close", () => this.#stop());
  }

  /** The `Keep-Alive` hint for clients, which Node writes only if it sets the timer itself. */
  tell(response: ServerResponse): void {
    tellKeepAlive(response, this.#limit);
  }

  /** Looks at all of them. */
  sweep(now: number): void {
    for (const [socket, watched] of this.#watched) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== watched.bytes || currentResponse(socket) !== undefined) {
        watched.bytes = bytes;
        watched.since = now;
      } else if (now - watched.since >= this.#limit) {
        socket.destroy();
      }
    }
    if (this.#watched.size === 0) this.#stop();
  }

  #watch(socket: Socket): void {
    this.#watched.set(socket, { bytes: 0, since: stopwatch() });
    socket.once("close", () => this.#watched.delete(socket));
    this.#timer ??= setInterval(() => this.sweep(stopwatch()), Math.min(OFTEN, Math.ceil(this.#limit / 8))).unref();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
