/**
 * Bundles the gateway with all that it imports: a start that reads 200 modules is half a second of processor time and
 * 15 MB.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { buildSync } from "esbuild";
import { ROOT } from "../sources/files.ts";
import { notices, packagesOf } from "./third-party.ts";

/**
 * What is started or loaded by its name is a file of its own: what keeps compiled code before all else, the worker of
 * the SQLite store, and YAML. The worker and YAML are looked for beside the file that wants them.
 */
const ENTRIES = [
  { in: "gateway/src/main.ts", out: "main" },
  { in: "gateway/src/command-line.ts", out: "bundle/command-line" },
  { in: "gateway/src/config/sources/yaml.ts", out: "bundle/yaml" },
  { in: "library/dist/stores/sqlite/checkpoint.js", out: "bundle/checkpoint" },
];

/** What is looked for, and done without. */
const NOTHING = join(ROOT, "tools", "build", "bundled-nothing.ts");

/** Packages of CommonJS ask for Node's modules with it. */
const REQUIRE = 'import{createRequire as requireFrom}from"node:module";const require=requireFrom(import.meta.url);';

/**
 * Makes `gateway/dist` and the notices of what is in it. Throws where it cannot, or where something would have to be
 * installed beside.
 */
export function bundleGateway(): void {
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: "gateway/dist",
    chunkNames: "bundle/[name]-[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node22",
    alias: {
      "pg-native": NOTHING,
      "@node-rs/xxhash": NOTHING,
      undici: join(ROOT, "tools", "build", "bundled-undici.mjs"),
      "node:http": join(ROOT, "tools", "build", "bundled-http.cjs"),
    },
    // undici goes by this where it is bundled, and then leaves out a parser that is on trial.
    define: { esbuildDetection: "true" },
    banner: { js: REQUIRE },
    legalComments: "none",
    metafile: true,
  });
  const left = externals(metafile);
  if (left.length > 0) throw new Error(`the bundle leaves out ${left.join(", ")}`);
  writeFileSync(join(ROOT, "gateway", "THIRD-PARTY.txt"), notices(packagesOf(Object.keys(metafile.inputs))));
  chmodSync(join(ROOT, "gateway", "dist", "main.js"), 0o755);
}

/** What the bundle would import from elsewhere, other than Node. */
function externals({ outputs }: Metafile): readonly string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  return imports.filter(({ path, external }) => external === true && !isBuiltin(path)).map(({ path }) => path);
}
