/** Which two stores `coatcheck move` moves between: as its words say, or the configuration. */
import type { Infer } from "../../config/kinds/kind.ts";
import { object } from "../../config/kinds/shape.ts";
import type { KeepingSetting } from "../../config/kinds/store-kind.ts";
import { type KeepingStores, moveTo, moveToPassword, ofMove, type StoresSetting } from "../../config/move/move-to.ts";
import { formatProblems, Place, type Problem } from "../../config/sources/place.ts";
import { store, storePassword } from "../../config/store.ts";
import type { Console } from "../command.ts";
import { readConfiguration } from "../configuration.ts";

/** Both are given. */
export interface BothStores extends KeepingStores {
  readonly moveTo: KeepingSetting;
}

const SHAPE = { store, storePassword, moveTo, moveToPassword };
const FIELDS = [
  ["storePassword", "COATCHECK_STORE_PASSWORD"],
  ["moveToPassword", "COATCHECK_MOVE_TO_PASSWORD"],
] as const;

/** The stores, or `undefined` after everything that is wrong with them was said. */
export function bothStores(words: readonly string[], settings: readonly string[], terminal: Console): BothStores | undefined {
  if (words.length === 0) return configured(settings, terminal);
  const [from, to, ...more] = words;
  if (from === undefined || to === undefined || more.length > 0) {
    const lines = ["coatcheck move FROM TO, or neither: then store and moveTo of the configuration."];
    return refused([{ headline: "move takes the addresses of two stores", lines }], terminal);
  }
  const given = new Map([["store", "FROM"], ["moveTo", "TO"], ...FIELDS.map(([key, variable]) => [key, variable] as const)]);
  const place = new Place({ given, variables: new Map(), directory: process.cwd() });
  const read: Infer<typeof SHAPE> | undefined = object(SHAPE).read({ store: from, moveTo: to, ...passwords() }, place);
  // What could not be read is among the problems, and nothing more can be said of it.
  const problems = place.problems.length > 0 || read === undefined ? place.problems : ofMove(read);
  if (read === undefined || problems.length > 0) return refused(problems, terminal);
  return withBoth(read, terminal);
}

function configured(settings: readonly string[], terminal: Console): BothStores | undefined {
  const configuration = readConfiguration(settings, terminal);
  return configuration === undefined ? undefined : withBoth(configuration.settings, terminal);
}

function withBoth(read: StoresSetting, terminal: Console): BothStores | undefined {
  const { store: from, moveTo: to } = read;
  if (from.kind === "cookie") return refused([{ headline: "store is cookie:, so nothing can be moved", lines: [] }], terminal);
  if (to !== undefined) return { ...read, store: from, moveTo: to };
  const lines = ["Write coatcheck move FROM TO, or set moveTo (COATCHECK_MOVE_TO), as every gateway needs it."];
  return refused([{ headline: "there is no store to move to", lines }], terminal);
}

/** From the environment alone, or from files that it names. */
function passwords(): { readonly [key: string]: string } {
  const found: { [key: string]: string } = {};
  for (const [key, variable] of FIELDS) {
    const [text, file] = [process.env[variable], process.env[`${variable}_FILE`]];
    if (text) found[key] = text;
    if (file) found[`${key}File`] = file;
  }
  return found;
}

function refused(problems: readonly Problem[], { complain }: Console): undefined {
  complain(formatProblems(problems));
  return undefined;
}
