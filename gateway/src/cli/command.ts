/** What a command writes to: answers on standard output, complaints on standard error. */
export interface Console {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** One command. Answers the exit status: 0, 1 for what went wrong, 2 for what was asked wrongly. */
export type Command = (args: readonly string[], console: Console) => number | Promise<number>;
