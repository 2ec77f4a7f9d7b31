/** One way to break the engine, as a change of its source. */
export interface Mutant {
  readonly name: string;
  /** What is broken, in a few words. */
  readonly broken: string;
  readonly edits: readonly Edit[];
}

/** `find` stands exactly once in the file, else the mutant is out of date. */
export interface Edit {
  /** Below the library's `src`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A mutant of one change. */
export const one = (name: string, broken: string, file: string, find: string, replace: string): Mutant => ({
  name,
  broken,
  edits: [{ file, find, replace }],
});
