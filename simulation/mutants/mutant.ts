/** A way to break the engine: anchors in its source, and what happens to the statements below them. */
import type { LostKind } from "../backends/lost-writes.ts";
import type { Settings } from "../script/script.ts";
import type { Part } from "./parts.ts";

export interface Mutant {
  readonly name: string;
  /** What is broken, in a few words. */
  readonly broken: string;
  readonly edits: readonly Edit[];
  /** The store on which it is looked for; else on those that seeds choose. */
  readonly store?: Settings["store"];
  /** The engine is whole, and the store acknowledges this kind of write before its replica has it. */
  readonly loses?: LostKind;
}

export type Edit = Change | Exchange;

/** The statement below `// mutant: anchor`, or the part of it that `at` leads to, says something else. */
export interface Change {
  readonly anchor: string;
  readonly at: readonly Part[];
  readonly becomes: Replacement;
}

/** The statement below the second anchor happens before the one below the first. */
export interface Exchange {
  readonly first: string;
  readonly second: string;
}

/** `said`: the text as it stands. `pick` reads a part of it, so that as little as possible is named here. */
export type Replacement = (said: string, pick: (...parts: readonly Part[]) => string) => string;

export const to =
  (text: string): Replacement =>
  () =>
    text;

/** The statement does nothing. */
export const dropped = to(";");
export const always = to("true");
export const never = to("false");

/** A mutant of one change, below the anchor that has its name. */
export const one = (name: string, broken: string, at: readonly Part[], becomes: Replacement): Mutant =>
  oneAt(name, name, broken, at, becomes);

/** The same below another anchor: several mutants can be of one statement. */
export const oneAt = (name: string, anchor: string, broken: string, at: readonly Part[], becomes: Replacement): Mutant => ({
  name,
  broken,
  edits: [{ anchor, at, becomes }],
});
