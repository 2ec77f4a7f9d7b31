/** Who but its owner may open the store's file: it holds identities and sealed tokens, and whoever writes it makes sessions. */
import { statSync } from "node:fs";

const OTHERS = 0o077;

/** A sentence with its remedy where the file's mode lets others in; `null` where it does not, or where modes say nothing. */
export function exposedMode(path: string): string | null {
  if (process.platform === "win32") return null;
  const mode = statSync(path).mode & 0o777;
  if ((mode & OTHERS) === 0) return null;
  const said = mode.toString(8).padStart(4, "0");
  return `The session store ${path} has mode ${said}: others than its owner may open it. Run chmod 600 on it, and on its -wal and -shm files.`;
}
