/**
 * Loaded before a test (`--import`): one source is replaced by a text from elsewhere, in this process and in those that
 * it starts. It needs nothing but Node, for it is loaded thousands of times.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const { COATCHECK_MUTATED: path, COATCHECK_MUTANT: file } = process.env;
if (path !== undefined && file !== undefined) {
  const url = pathToFileURL(path).href;
  registerHooks({
    load: (wanted, context, next) =>
      wanted === url ? { format: "module", source: readFileSync(file, "utf8"), shortCircuit: true } : next(wanted, context),
  });
}
