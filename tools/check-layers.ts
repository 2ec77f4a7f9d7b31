/** Who may import whom. The order of the house is ARCHITECTURE.md's; this program is what keeps it. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { SourceFile, Violation } from "./files.ts";
import { isTest, isTypeScript, ROOT, readFiles } from "./files.ts";
import { importsOf } from "./imports.ts";
import type { Rule } from "./rule.ts";
import { main } from "./rule.ts";
import { tokenize } from "./tokens.ts";

/** The members of the workspace. A relative import never leaves the member it stands in. */
const MEMBERS = ["library", "gateway", "conformance", "bench", "examples", "simulation", "soak", "providers", "console", "tools"];

/** What a layer of the library may import from the library, besides files of its own. */
interface Layer {
  readonly may: readonly string[];
  /** Files of the layer stand alone: none imports a sibling, but for parts of its own (`sqlite` and `sqlite-worker`). */
  readonly alone?: true;
  /** Nothing from outside, not even Node's modules: what it needs comes in through the contracts. */
  readonly bare?: true;
}

const LAYERS: { readonly [layer: string]: Layer } = {
  contracts: { may: [], bare: true },
  core: { may: ["contracts"], bare: true },
  cookie: { may: ["contracts", "core/errors"] },
  crypto: { may: ["contracts", "core/errors"] },
  engine: { may: ["contracts", "core", "cookie", "crypto"] },
  strategies: { may: ["contracts", "core", "cookie", "crypto"], alone: true },
  oidc: { may: ["contracts", "core", "cookie", "crypto"] },
  tokens: { may: ["contracts", "core", "cookie", "crypto"] },
  stores: { may: ["contracts", "core/errors", "core/detached", "core/hot-rows", "core/option-names"], alone: true },
  adapters: { may: ["contracts", "engine", "core/errors", "core/option-names"], alone: true },
  client: { may: [], bare: true },
  testing: { may: ["contracts", "core", "cookie", "crypto", "engine", "strategies", "oidc", "tokens", "index"] },
  cli: { may: [] },
  options: { may: ["contracts", "core", "engine", "oidc", "strategies"] },
  compose: { may: ["contracts", "core", "cookie", "crypto", "engine", "strategies", "oidc", "tokens", "options"] },
  index: { may: ["contracts", "core", "engine", "oidc", "strategies", "compose", "options"] },
};

/** The sealed cookie is a store that seals. */
const EXCEPTIONS: { readonly [unit: string]: readonly string[] } = { "stores/cookie": ["cookie", "crypto"] };

const SOURCE = "library/src/";

/** What the library publishes, by name. */
export function publishedNames(): ReadonlySet<string> {
  const manifest: { exports: Record<string, unknown> } = JSON.parse(readFileSync(join(ROOT, "library/package.json"), "utf8"));
  return new Set(Object.keys(manifest.exports).map((key) => posix.join("coatcheck", key)));
}

/** Every import that the order does not allow. */
export function checkLayers(files: readonly SourceFile[], published: ReadonlySet<string>): readonly Violation[] {
  return files.flatMap(({ path, text }) =>
    importsOf(tokenize(text).code).flatMap(({ specifier, line }) => {
      const message = specifier === null ? computed(path) : refusal(path, specifier, published);
      return message === undefined ? [] : [{ path, line, message }];
    }),
  );
}

function computed(path: string): string | undefined {
  return isTest(path) || !path.startsWith(SOURCE)
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
  if (!inside) return undefined;
  const layer = layerOf(path);
  return LAYERS[layer]?.bare ? `${layer} imports ${specifier}; it may import nothing from outside` : undefined;
}

function relativeRefusal(path: string, target: string): string | undefined {
  const member = memberOf(path);
  if (isTest(path) && memberOf(target) === "tools") return undefined;
  if (member !== memberOf(target)) return `imports ${target}: from another package, import a published name`;
  if (isTest(path) || !path.startsWith(SOURCE)) {
    return isTest(target) && !isTest(path) && member !== "tools" ? `imports ${target}: source does not import tests` : undefined;
  }
  if (isTest(target)) return `imports ${target}: source does not import tests`;
  return target.startsWith(SOURCE) ? layerRefusal(path, target) : undefined;
}

function layerRefusal(path: string, target: string): string | undefined {
  const layer = layerOf(path);
  const rules = LAYERS[layer];
  if (rules === undefined) return `${layer} is no layer of the house`;
  const to = layerOf(target);
  if (to === layer) {
    const own = unitOf(path);
    if (rules.alone && unitOf(target) !== own) return `${own} imports its sibling ${unitOf(target)}`;
    return undefined;
  }
  const module = target.slice(SOURCE.length).replace(/\.ts$/, "");
  const may = [...rules.may, ...(EXCEPTIONS[unitOf(path)] ?? [])];
  if (may.includes(to) || may.includes(module)) return undefined;
  return `${layer} imports ${module}; it may import ${may.length === 0 ? "nothing" : may.join(", ")}`;
}

/** `library/src/stores/sqlite.ts` is of the layer `stores`, `library/src/index.ts` of `index`. */
function layerOf(path: string): string {
  return path.slice(SOURCE.length).split("/")[0]?.replace(/\.ts$/, "") ?? "";
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

export const layers: Rule = {
  name: "layers",
  check: () => checkLayers(readFiles(isTypeScript), publishedNames()),
};

if (import.meta.main) await main(layers);
