/** Where a program stands when its debugger holds it: what the worker tells the thread that it follows. */

/** A function that is under way. */
export interface Frame {
  /** Below the followed sources, without its ending. */
  readonly file: string;
  /** As the debugger names it: `get x` for a getter, empty for a function without a name. */
  readonly name: string;
  /** Where the function begins: line, from 1, and column, from 0. */
  readonly line: number;
  readonly column: number;
  /** How many lines it takes. */
  readonly lines: number;
}

/** One place at which the debugger held the program. */
export interface Pause {
  /** The functions of the followed sources that are under way, the outermost first. */
  readonly frames: readonly Frame[];
  /** The innermost function is over with this statement. */
  readonly over: boolean;
}

/** What the worker is told at its start. */
export interface Followed {
  /** The URL of the folder whose functions are followed. */
  readonly sources: string;
  /** The name of the function at which it stops. */
  readonly until: string;
}
