/** Closes connections whose client reads nothing. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { stopwatch } from "../observe/observer.ts";

/** How often connections are looked at, at most, in milliseconds. */
const OFTEN = 5_000;

interface Watched {
  /** How much the client had taken when it was last looked at. */
  taken: number;
  since: number;
}

/**
 * Closes connections whose client takes nothing of what waits for it for as long as `limit`: an answer, or what comes
 * through a WebSocket. Each would hold a connection to an upstream without end. A silent stream does not count:
 * nothing waits there.
 *
 * All are looked at now and then, as in {@link IdleConnections}; none is closed too early.
 */
export class StandingReaders {
  readonly #limit: number;
  readonly #onClosed: () => void;
  readonly #watched = new Map<Socket, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** `limit` in milliseconds. */
  constructor(server: Server, limit: number, onClosed: () => void) {
    this.#limit = limit;
    this.#onClosed = onClosed;
    server.on("connection", (socket: Socket) => this.#watch(socket));
  }

  /** Looks at all of them. */
  sweep(now: number): void {
    for (const [socket, watched] of this.#watched) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || taken !== watched.taken) {
        watched.taken = taken;
        watched.since = now;
      } else if (now - watched.since >= this.#limit) {
        this.#onClosed();
        socket.destroy();
      }
    }
  }

  #watch(socket: Socket): void {
    this.#watched.set(socket, { taken: 0, since: stopwatch() });
    socket.once("close", () => this.#forget(socket));
    this.#timer ??= setInterval(() => this.sweep(stopwatch()), Math.min(OFTEN, Math.ceil(this.#limit / 8))).unref();
  }

  #forget(socket: Socket): void {
    this.#watched.delete(socket);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
