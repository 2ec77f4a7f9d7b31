/** Programs that run beside the laboratory, and end with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const LONGEST_STOP = 15_000;
const MOST_LINES = 200;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it stands for a group of processes, as a shell script does that starts the real one. */
  readonly group?: boolean;
}

const living = new Set<Child>();

process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** A program that was started. */
export class Child {
  readonly #process: ChildProcess;
  readonly #group: boolean;
  readonly #gone: Promise<void>;
  #lines: string[] = [];

  constructor({ command, args, cwd, env = {}, group = false }: Program) {
    this.#group = group;
    this.#process = spawn(command, args, {
      cwd,
      detached: group,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...plain(process.env), ...env },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#process.once("error", (error) => {
      this.#lines.push(error.message);
      resolve();
    });
    this.#process.once("exit", () => resolve());
    this.#gone = promise;
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#keep(line));
    }
    living.add(this);
    void promise.then(() => living.delete(this));
  }

  get isOver(): boolean {
    return this.#process.pid === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** What it wrote last. */
  get lastWords(): string {
    return this.#lines.slice(-20).join("\n");
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined || this.isOver) return;
    if (this.#group) process.kill(-pid, signal);
    else this.#process.kill(signal);
  }

  /** Ends it and waits until it is gone. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.isOver) return;
    this.kill(signal);
    const timer = setTimeout(() => this.kill("SIGKILL"), LONGEST_STOP);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Waits until `ready` says so. Rejects with what it wrote where it ends before, or takes too long. */
  async until(ready: () => Promise<boolean>, limit: number): Promise<void> {
    const deadline = Date.now() + limit;
    while (!(await ready())) {
      if (this.isOver) throw new Error(`ended by itself:\n${this.lastWords}`);
      if (Date.now() > deadline) throw new Error(`was not ready after ${limit / 1_000} s:\n${this.lastWords}`);
      await sleep(100);
    }
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
  }
}

/** Whether something answers there with success. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** A program is what its own settings say, whatever else is set in this shell. */
function plain(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(COATCHECK|OAUTH2_PROXY|KC|KEYCLOAK)_/.test(name)));
}
