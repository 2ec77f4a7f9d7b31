/** The touch: records the user's activity after the response; no request waits for it. */
import type { SessionRow } from "../../contracts.ts";
import type { EngineOptions } from "./options.ts";

/** Writes `seen`, and nothing else, if the session still lives. No request is refused if it fails. */
export function touch<Data>(options: EngineOptions<Data>, row: Pick<SessionRow, "id">, seen: number): void {
  const { id } = row;
  const failed = (error: unknown): void => options.report({ name: "touch.failed", level: "warn", sessionId: id, error });
  try {
    // mutant: touch-writes-rows
    const touched = options.store.touch(id, seen);
    if (touched instanceof Promise) options.background.waitUntil(touched.catch(failed));
  } catch (error) {
    failed(error);
  }
}
