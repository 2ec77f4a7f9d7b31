/** A server of the laboratory on this machine, which is stopped and started again at the same port. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";

export class LocalServer {
  readonly #port: number;
  readonly #listener: RequestListener;
  #server: Server | null = null;

  constructor(port: number, listener: RequestListener) {
    this.#port = port;
    this.#listener = listener;
  }

  async open(): Promise<void> {
    const server = createServer(this.#listener);
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
  }

  /** From now on connections are refused. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
