/** A development secret beside a database file (S-67): one for all processes on it, which its owner alone can read. */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { CoatcheckError } from "../../../core/errors.ts";
import { exposedMode } from "./file-mode.ts";

/** The one that is there, or what `make` gives, from now on. Throws `ERR_STORE_INVALID` if others may read it. */
export function secretBeside(file: string, make: () => string): string {
  const path = `${file}.development-secret`;
  const found = read(path) ?? kept(path, make());
  if (exposedMode(path) === null) return found;
  const message = `the development secret ${path} can be read by others\n  Run chmod 600 on it, or give a secret. Make one:  npx coatcheck secret`;
  throw new CoatcheckError("ERR_STORE_INVALID", { message });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all, and the first one stays, since several processes may start at once. */
function kept(path: string, secret: string): string {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, `${secret}\n`, { mode: 0o600 });
    linkSync(draft, path);
    return secret;
  } catch (error) {
    const first = codeOf(error) === "EEXIST" ? read(path) : undefined;
    if (first === undefined) throw error;
    return first;
  } finally {
    rmSync(draft, { force: true });
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
