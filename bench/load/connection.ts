/** A keep-alive connection of a load, for one request at a time. */
import type { Socket } from "node:net";
import { connect } from "node:net";

const NOTHING = Buffer.alloc(0);
const END = Buffer.from("\r\n\r\n");
/** The first digit of a status that we want to see, behind `HTTP/1.1 `. */
const TWO = 0x32;

/**
 * Counts the bytes of each answer, and looks into its head alone: the load must be quicker than what it measures, which
 * would wait for it, sleep between two requests, and pay for that.
 */
export class Connection {
  /** When it is open, or cannot be opened. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #head: Buffer = NOTHING;
  #left = 0;
  /**
   * How long the last small answer was: the next one is as long nearly always, and then nothing more is looked for in
   * it.
   */
  #usual = -1;
  #sent = 0;
  #done: ((millis: number) => void) | null = null;

  constructor(port: number, failed: (error: Error) => void) {
    const buffer = Buffer.allocUnsafe(262_144);
    const callback = (size: number): boolean => {
      if (size === this.#usual && this.#left === 0 && this.#head.length === 0 && buffer[9] === TWO) this.#answered();
      else this.#receive(buffer.subarray(0, size), failed);
      return true;
    };
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
    const opened = Promise.withResolvers<void>();
    this.opened = opened.promise;
    this.#socket.once("connect", () => opened.resolve());
    this.#socket.on("error", (error) => {
      failed(error);
      opened.resolve();
    });
    this.#socket.on("close", () => {
      failed(new Error("the server closed a connection"));
      // Its answer is not waited for any longer.
      this.#answered();
    });
  }

  /** Answers how long it took until the last byte of the answer, also where the connection broke before. */
  send(request: Buffer, done: (millis: number) => void): void {
    this.#done = done;
    this.#sent = performance.now();
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #answered(): void {
    const done = this.#done;
    this.#done = null;
    done?.(performance.now() - this.#sent);
  }

  #receive(bytes: Buffer, failed: (error: Error) => void): void {
    this.#usual = -1;
    if (this.#left > 0) this.#left -= bytes.length;
    else {
      this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
      const end = this.#head.indexOf(END);
      if (end < 0) {
        // The buffer that it lies in is read into again.
        this.#head = Buffer.from(this.#head);
        return;
      }
      const head = this.#head.toString("latin1", 0, end + 4);
      if (!head.startsWith("HTTP/1.1 20")) failed(new Error(`an unexpected answer: ${head.slice(0, 500)}`));
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      this.#left = end + 4 + length - this.#head.length;
      if (this.#left === 0 && this.#head === bytes) this.#usual = bytes.length;
      this.#head = NOTHING;
    }
    if (this.#left < 0) failed(new Error("more came than one answer"));
    if (this.#left === 0) this.#answered();
  }
}
