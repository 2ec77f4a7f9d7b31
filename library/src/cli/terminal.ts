/** What a command writes to, and what it is. */
export interface Terminal {
  /** Answers, on standard output. */
  readonly print: (text: string) => void;
  /** Complaints, on standard error. */
  readonly complain: (text: string) => void;
}

/** One command. Answers the exit status: 0, 1 for what went wrong, 2 for what was asked wrongly. */
export type Command = (args: readonly string[], terminal: Terminal) => number | Promise<number>;
