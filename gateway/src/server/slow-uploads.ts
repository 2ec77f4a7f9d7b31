/** Ends requests whose body comes too slowly. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { stopwatch } from "../observe/observer.ts";
import { send, TOO_SLOW } from "../response/response.ts";

/** How often uploads are looked at, at most, in milliseconds. */
const OFTEN = 5_000;

const ignore = (): void => {};

interface UploadLimits {
  /** How long a client may pause within a body, in milliseconds. */
  readonly bodyIdle: number;
  /** The least that it brings over that time, in bytes a second. */
  readonly bodyRate: number;
}

interface Upload {
  readonly response: ServerResponse;
  /** Of the message, which loses sight of it if an upstream wants no more of the body. */
  readonly socket: Socket;
  /** How much the connection had brought when the time was last counted from. */
  bytes: number;
  since: number;
}

/**
 * Ends uploads that stand still or trickle: each holds a connection to an upstream. Counted is the time that we wait
 * for the client; an upload that waits for the upstream, or for its admission, may take as long as that does.
 */
export class SlowUploads {
  readonly #limits: UploadLimits;
  readonly #onEnded: () => void;
  readonly #uploads = new Map<IncomingMessage, Upload>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: UploadLimits, onEnded: () => void) {
    this.#limits = limits;
    this.#onEnded = onEnded;
  }

  /** From now on the body of this request is watched. */
  watch(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message;
    socket.setTimeout(this.#limits.bodyIdle);
    message.once("end", () => socket.setTimeout(0));
    const upload = { response, socket, bytes: socket.bytesRead, since: stopwatch() };
    message.on("timeout", () => {
      // The rest of a body that was thrown away does not matter.
      if (message.readableFlowing !== false && !message.destroyed) this.#end(message, upload);
    });
    // One that is here as a whole waits for us. Node closes its connection unless the timeout has a listener.
    response.on("timeout", ignore);
    if (this.#limits.bodyRate === 0) return;
    this.#uploads.set(message, upload);
    message.once("close", () => this.#forget(message));
    const often = Math.min(OFTEN, Math.ceil(this.#limits.bodyIdle / 8));
    this.#timer ??= setInterval(() => this.sweep(stopwatch()), often).unref();
  }

  /** Looks at all of them. */
  sweep(now: number): void {
    const { bodyIdle, bodyRate } = this.#limits;
    for (const [message, upload] of this.#uploads) {
      const { bytesRead, destroyed } = upload.socket;
      // Node closes no message whose answer was complete before it was.
      if (destroyed) {
        this.#forget(message);
        continue;
      }
      const waits = message.readableFlowing === true && !message.complete;
      if (waits && now - upload.since < bodyIdle) continue;
      if (waits && bytesRead - upload.bytes < (bodyRate * (now - upload.since)) / 1000) this.#end(message, upload);
      upload.bytes = bytesRead;
      upload.since = now;
    }
  }

  /** What has begun cannot be taken back; before that it can be said. */
  #end(message: IncomingMessage, { response, socket }: Upload): void {
    this.#onEnded();
    if (response.headersSent) socket.destroy();
    else send(response, TOO_SLOW, { https: false, close: true, method: message.method });
    this.#forget(message);
  }

  #forget(message: IncomingMessage): void {
    this.#uploads.delete(message);
    if (this.#uploads.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
