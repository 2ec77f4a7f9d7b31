import type { TransformCallback } from "node:stream";
import { Transform } from "node:stream";
import { BodyTooLarge } from "./failures.ts";

/** Lets a body of unknown length through up to a number of bytes, and fails with `BodyTooLarge` past that. */
export class BodyLimit extends Transform {
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
