/**
 * Who may import whom: the order of the rooms. `node tools/check-layers.ts --update` writes its table into
 * ARCHITECTURE.md, and the check fails when that says otherwise.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Room } from "./layers-table.ts";
import { layersTable, withTable } from "./layers-table.ts";
import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import type { SourceFile, Violation } from "./sources/files.ts";
import { isTest, isTypeScript, ROOT, readFiles } from "./sources/files.ts";
import { importsOf } from "./sources/imports.ts";
import { ROOMS } from "./sources/rooms.ts";
import { tokenize } from "./sources/tokens.ts";

/** The members of the workspace. A relative import never leaves the member it stands in. */
const MEMBERS = ["library", "gateway", "conformance", "bench", "examples", "simulation", "soak", "providers", "tools"];

const SOURCE = "library/src/";

/** What the library publishes, by name. */
export function publishedNames(): ReadonlySet<string> {
  const manifest: { exports: Record<string, unknown> } = JSON.parse(readFileSync(join(ROOT, "library/package.json"), "utf8"));
  return new Set(Object.keys(manifest.exports).map((key) => posix.join("coatcheck", key)));
}

/** Every import that the order does not allow. */
export function checkLayers(files: readonly SourceFile[], published: ReadonlySet<string>): readonly Violation[] {
  return files.flatMap(({ path, text }) =>
    importsOf(tokenize(text).code).flatMap(({ specifier, line, started }) => {
      // Programs that start others may know where they are.
      if (started && !path.startsWith(SOURCE)) return [];
      const message = specifier === null ? computed(path) : refusal(path, specifier, published);
      return message === undefined ? [] : [{ path, line, message }];
    }),
  );
}

function computed(path: string): string | undefined {
  return isTest(path) || !path.startsWith(SOURCE) || ROOMS[roomOf(path)]?.loads === true
    ? undefined
    : "imports something computed; name it, so that the layers can be checked";
}

/** Why `path` may not import `specifier`, or nothing where it may. */
function refusal(path: string, specifier: string, published: ReadonlySet<string>): string | undefined {
  if (specifier.startsWith(".")) return relativeRefusal(path, posix.join(posix.dirname(path), specifier));
  if (specifier.startsWith("/") || specifier.startsWith("file:")) return `imports ${specifier}: no absolute paths`;
  const inside = path.startsWith(SOURCE) && !isTest(path);
  if (specifier === "coatcheck-gateway" || specifier.startsWith("coatcheck-gateway/")) return "imports the gateway; nobody does";
  if (specifier === "coatcheck" || specifier.startsWith("coatcheck/")) {
    if (inside) return `imports ${specifier}: within the library, import the file`;
    return published.has(specifier) ? undefined : `imports ${specifier}, which the library does not publish`;
  }
  if (specifier.startsWith("#") || (specifier.includes(":") && !specifier.startsWith("node:")))
    return `imports ${specifier}: from outside only packages and Node's modules are imported, by name`;
  return inside ? outsideRefusal(roomOf(path), specifier) : undefined;
}

/** Why a room may not import a package, or a module of Node's. */
function outsideRefusal(room: string, specifier: string): string | undefined {
  const { outside } = ROOMS[room] ?? {};
  if (outside === undefined || outside.some((name) => isWithin(specifier, name))) return undefined;
  return `${room} imports ${specifier}; from outside it may import ${outside.length === 0 ? "nothing" : outside.join(", ")}`;
}

const isWithin = (module: string, name: string): boolean => module === name || module.startsWith(`${name}/`);

/**
 * What runs in this tree alone, and is never published: the programs that start servers take ports and folders from the
 * same place as the tests, and the mutants of the simulation read source by the scanner of our tools.
 */
const USES_TOOLS = /^(?:bench|conformance|providers|soak|simulation\/mutants|examples\/[^/]+\/testing)\//;

function relativeRefusal(path: string, target: string): string | undefined {
  const member = memberOf(path);
  if (memberOf(target) === "tools" && (isTest(path) || USES_TOOLS.test(path))) return undefined;
  if (member !== memberOf(target)) return `imports ${target}: from another package, import a published name`;
  if (isTest(path) || !path.startsWith(SOURCE)) {
    return isTest(target) && !isTest(path) && member !== "tools" ? `imports ${target}: source does not import tests` : undefined;
  }
  if (isTest(target)) return `imports ${target}: source does not import tests`;
  return target.startsWith(SOURCE) ? roomRefusal(path, target) : `imports ${target}: source imports what is in ${SOURCE}`;
}

