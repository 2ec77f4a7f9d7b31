/**
 * `node child.ts NAME SEEDS [--show]`: runs seeds on an engine that is broken, until one notices. Prints what it found
 * as JSON, or tells it.
 */
import { breakEngine } from "./break.ts";
import { STORE_MUTANTS } from "./failover.ts";
import { MUTANTS } from "./list.ts";

const [name, seeds, show] = process.argv.slice(2);
const mutant = [...MUTANTS, ...STORE_MUTANTS].find((candidate) => candidate.name === name);
if (mutant === undefined) throw new TypeError(`there is no mutant ${name}`);
if (mutant.edits.length > 0) breakEngine(mutant);
const { search } = await import("../search.ts");
const { store, loses } = mutant;
const options = { ...(store === undefined ? {} : { store }), ...(loses === undefined ? {} : { loses }) };
const found = await search(1, Number(seeds), options, 1);
if (show === undefined) console.log(JSON.stringify(found));
else {
  const { showViolations } = await import("../report.ts");
  await showViolations(found, options);
}
