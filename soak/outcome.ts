/** How works of a run end, and where the journals of one that failed are kept. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a work failed with. */
export const settled = (work: Promise<unknown>): Promise<Error | null> =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );

/** Waits no longer than until the signal is aborted: a person who presses Ctrl-C wants to go. */
export async function unless<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const cut = Promise.withResolvers<never>();
  const stop = (): void => cut.reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([work, cut.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Writes journals, which hold no token, into a file that stays; answers where it is. */
export function keepJournals(journals: object): string {
  const file = join(mkdtempSync(join(tmpdir(), "coatcheck-soak-journals-")), "journals.json");
  writeFileSync(file, JSON.stringify(journals, null, 1));
  return file;
}
