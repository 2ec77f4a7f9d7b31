/**
 * Refuses options that do not exist: in JavaScript no compiler does, and an ignored option may have been meant to
 * protect.
 */
import { suggest } from "./settings.ts";

/**
 * Every name of an options object. The type keeps the table complete: an option that joins the interface joins it too.
 */
export type OptionNames<Options> = { readonly [name in keyof Options]-?: true };

/** Hints for names that other libraries have, or that belong to another place here; by the whole path of the option. */
export type OptionHints = { readonly [path: string]: string };

/**
 * Throws a `TypeError` that names each unknown option, with the nearest one that exists. An option that is `undefined`
 * counts as not given.
 *
 * @param part the path of the options, `cookie` for `cookie.name`; empty at the top
 */
export function knownOptions<Options>(part: string, given: unknown, names: OptionNames<Options>, hints: OptionHints = {}): void {
  if (typeof given !== "object" || given === null) return;
  const prefix = part === "" ? "" : `${part}.`;
  const unknown = Object.entries(given).filter(([name, value]) => value !== undefined && !Object.hasOwn(names, name));
  if (unknown.length === 0) return;
  const known = Object.keys(names);
  throw new TypeError(unknown.map(([name]) => sentence(prefix, name, known, hints)).join("\n"));
}

function sentence(prefix: string, name: string, known: readonly string[], hints: OptionHints): string {
  const hint = hints[`${prefix}${name}`];
  if (hint !== undefined) return `${prefix}${name} is no option. ${hint}`;
  const meant = suggest(name, known);
  if (meant !== undefined) return `${prefix}${name} is no option. Did you mean ${prefix}${meant}?`;
  return `${prefix}${name} is no option. There are: ${known.map((one) => prefix + one).join(", ")}.`;
}
