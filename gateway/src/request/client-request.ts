/** A client's request in the form that the engine reads. */
import type { IncomingMessage } from "node:http";
import type { RequestView } from "coatcheck/contracts";

/**
 * A client's request as the engine sees it. Headers are looked up in the lines as received, so no dictionary is
 * built.
 */
export class ClientRequest implements RequestView {
  readonly method: string;
  readonly target: string;
  readonly peer: string | undefined;
  readonly #lines: readonly string[];

  constructor(message: IncomingMessage, target: string, peer: string | undefined) {
    this.method = message.method ?? "GET";
    this.target = target;
    this.peer = peer;
    this.#lines = message.rawHeaders;
  }

  header(name: string): string | undefined {
    return headerOf(this.#lines, name);
  }

  lines(name: string): number {
    return countOf(this.#lines, name);
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
export function countOf(lines: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < lines.length; index += 2) {
    const line = lines[index];
    if (line !== undefined && line.length === name.length && line.toLowerCase() === name) count++;
  }
  return count;
}
