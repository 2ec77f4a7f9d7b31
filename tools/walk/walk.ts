/**
 * The walk of a reader who follows calls through the sources. A step goes into a function that has not been read yet. A
 * return comes back to a function, to read on there. docs/decisions says why it is counted like this.
 */
import type { Call } from "./calls.ts";

/** One function that the reader went into. */
export interface Step {
  readonly file: string;
  readonly name: string;
  readonly line: number;
  /** How many functions are being read around it. */
  readonly depth: number;
  /** How often the reader came back to it. */
  readonly returns: number;
}

/** Places left behind a call for which a reader comes back: a statement with a call in it just hands on an answer. */
const LEFT = 3;

/** The steps of the walk through these calls, in its order. */
export function walkOf(calls: readonly Call[]): readonly Step[] {
  const read = new Set<string>();
  return calls.flatMap((call) => stepsOf(call, 0, read));
}

function stepsOf(call: Call, depth: number, read: Set<string>): readonly Step[] {
  read.add(placeOf(call));
  const inner = happenedIn(call, depth + 1, read);
  const lastStep = inner.findLastIndex((steps) => steps.length > 0);
  const returns = inner.filter((steps, index) => steps.length > 0 && (index < lastStep || index < inner.length - LEFT)).length;
  const { file, name, line } = call;
  return [{ file, name: name === "" ? "(anonymous)" : name, line, depth, returns }, ...inner.flat()];
}

/** What happens in a function, in its order: the steps that lead away from it, none where the reader stays. */
function happenedIn(call: Call, depth: number, read: Set<string>): readonly (readonly Step[])[] {
  return call.happened.flatMap((next) => {
    if (next === null || isInPassing(next)) return [[]];
    // A reader knows what was read before. Where that leads for the first time is read all the same.
    if (isGetter(next) || read.has(placeOf(next))) return [...happenedIn(next, depth, read), []];
    return [stepsOf(next, depth, read)];
  });
}

const placeOf = ({ file, line, column }: Call): string => `${file}:${line}:${column}`;

/** A getter is read like the field that it stands for. */
const isGetter = ({ name }: Call): boolean => name.startsWith("get ");

/** One line that calls no other function says what it does by its name. */
const isInPassing = ({ happened, lines }: Call): boolean => lines === 1 && happened.every((next) => next === null);

/** The part of the calls that begins with the first call of the function of this name. */
export function callsFrom(calls: readonly Call[], name: string): readonly Call[] {
  for (const call of calls) {
    if (call.name === name) return [call];
    const found = callsFrom(
      call.happened.filter((happened) => happened !== null),
      name,
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** How often the walk comes back. */
const returnsOf = (steps: readonly Step[]): number => steps.reduce((sum, { returns }) => sum + returns, 0);

/** What is wrong with a walk that may come back so often at most; `null`: nothing. */
export function faultOf(steps: readonly Step[], most: number): string | null {
  if (steps.length === 0) return "nothing was followed";
  return returnsOf(steps) > most ? `${most} returns are the most` : null;
}

/** The walk as a table: step, how often it comes back there, function, place. */
export function tableOf(steps: readonly Step[]): string {
  const rows = steps.map(({ name, depth, file, line, returns }, index) => [
    `${index + 1}`.padStart(4),
    `${returns === 0 ? "" : returns}`.padStart(7),
    `${"  ".repeat(depth)}${name}`.padEnd(48),
    `${file}:${line}`,
  ]);
  const lines = [["step", "returns", "function".padEnd(48), "file"], ...rows].map((row) => row.join("  "));
  return [...lines, `${steps.length} steps, ${returnsOf(steps)} returns`].join("\n");
}
