/** Programs that are no module of ours, measured by what the kernel says of all their processes. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Of a process and all those that it started. */
export interface Used {
  readonly micros: number;
  readonly residentBytes: number;
}

const PAGE_BYTES = 4_096;
/** Of a second, in `/proc/PID/stat`. */
const TICKS = 100;

/** A program that runs until it is stopped, and everything that it started. */
export class Program {
  readonly name: string;
  readonly #child: ChildProcess;
  /** Others that work for it: a store, the server behind it. */
  readonly #beside: readonly Program[];
  #said = "";

  constructor(name: string, command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.name = name;
    this.#beside = options.beside ?? [];
    this.#child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said = (this.#said + text).slice(-4_000);
      });
    }
  }

  /** What it wrote last, to find out why it does not work. */
  get said(): string {
    return this.#said;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** As a helper answers: the processor time of all of it, in microseconds. */
  async ask<Answer>(_question: "cpu"): Promise<Answer> {
    const answer: Answer = JSON.parse(String(this.used().micros));
    return answer;
  }

  used(): Used {
    const all = [this, ...this.#beside].flatMap((program) => treeOf(program.#child.pid ?? 0));
    return {
      micros: all.reduce((sum, pid) => sum + microsOf(pid), 0),
      residentBytes: all.reduce((sum, pid) => sum + residentOf(pid), 0),
    };
  }

  async stop(): Promise<void> {
    if (this.ended) {
      this.#letGo();
      return;
    }
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    // What replaces children that end goes first.
    for (const pid of treeOf(this.#child.pid ?? 0)) kill(pid);
    await gone;
    this.#letGo();
  }

  /** A child that outlived it would keep these open, and with them this process alive. */
  #letGo(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly beside?: readonly Program[];
}

/** A process and its children, and theirs. */
function treeOf(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(Number(name))[1] ?? 0));
  }
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of parents) if (parent === one) tree.push(child);
  return tree;
}

/** The fields of `/proc/PID/stat` from the third on, its state. */
function statOf(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** To the nanosecond where the kernel tells it of each thread, else to the hundredth of a second. */
function microsOf(pid: number): number {
  let nanos = 0;
  for (const thread of threadsOf(pid)) nanos += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0] ?? 0);
  if (nanos > 0) return Math.round(nanos / 1_000);
  const stat = statOf(pid);
  return ((Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) * 1_000_000) / TICKS;
}

const residentOf = (pid: number): number => Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES;

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Empty where the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
