import type { Writable } from "node:stream";

/**
 * What connections to upstreams read into. Small reads are copied out, and their buffer is read into again. A large one is handed on as it is, and
 * its buffer comes back when it was written to the client, so that a large body is neither copied nor allocated for.
 *
 * A buffer comes back only where all that was read into it was one piece of one body: whatever else may still look at a part of it, the lines of a
 * head that is not complete, an answer that is kept back, had no part of it.
 */

/** What a connection reads into until it is known to bring much. */
const USUAL = 65_536;
/** What it reads into while it does. */
const LARGE = 262_144;
/** What is less is copied: a piece that waits for its reader holds its whole buffer. */
const HANDED_ON = USUAL;
/** The most buffers that wait to be used again. */
const MOST_SPARE = 64;

const spare: Buffer[] = [];
/** How much was read into each large buffer that is handed on. */
const lent = new WeakMap<ArrayBufferLike, number>();

/** A buffer to read into: a large one for a connection that brings much. */
export function bufferFor(much: boolean): Buffer {
  if (!much) return Buffer.allocUnsafeSlow(USUAL);
  return spare.pop() ?? Buffer.allocUnsafeSlow(LARGE);
}

/** Whether a read was one of many, as far as it can tell. */
export const isMuch = (length: number): boolean => length >= HANDED_ON;

/** Whether a buffer is too large for a connection that brings so little. */
export const isTooLarge = (buffer: Buffer, length: number): boolean => buffer.length === LARGE && length < USUAL / 4;

/** What was read, to be kept for as long as anybody likes. */
export function taken(buffer: Buffer, length: number): Buffer {
  if (!isMuch(length)) return Buffer.from(buffer.subarray(0, length));
  if (buffer.length === LARGE) lent.set(buffer.buffer, length);
  return buffer.subarray(0, length);
}

/** Whether a piece of a body is all that is in its buffer, so that it may be {@link giveBack given back}. */
export function isWholeRead(piece: Buffer): boolean {
  return piece.length >= HANDED_ON && piece.byteOffset === 0 && lent.get(piece.buffer) === piece.length;
}

/** The piece was written, and nobody looks at it any more: its buffer is read into again. */
export function giveBack(piece: Buffer): void {
  if (lent.delete(piece.buffer)) keepSpare(Buffer.from(piece.buffer));
}

/** Writes a piece of a body to its client, and gives its buffer back where it may. Answers whether more may be written. */
export function writePiece(to: Writable, piece: Buffer): boolean {
  if (!isWholeRead(piece)) return to.write(piece);
  // What could not be written is nobody's business any more, but may still be on its way.
  return to.write(piece, (error) => {
    if (error === null || error === undefined) giveBack(piece);
  });
}

/** A large buffer that nobody needs any more. */
export function keepSpare(buffer: Buffer): void {
  if (spare.length < MOST_SPARE) spare.push(buffer);
}
