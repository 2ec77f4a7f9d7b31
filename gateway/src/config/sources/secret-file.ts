/**
 * Secrets that stand in a file of their own, as Docker and Kubernetes hand them out: each secret's key and variable
 * has a second one (S-64).
 */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Kind } from "../kinds/kind.ts";
import { shown } from "../kinds/kinds.ts";
import type { Place } from "./place.ts";

/** `clientSecretFile` of `clientSecret`. */
export const fileKeyOf = (key: string): string => `${key}File`;
/** `COATCHECK_CLIENT_SECRET_FILE` of `COATCHECK_CLIENT_SECRET`. */
export const fileVariableOf = (variable: string): string => `${variable}_FILE`;

/** More than that is no secret. */
const LARGEST = 65_536;

/** The name of a file that holds a secret. */
export const secretFileName: Kind<string> = {
  label: "a file's name",
  schema: { type: "string", minLength: 1 },
  read(raw, place) {
    if (typeof raw === "string" && raw.trim() !== "") return raw.trim();
    return place.fail(
      `is ${shown(raw)}, which is no file's name`,
      "Name the file that holds the secret, for example /run/secrets/it.",
    );
  },
};

/**
 * What the named file holds, without white space at its ends; `undefined` after a report. Messages name the file and
 * never what is in it.
 */
export function readSecretFile(raw: unknown, place: Place): string | undefined {
  const name = secretFileName.read(raw, place);
  if (name === undefined) return undefined;
  place.noteSecretFile(name);
  try {
    const path = resolve(place.directory, name);
    if (statSync(path).size > LARGEST)
      return place.fail(`is ${shown(name)}, which is too large for a secret`, "Name the right file.");
    const text = readFileSync(path, "utf8").trim();
    return text === "" ? place.fail(`is ${shown(name)}, which is empty`, "Write the secret into it.") : text;
  } catch (error) {
    return place.fail(`is ${shown(name)}, which cannot be read`, whyUnread(error));
  }
}

/** What the system says of a file that cannot be read, in words. */
export function whyUnread(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  if (code === "ENOENT") return "There is no such file.";
  if (code === "EACCES") return "This user may not read it.";
  if (code === "EISDIR") return "It is a directory.";
  return `Reading it failed (${code}).`;
}
