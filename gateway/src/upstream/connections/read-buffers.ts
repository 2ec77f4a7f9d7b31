/** Read buffers that are used again. */
import type { Writable } from "node:stream";

/**
 * What connections to upstreams read into. Small reads are copied out, and their buffer is read into again. A large
 * one is handed on as it is, and its buffer comes back when it was written to the client, so that a large body is
 * neither copied nor allocated for.
 *
 * A buffer comes back only if no other code may look at a part of it: all that was read into it was one piece of one
 * body, or it ends with a piece of a body whose length was told. Before such a piece lie only heads, which are
 * complete and were read.
 */

/** Holds a body of 64 KiB with its head. Only what is read takes up memory. */
const SIZE = 262_144;
/** What is less is copied: a piece that waits for its reader holds its whole buffer. */
const HANDED_ON = 32_768;
/** The most buffers that wait to be used again. */
const MOST_SPARE = 64;

const spare: Buffer[] = [];
/** The large read that is being parsed now; parsing is synchronous. */
let inHand: Buffer | undefined;

/** A buffer to read into. */
export function bufferToFill(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(SIZE);
}

/** Whether a read is handed on as it is, in the buffer that it went into. */
export const isHandedOn = (length: number): boolean => length >= HANDED_ON;

/** What was read, to be kept for any length of time. */
export function taken(buffer: Buffer, length: number): Buffer {
  const read = buffer.subarray(0, length);
  return isHandedOn(length) ? read : Buffer.from(read);
}

/** Parsing of what was read begins, piece by piece. */
export function takeInHand(read: Buffer): void {
  inHand = read.buffer.byteLength === SIZE ? read : undefined;
}

/**
 * Whether only the body looks at the buffer of a piece of it, so that it may be {@link giveBack given back}; asked
 * once, of a piece that comes just now. `measured`: the length of the body was told, and nothing but heads can lie
 * before the piece.
 */
export function isAlone(piece: Buffer, measured: boolean): boolean {
  if (inHand === undefined || piece.buffer !== inHand.buffer) return false;
  if (piece.byteOffset + piece.length !== inHand.length || !(measured || piece.byteOffset === 0)) return false;
  inHand = undefined;
  return true;
}

/** The piece was written, and is no longer in use: its buffer is read into again. */
export function giveBack(piece: Buffer): void {
  if (spare.length < MOST_SPARE) spare.push(Buffer.from(piece.buffer));
}

/** Writes a piece of a body to its client, and gives its buffer back if it may. Answers whether more may be written. */
export function writePiece(to: Writable, piece: Buffer, measured: boolean): boolean {
  if (!isAlone(piece, measured)) return to.write(piece);
  // What could not be written is of no more use, but may still be on its way.
  return to.write(piece, (error) => {
    if (error === null || error === undefined) giveBack(piece);
  });
}
