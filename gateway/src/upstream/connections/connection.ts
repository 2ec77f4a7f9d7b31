/** A socket to an upstream that reads into shared buffers. */
import { Socket } from "node:net";
import type { buildConnector } from "undici";
import { errors } from "undici";
import { bufferToFill, isHandedOn, takeInHand, taken } from "./read-buffers.ts";

const KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * A connection to an upstream whose bytes go straight to undici, which asks for them one by one: `readable`, then
 * `read()` until nothing is left, and whose buffers are read into again: a large body costs less than half of what
 * ordinary sockets take for it (docs/decisions/2026-11-21-connections-to-upstreams.md). Kept is what matters of a
 * stream: the order, that nothing is read ahead of a reader who waits, and that the end comes last.
 *
 * It is nothing to pipe from. A connection that becomes a stream, a WebSocket's, is an ordinary socket.
 */
export class UpstreamConnection extends Socket {
  /** What came and was not taken yet, oldest first. */
  readonly #arrived: Buffer[] = [];
  /** What the next read goes into. */
  #next: Buffer = bufferToFill();
  #ended = false;
  #stopped = false;

  constructor() {
    // Each has its own buffer: not every system waits with filling it until it is its turn.
    super({
      onread: {
        buffer: () => this.#next,
        callback: (length) => this.#arrive(this.#next, length),
      },
    });
  }

  /**
   * Takes the bytes out before the buffer is filled again. Answers whether more may come: not while something waits.
   */
  #arrive(buffer: Buffer, length: number): boolean {
    this.#arrived.push(taken(buffer, length));
    if (isHandedOn(length)) this.#next = bufferToFill();
    this.emit("readable");
    this.#stopped = this.#arrived.length > 0;
    return !this.#stopped;
  }

  override read(size?: number): Buffer | null {
    const next = size === 0 ? undefined : this.#arrived.shift();
    if (next !== undefined) {
      takeInHand(next);
      return next;
    }
    if (this.#arrived.length > 0) return null;
    if (this.#ended) {
      this.#ended = false;
      super.push(null);
      super.read(0);
    } else if (size === 0 || this.#stopped) {
      // How a socket is told to read on.
      this.#stopped = false;
      super.read(0);
    }
    return null;
  }

  override unshift(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#arrived.unshift(Buffer.from(chunk));
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk !== null || this.#arrived.length === 0) return super.push(chunk, encoding);
    this.#ended = true;
    return false;
  }
}

/** How undici connects to an upstream without TLS. Fails with undici's own error after `timeout` milliseconds. */
export function connectWithin(timeout: number): buildConnector.connector {
  return ({ hostname, port }, callback) => {
    const connection = new UpstreamConnection();
    const timer = setTimeout(() => connection.destroy(new errors.ConnectTimeoutError()), timeout);
    let told = false;
    const tell = (...outcome: Parameters<buildConnector.Callback>): void => {
      clearTimeout(timer);
      if (!told) callback(...outcome);
      told = true;
    };
    connection.once("connect", () => tell(null, connection));
    // It stays for as long as the connection does: an error without a listener would end the process.
    connection.on("error", (error) => tell(error, null));
    connection.setKeepAlive(true, KEEP_ALIVE_DELAY_MS).setNoDelay(true);
    connection.connect({ host: hostname, port: port === "" ? 80 : Number(port) });
  };
}
