/** A folder of its own for a test or a run, deleted with all that is in it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends Disposable {
  readonly path: string;
  /** Where a file of this name lies in it, or would lie. */
  file(name: string): string;
  /** Writes a file into it, and answers where it lies. */
  write(name: string, text: string): string;
}

/** Makes one; `name` says whose it is to who finds one that a killed process left. */
export function temporaryFolder(name: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `coatcheck-${name}-`));
  const file = (name: string): string => join(path, name);
  return {
    path,
    file,
    write(name, text) {
      writeFileSync(file(name), text);
      return file(name);
    },
    // A program that was just ended may still write into it.
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
