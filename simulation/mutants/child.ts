/** `node child.ts NAME SEEDS`: runs seeds on an engine that is broken, until one notices. Prints what it found as JSON. */
import { breakEngine } from "./break.ts";
import { MUTANTS } from "./list.ts";

const [name, seeds] = process.argv.slice(2);
const mutant = MUTANTS.find((candidate) => candidate.name === name);
if (mutant === undefined) throw new TypeError(`there is no mutant ${name}`);
breakEngine(mutant);
const { search } = await import("../search.ts");
console.log(JSON.stringify(await search(1, Number(seeds), {}, 1)));
