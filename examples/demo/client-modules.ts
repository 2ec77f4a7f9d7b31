/** The browser's side of the library, as a bundler would put it into an app: here each module is served as it is. */
import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The modules of `coatcheck/client` by file name, as JavaScript: compiled in a package, from the sources in a checkout.
 */
export function clientModules(): ReadonlyMap<string, string> {
  const folder = dirname(fileURLToPath(import.meta.resolve("coatcheck/client")));
  const files = readdirSync(folder).filter((name) => /^[a-z-]+\.(ts|js)$/.test(name));
  return new Map(files.map((name) => [name.replace(/\.ts$/, ".js"), moduleOf(join(folder, name))]));
}

function moduleOf(path: string): string {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".ts")) return text;
  return stripTypeScriptTypes(text).replaceAll(/(from\s+"\.\/[a-z-]+)\.ts"/g, '$1.js"');
}
