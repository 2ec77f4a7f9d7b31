/**
 * Tells what went wrong as it comes, so that a run that is stopped has told it; whole connections are kept in
 * files.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Violation } from "./judge.ts";
import type { Told } from "./stage.ts";
import { traceOf } from "./trace.ts";

/** So many are shown whole; the others are in their files. */
const SHOWN = 6;

export class Findings {
  /** Connections of which something was wrong. */
  count = 0;
  readonly violations: Violation[] = [];
  readonly #seed: number;
  readonly #print: (text: string) => void;
  readonly #parent: string;
  readonly #kinds = new Set<string>();
  #folder: string | null = null;

  /** `parent`: where the folder for the files is made, once there is one. */
  constructor(seed: number, print: (text: string) => void, parent = tmpdir()) {
    this.#parent = parent;
    this.#seed = seed;
    this.#print = print;
  }

  /** Where the traces are; nowhere as long as there is none. */
  get folder(): string | null {
    return this.#folder;
  }

  /** Tells of a connection, if anything is wrong with it. */
  hear({ plan, steps, played, violations }: Told): void {
    const [first] = violations;
    if (first === undefined) return;
    this.count += 1;
    this.violations.push(...violations);
    const trace = traceOf(plan, steps, played);
    const said = violations.map(({ kind, message }) => `  ${kind}: ${message}`).join("\n");
    const again = `  again: npm run soak -- fuzz --seed ${this.#seed} --from ${plan.index} --connections 1`;
    this.#print(`\n${said}`);
    // The first of each kind is shown whole.
    const alike = `${first.kind}: ${first.message.replace(/\d+/g, "")}`;
    if (!this.#kinds.has(alike) && this.#kinds.size < SHOWN) this.#print(trace);
    this.#kinds.add(alike);
    this.#print(`  kept: ${this.#keep(`${first.kind}-${plan.index}`, `${said}\n${trace}\n${again}\n`)}\n${again}`);
  }

  #keep(name: string, text: string): string {
    this.#folder ??= mkdtempSync(join(this.#parent, "coatcheck-fuzz-found-"));
    const file = join(this.#folder, `${name}.txt`);
    writeFileSync(file, text);
    return file;
  }
}
