import type { Exchange } from "./exchange.ts";

/** Writes `seen`, and nothing else, where the session still lives. Nobody waits for it, and nobody is refused when it fails. */
export function touch<Data>({ options, now }: Exchange<Data>, id: string): void {
  const failed = (error: unknown): void => options.report({ name: "touch.failed", level: "warn", sessionId: id, error });
  try {
    // mutant: touch-writes-rows
    const touched = options.store.touch(id, now);
    if (touched instanceof Promise) options.background.waitUntil(touched.catch(failed));
  } catch (error) {
    failed(error);
  }
}
