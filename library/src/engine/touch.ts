import type { Exchange } from "./exchange.ts";

/** Writes `seen`, and nothing else, where the session still lives. Nobody waits for it, and nobody is refused when it fails. */
export function touch<Data>(exchange: Exchange<Data>): void {
  const { proven, options } = exchange;
  if (proven === null) return;
  const failed = (error: unknown): void =>
    options.report({ name: "touch.failed", level: "warn", sessionId: proven.row.id, error });
  try {
    const touched = options.store.touch(proven.row.id, exchange.now);
    if (touched instanceof Promise) options.background.waitUntil(touched.catch(failed));
  } catch (error) {
    failed(error);
  }
}
