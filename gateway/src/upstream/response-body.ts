/** Passes the body of an answer on to the client. */
import type { ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import type { Slot } from "./connections/connection-limit.ts";
import { writePiece } from "./connections/read-buffers.ts";

/**
 * The largest body, in bytes, that leaves as text: Node joins it to the head, and both are one write without a list
 * of buffers.
 */
const MOST_AS_TEXT = 8_192;

/** The body of an answer on its way to the client, at the client's pace. */
export class AnswerBody {
  readonly #response: ServerResponse;
  readonly #slot: Slot;
  /** How much is still to come, in bytes; negative if the upstream did not say how long the body is. */
  #left = -1;
  /** A small last piece, which leaves with the head if it is the first as well. */
  #last: Buffer | undefined = undefined;
  /** Who brings the body, once the answer stood still for the first time. */
  #controller: Dispatcher.DispatchController | undefined = undefined;
  /** The answer stands still until the client has taken what waits for it. */
  #draining = false;

  constructor(response: ServerResponse, slot: Slot) {
    this.#response = response;
    this.#slot = slot;
  }

  /** So long it will be. */
  announce(length: number): void {
    this.#left = length;
  }

  /** Writes a piece that was kept back until now. */
  writeKept(chunk: Buffer): void {
    this.#left -= chunk.length;
    this.#response.write(chunk);
  }

  /** Writes a piece that comes just now, and lets the upstream wait if the client does not keep up. */
  write(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // undici goes on with an empty one.
    if (chunk.length === 0) return;
    const measured = this.#left > 0;
    this.#left -= chunk.length;
    if (this.#left === 0 && chunk.length <= MOST_AS_TEXT) {
      this.#last = chunk;
      return;
    }
    // After the last piece nothing is to be held up.
    if (writePiece(this.#response, chunk, measured) || this.#left === 0) return;
    controller.pause();
    if (this.#draining) return;
    this.#draining = true;
    this.#slot.pause();
    if (this.#controller === undefined) this.#response.on("drain", () => this.#goOn());
    this.#controller = controller;
  }

  /** All of it came. */
  end(): void {
    if (this.#last === undefined) this.#response.end();
    else this.#response.end(this.#last.toString("latin1"), "latin1");
  }

  #goOn(): void {
    if (!this.#draining) return;
    this.#draining = false;
    this.#slot.resume();
    this.#controller?.resume();
  }
}
