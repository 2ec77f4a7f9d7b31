/** The secret of a gateway that only this machine can reach, where none is given (S-67). */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { SETTINGS } from "./definition.ts";
import { isLoopback } from "./kinds/network-kinds.ts";
import { Place, type Problem } from "./sources/place.ts";

/** What may be done about it: `make` one where there is none yet, or only `read` the one that is there. */
export type DevelopmentSecret = "make" | "read";

interface Found {
  readonly secret: string;
  /** Said at each start. */
  readonly note: string;
}

/** Nobody else may read it. */
const MODE = 0o600;
const OTHERS = 0o077;

/** For a store that is in memory too, and for a command that only reads: the same as long as the process runs. */
const passing = randomBytes(32).toString("base64url");

/**
 * The development secret, kept in a file beside the store. `undefined` if the gateway can be reached from elsewhere by
 * what is configured, or its store is not on this machine: then a secret has to be given.
 */
export function developmentSecret(
  raw: { readonly [key: string]: unknown },
  directory: string,
  may: DevelopmentSecret,
): Found | Problem | undefined {
  // What is wrong with these settings is said when they are read for good.
  const place = new Place({ given: new Map(), variables: new Map(), directory });
  const publicUrl = SETTINGS.publicUrl.read(raw["publicUrl"], place) ?? [];
  const listen = SETTINGS.listen.read(raw["listen"], place);
  const store = SETTINGS.store.read(raw["store"], place);
  if (store === undefined || listen === undefined || place.problems.length > 0) return undefined;
  const hosts = [listen.host, ...publicUrl.map((origin) => new URL(origin).hostname)];
  if (!hosts.every(isLoopback)) return undefined;
  if (store.kind === "memory") return { secret: passing, note: noteOf("it is gone at the next start, as the sessions are") };
  if (store.kind !== "sqlite") return undefined;
  const path = resolve(directory, `${store.path}.development-secret`);
  const note = noteOf(`it is kept in ${path}`);
  try {
    if (may === "make") make(path);
    const { mode } = statSync(path);
    if ((mode & OTHERS) !== 0) return exposed(path);
    return { secret: readFileSync(path, "utf8").trim(), note };
  } catch (error) {
    if (may === "read" && codeOf(error) === "ENOENT") return { secret: passing, note: noteOf(`the start makes it, in ${path}`) };
    return { headline: `the development secret ${path} cannot be used (${codeOf(error)})`, lines: GIVE_ONE };
  }
}

const GIVE_ONE = ["Or give a secret (COATCHECK_SECRET, secrets). Make one:  npx coatcheck secret"];

function noteOf(where: string): string {
  return `no secret is given, so a development secret is used: ${where}. It is for loopback addresses alone; set COATCHECK_SECRET anywhere else.`;
}

function exposed(path: string): Problem {
  return { headline: `the development secret ${path} can be read by others`, lines: [`chmod 600 ${path}`, ...GIVE_ONE] };
}

/** Whole or not at all, and the first one stays: several processes may start at once. */
function make(path: string): void {
  const whole = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  if (exists(path)) return;
  try {
    writeFileSync(whole, `${randomBytes(32).toString("base64url")}\n`, { mode: MODE, flag: "wx" });
    linkSync(whole, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "unknown");
