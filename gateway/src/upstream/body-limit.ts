/** Limits request bodies of unknown length. */
import type { Readable, TransformCallback } from "node:stream";
import { Transform } from "node:stream";
import type { IncomingRequest } from "../request/intake.ts";
import { BodyTooLarge, ClientGone } from "./failures.ts";

const ignore = (): void => {};

/** Lets a body of unknown length through up to a number of bytes, and fails with `BodyTooLarge` past that. */
class BodyLimit extends Transform {
  #left: number;

  constructor(limit: number) {
    super();
    this.#left = limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#left -= chunk.length;
    if (this.#left < 0) done(new BodyTooLarge("the body is larger than limits.body"));
    else done(null, chunk);
  }
}

/**
 * The body of a request as it is forwarded; `null` if there is none. A declared length was checked already. `limit`
 * 0: no limit.
 */
export function limitedBody({ head, message }: IncomingRequest, limit: number): Readable | null {
  if (!head.hasBody) return null;
  message.on("error", ignore);
  if (limit === 0 || head.length !== undefined) return message;
  const limited = new BodyLimit(limit);
  limited.on("error", ignore);
  message.once("aborted", () => limited.destroy(new ClientGone("the client went away within the body")));
  return message.pipe(limited);
}
