/**
 * HTTP/2's way round a response that is held: its stream, which answers by itself and without the session's cookies.
 */
import type { ServerResponse } from "node:http";

type Callable = (...args: readonly unknown[]) => unknown;

/** Whatever makes a stream send its head. */
const METHODS = ["respond", "respondWithFD", "respondWithFile", "write", "end"] as const;

/**
 * Asks `lets` before the response's HTTP/2 stream is answered directly; it throws, or lets go what is held. Answers how
 * to take that away, which has to come before anything leaves by the response itself.
 */
export function coverStream(response: ServerResponse, lets: () => void): () => void {
  const stream: unknown = Reflect.get(response, "stream");
  if (typeof stream !== "object" || stream === null || !("respond" in stream)) return () => {};
  const covers = new Map<string, Callable>();
  for (const method of METHODS) {
    const original: unknown = Reflect.get(stream, method);
    if (!isCallable(original)) continue;
    const cover: Callable = (...args) => {
      // Node itself ends a stream that was closed from the other side.
      if (!isClosed(stream)) lets();
      return Reflect.apply(original, stream, args);
    };
    covers.set(method, cover);
    Reflect.set(stream, method, cover);
  }
  return () => {
    for (const [method, cover] of covers) if (Reflect.get(stream, method) === cover) Reflect.deleteProperty(stream, method);
  };
}

function isClosed(stream: object): boolean {
  return ("closed" in stream && stream.closed === true) || ("destroyed" in stream && stream.destroyed === true);
}

function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}
