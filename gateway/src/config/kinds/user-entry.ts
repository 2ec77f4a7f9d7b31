/** Lists of users: e-mail addresses, domains, and files that hold more of both. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Place } from "../sources/place.ts";
import { whyUnread } from "../sources/secret-file.ts";
import type { Kind } from "./kind.ts";
import { shown } from "./kinds.ts";

/** One entry of a list. */
export interface UserEntry {
  /** The file that it names, as it was given; `null`: it is an address or a domain itself. */
  readonly file: string | null;
  /** `alice@example.com` or `@example.com`, in small letters. */
  readonly addresses: readonly string[];
}

const FILE = "file:";
/** About a hundred thousand addresses. */
const LARGEST = 4_194_304;
const RIGHT = "An entry is alice@example.com, @example.com for all of a domain, or file:NAME for a file with one of them a line.";

/** An address has one `@`, and its domain is all behind it. */
const ADDRESS = /^[^\s@,;<>"]{0,254}@[^\s@,;<>"*/]{1,253}$/u;

/** An e-mail address, a domain, or a file of them. */
export const userEntry: Kind<UserEntry> = {
  label: "an e-mail address, `@example.com` or `file:NAME`",
  schema: { type: "string", minLength: 2 },
  read(raw, place) {
    const text = typeof raw === "string" ? raw.trim() : "";
    if (text.startsWith(FILE)) return fromFile(text.slice(FILE.length).trim(), place);
    if (ADDRESS.test(text)) return { file: null, addresses: [text.toLowerCase()] };
    return place.fail(`is ${shown(raw)}, which is no address`, RIGHT);
  },
};

/** Read anew whenever the configuration is; empty lines and those that begin with `#` say nothing. */
function fromFile(name: string, place: Place): UserEntry | undefined {
  if (name === "") return place.fail("names no file", RIGHT);
  place.noteSecretFile(name);
  const addresses: string[] = [];
  try {
    const path = resolve(place.directory, name);
    if (statSync(path).size > LARGEST) return place.fail(`is ${shown(FILE + name)}, which is too large`, "Name the right file.");
    const lines = readFileSync(path, "utf8").split(/\r?\n/);
    for (const [index, line] of lines.entries()) {
      const text = line.trim();
      if (text === "" || text.startsWith("#")) continue;
      if (!ADDRESS.test(text)) return place.fail(`is ${shown(FILE + name)}, whose line ${index + 1} is no address`, RIGHT);
      addresses.push(text.toLowerCase());
    }
  } catch (error) {
    return place.fail(`is ${shown(FILE + name)}, which cannot be read`, whyUnread(error));
  }
  return { file: name, addresses };
}

/** The entries with what their files hold by now, as `fresh` read them; a file that it does not name stays. */
export function withFiles(entries: readonly UserEntry[], fresh: ReadonlyMap<string, UserEntry>): readonly UserEntry[] {
  return entries.some(({ file }) => file !== null)
    ? entries.map((entry) => (entry.file === null ? entry : (fresh.get(entry.file) ?? entry)))
    : entries;
}

/** In words: `@example.com, 12 of staff.txt`. */
export function formatUsers(entries: readonly UserEntry[]): string {
  return entries
    .map(({ file, addresses }) => (file === null ? addresses.join(", ") : `${addresses.length} of ${file}`))
    .join(", ");
}
