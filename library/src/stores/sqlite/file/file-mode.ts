/** Checks the file's mode. Only its owner may open it: reading it shows identities, and writing it makes sessions. */
import { statSync } from "node:fs";

const OTHERS = 0o077;

/**
 * A warning with its remedy if users other than the owner may open the file; `null` if not, or if modes mean nothing.
 */
export function exposedMode(path: string): string | null {
  if (process.platform === "win32") return null;
  const mode = statSync(path).mode & 0o777;
  if ((mode & OTHERS) === 0) return null;
  const said = mode.toString(8).padStart(4, "0");
  return `The session store ${path} has mode ${said}: others than its owner may open it. Run chmod 600 on it, and on its -wal and -shm files.`;
}
