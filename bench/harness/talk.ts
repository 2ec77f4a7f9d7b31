/** Questions and answers between the benchmark and the processes that it starts, one at a time. */
import type { ChildProcess, ForkOptions } from "node:child_process";
import { fork } from "node:child_process";

/** A process that answers questions. What it says is taken to be what it was asked for: both sides are ours. */
export class Helper {
  readonly #child: ChildProcess;
  readonly #name: string;
  #waiting: PromiseWithResolvers<string> | null = null;
  #errors = "";

  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    child.on("message", (message) => this.#waiting?.resolve(String(message)));
    child.on("exit", (code, signal) => {
      this.#waiting?.reject(new Error(`${this.#name} ended (${code ?? signal}) before it answered\n${this.#errors}`));
    });
  }

  /** What the process says next; that it has started, for example. */
  async listen<Answer>(): Promise<Answer> {
    this.#waiting = Promise.withResolvers<string>();
    const answer: Answer = JSON.parse(await this.#waiting.promise);
    return answer;
  }

  ask<Answer>(question: unknown): Promise<Answer> {
    const answer = this.listen<Answer>();
    this.#child.send(JSON.stringify(question));
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = Promise.withResolvers<void>();
    this.#child.once("exit", () => ended.resolve());
    this.#child.kill("SIGKILL");
    await ended.promise;
  }
}

/** Starts a module in a process of its own. */
export function start(name: string, module: URL, given: readonly string[], options: ForkOptions = {}): Helper {
  return new Helper(name, fork(module, given, { stdio: ["ignore", "ignore", "pipe", "ipc"], ...options }));
}

/** In such a process: says something. */
export function say(answer: unknown): void {
  process.send?.(JSON.stringify(answer));
}

/** In such a process: answers every question. */
export function answer<Question>(answerOne: (question: Question) => unknown): void {
  process.on("message", async (message) => {
    const question: Question = JSON.parse(String(message));
    say(await answerOne(question));
  });
}
