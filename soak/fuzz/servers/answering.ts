/**
 * How the app behind the gateway may answer: a manner has a name, a way to play and the outcome that clients may
 * see.
 */
import type { Socket } from "node:net";

/** A request as the app behind the gateway sees it, and how it answers. */
export interface Asked {
  readonly id: string;
  readonly method: string;
  /** The user, as the gateway says. */
  readonly user: string;
  /** What the request asks to be told in a cookie; of ours. */
  readonly cookie: string;
  readonly socket: Socket;
}

/** What a client may see of a way to answer. */
export interface Outcome {
  /** The status of the app. */
  readonly app: number;
  /** Whether the answer of the app is seen to its end. */
  readonly complete: "must" | "may" | "never";
  /** What the gateway may say instead. */
  readonly own: readonly number[];
}

/** One way to answer, by its name in the path. */
export interface Manner {
  readonly name: string;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  readonly outcome: Outcome;
  /** It answers before the body of the request is there. */
  readonly early?: boolean;
  readonly play: (asked: Asked) => void;
}

/** Bytes that are of one request alone, wherever one looks. */
export const bodyOf = (id: string, length: number): Buffer => Buffer.alloc(length, `${id};`);

export const FINE: Outcome = { app: 200, complete: "must", own: [] };

type Lines = Readonly<Record<string, string | readonly string[]>>;

/** A head in the words of the app, with the id of its request. */
export function headOf({ id, user }: Asked, status: number | string, lines: Lines = {}, version = "1.1"): string {
  let text = `HTTP/${version} ${status}\r\nx-fuzz-id: ${id}\r\nx-fuzz-user: ${user}\r\n`;
  for (const [name, value] of Object.entries(lines))
    for (const one of typeof value === "string" ? [value] : value) text += `${name}: ${one}\r\n`;
  return `${text}\r\n`;
}

/** A whole answer with a length. */
export function whole(asked: Asked, status: number | string, length: number, lines: Lines = {}, version = "1.1"): Buffer {
  const head = Buffer.from(headOf(asked, status, { ...lines, "content-length": String(length) }, version), "latin1");
  return asked.method === "HEAD" ? head : Buffer.concat([head, bodyOf(asked.id, length)]);
}

/** A whole answer in chunks of these lengths. */
export function chunked(
  asked: Asked,
  sizes: readonly number[],
  { lines = {}, trailers = "" }: { lines?: Lines; trailers?: string } = {},
): Buffer {
  const head = headOf(asked, "200 OK", { ...lines, "transfer-encoding": "chunked" });
  if (asked.method === "HEAD") return Buffer.from(head, "latin1");
  const body = bodyOf(
    asked.id,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const parts: Buffer[] = [Buffer.from(head, "latin1")];
  let at = 0;
  for (const size of sizes) {
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from("\r\n"));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`)]);
}

/** Writes later, unless the connection is gone by then. */
export function later({ socket }: Asked, milliseconds: number, work: () => void): void {
  setTimeout(() => {
    if (!socket.destroyed) work();
  }, milliseconds);
}

/** Writes one piece after another. */
export function drip(
  asked: Asked,
  pieces: readonly (string | Buffer)[],
  milliseconds: number,
  then: () => void = () => {},
): void {
  const [first, ...rest] = pieces;
  if (first === undefined) {
    then();
    return;
  }
  asked.socket.write(first);
  later(asked, milliseconds, () => drip(asked, rest, milliseconds, then));
}