function roomRefusal(path: string, target: string): string | undefined {
  const room = roomOf(path);
  const rules = ROOMS[room];
  if (rules === undefined) return `${room} is no room of the house`;
  const to = roomOf(target);
  if (to === room) {
    const own = unitOf(path);
    if (rules.alone && unitOf(target) !== own) return `${own} imports its sibling ${unitOf(target)}`;
    return undefined;
  }
  const module = target.slice(SOURCE.length).replace(/\.ts$/, "");
  const { may } = rules;
  if (may.some((name) => isWithin(module, name))) return undefined;
  return `${room} imports ${module}; it may import ${may.length === 0 ? "nothing" : may.join(", ")}`;
}

/** What the rooms are allowed, and no file of theirs does. `files`: all sources of the library. */
export function unusedAllowances(
  files: readonly SourceFile[],
  rooms: { readonly [room: string]: Room } = ROOMS,
): readonly Violation[] {
  const imports = files.flatMap(({ path, text }) =>
    importsOf(tokenize(text).code).map(({ specifier }) => ({ room: roomOf(path), module: moduleOf(path, specifier ?? "") })),
  );
  return Object.entries(rooms).flatMap(([room, { may, outside = [] }]) =>
    [...may, ...outside]
      .filter((name) => !imports.some((one) => one.room === room && isWithin(one.module, name)))
      .map((name) => ({ path: "tools/check-layers.ts", message: `lets ${room} import ${name}, which none of its files does` })),
  );
}

/** What is imported, as the rooms name it. */
function moduleOf(path: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return posix.join(posix.dirname(path), specifier).replace(SOURCE, "").replace(/\.ts$/, "");
}

/**
 * `library/src/stores/sqlite.ts` is of the room `stores`, `library/src/engine/refresh/waits.ts` of `engine/refresh`,
 * `library/src/index.ts` of `index`.
 */
function roomOf(path: string): string {
  const module = path.slice(SOURCE.length).replace(/\.ts$/, "");
  const names = module.split("/");
  for (let length = names.length; length > 0; length -= 1) {
    const name = names.slice(0, length).join("/");
    if (name in ROOMS) return name;
  }
  return names[0] ?? "";
}

/** `stores/sqlite.ts`, `stores/sqlite-worker.ts` and `stores/sqlite/worker.ts` are parts of one unit. */
function unitOf(path: string): string {
  const [layer, name] = path.slice(SOURCE.length).split("/");
  return `${layer}/${/^[a-z0-9]*/.exec(name ?? "")?.[0]}`;
}

function memberOf(path: string): string {
  const [top = ""] = path.split("/");
  return MEMBERS.includes(top) ? top : "";
}

const PAGE = "ARCHITECTURE.md";

/** The table of `document` is the one that the rules make; else what to do about it. */
export function checkTable(document: string): readonly Violation[] {
  const wanted = withTable(document, currentTable());
  if (wanted === document) return [];
  const message = wanted === undefined ? "lacks the two markers of the table" : "tells another order than the rules";
  return [{ path: PAGE, message: `${message}: node tools/check-layers.ts --update` }];
}

function currentTable(): string {
  return layersTable(
    ROOMS,
    MEMBERS.filter((name) => name !== "library" && name !== "tools"),
  );
}

const page = () => readFileSync(join(ROOT, PAGE), "utf8");

export const layers: Rule = {
  name: "layers",
  check: () => {
    const files = readFiles(isTypeScript);
    const sources = files.filter(({ path }) => path.startsWith(SOURCE) && !isTest(path));
    return [...checkLayers(files, publishedNames()), ...unusedAllowances(sources), ...checkTable(page())];
  },
};

if (import.meta.main) {
  if (process.argv.includes("--update")) writeFileSync(join(ROOT, PAGE), withTable(page(), currentTable()) ?? page());
  await main(layers);
}
