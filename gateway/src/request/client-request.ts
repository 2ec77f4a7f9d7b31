/** A client's request in the form that the engine reads. */
import type { RequestView } from "coatcheck/contracts";

/**
 * A client's request as the engine sees it. Headers are looked up in the lines as received, so no dictionary is
 * built.
 */
export class ClientRequest implements RequestView {
  readonly method: string;
  readonly target: string;
  readonly peer: string | undefined;
  /** Names and values of the head in turn, as received. */
  protected readonly rawLines: readonly string[];

  constructor(method: string, target: string, peer: string | undefined, rawLines: readonly string[]) {
    this.method = method;
    this.target = target;
    this.peer = peer;
    this.rawLines = rawLines;
  }

  header(name: string): string | undefined {
    return headerOf(this.rawLines, name);
  }

  lines(name: string): number {
    return countOf(this.rawLines, name);
  }
}

/** The value of a header by its lower-case name: several lines are joined by `, `, those of `cookie` by `; `. */
export function headerOf(lines: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let index = 0; index < lines.length; index += 2) {
    const line = lines[index];
    if (line === undefined || line.length !== name.length || line.toLowerCase() !== name) continue;
    const found = lines[index + 1] ?? "";
    value = value === undefined ? found : `${value}${name === "cookie" ? "; " : ", "}${found}`;
  }
  return value;
}

/** How many lines have this name. */
function countOf(lines: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < lines.length; index += 2) {
    const line = lines[index];
    if (line !== undefined && line.length === name.length && line.toLowerCase() === name) count++;
  }
  return count;
}
