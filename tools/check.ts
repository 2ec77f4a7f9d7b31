/**
 * `npm run check`: formatting, lint, types and every rule of the house. One line each; `npm run check -- layers` runs
 * that one.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { packages } from "./build/check-packages.ts";
import { comments } from "./check-comments.ts";
import { cycles } from "./check-cycles.ts";
import { escapes } from "./check-escapes.ts";
import { exportNames } from "./check-exports.ts";
import { folders } from "./check-folders.ts";
import { headers } from "./check-headers.ts";
import { layers } from "./check-layers.ts";
import { purity } from "./check-purity.ts";
import { repeats } from "./check-repeats.ts";
import { secrets } from "./check-secrets.ts";
import { size } from "./check-size.ts";
import { onePlace } from "./design/check-one-place.ts";
import { unusedExports } from "./design/check-unused-exports.ts";
import { examples } from "./documents/check-examples.ts";
import { paths } from "./documents/check-paths.ts";
import { pointers } from "./documents/check-pointers.ts";
import { requirements } from "./documents/check-requirements.ts";
import { documentation } from "./documents/check-snippets.ts";
import { equivalents } from "./mutation/check-equivalents.ts";
import type { Rule } from "./rule.ts";
import { run } from "./rule.ts";
import type { Violation } from "./sources/files.ts";
import { ROOT } from "./sources/files.ts";
import { titles } from "./suite/check-titles.ts";

/** A program whose output tells what is wrong, line by line. */
function program(name: string, command: string, options: readonly string[], flags: readonly string[] = []): Rule {
  return {
    name,
    check: async (): Promise<readonly Violation[]> => {
      const { promise, resolve } = Promise.withResolvers<readonly Violation[]>();
      const child = spawn(process.execPath, [...flags, join(ROOT, command), ...options], { cwd: ROOT });
      const output: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
      child.once("error", (error) => resolve([{ path: command, message: error.message }]));
      child.once("close", (status) => {
        const message = Buffer.concat(output).toString("utf8").trim().replaceAll("\n", "\n  ");
        resolve(status === 0 ? [] : [{ path: command, message: `says:\n  ${message}` }]);
      });
      return promise;
    },
  };
}

const RULES: readonly Rule[] = [
  program("formatting and lint", "node_modules/@biomejs/biome/bin/biome", ["ci", "--error-on-warnings", "--colors=off", "."]),
  program("types", "node_modules/typescript/bin/tsc", ["--noEmit", "--pretty", "false", "-p", "."]),
  program("types of the browser's side", "node_modules/typescript/bin/tsc", [
    "--noEmit",
    "--pretty",
    "false",
    "-p",
    "library/tsconfig.client.json",
  ]),
  program("anchors of mutants", "simulation/mutants/check-anchors.ts", []),
  program("walk of a request", "tools/walk/request.ts", [], ["--conditions=coatcheck-source"]),
  equivalents,
  layers,
  cycles,
  purity,
  secrets,
  escapes,
  size,
  folders,
  comments,
  headers,
  repeats,
  onePlace,
  unusedExports,
  paths,
  pointers,
  packages,
  exportNames,
  requirements,
  titles,
  documentation,
  examples,
];

const words = process.argv.slice(2);
const chosen = RULES.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const broken: string[] = [];
for (const rule of chosen) if (!(await run(rule))) broken.push(rule.name);
console.log(
  broken.length === 0
    ? `all ${chosen.length} checks passed`
    : `${broken.length} of ${chosen.length} checks failed: ${broken.join(", ")}`,
);
if (broken.length > 0 || chosen.length === 0) process.exitCode = 1;
