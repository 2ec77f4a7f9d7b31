/** The benchmark's side of the load process: prepares requests there, and asks for batches of them. */
import type { Helper } from "../harness/talk.ts";
import { start } from "../harness/talk.ts";
import type { LoadAnswer, LoadQuestion } from "./load-process.ts";

/** Sends requests from a process of its own, so that the servers' figures are theirs alone. */
export class Load {
  readonly #helper: Helper = start("the load", new URL("load-process.ts", import.meta.url), []);
  readonly #prepared = new Map<string, number>();
  #opened = "";

  /** Keeps requests under a name. */
  async prepare(name: string, requests: readonly string[]): Promise<void> {
    this.#prepared.set(name, requests.length);
    await this.#ask({ kind: "prepare", name, requests });
  }

  /** Opens connections to a server, which get the requests of a name. */
  async open(name: string, port: number, connections: number): Promise<void> {
    this.#opened = name;
    await this.#ask({ kind: "open", name, port, connections });
  }

  /** Sends so many requests, picked at random; answers how many seconds it took until the last answer. */
  async run(requests: number): Promise<number> {
    return this.#ask({ kind: "run", requests, inOrder: false });
  }

  /** Sends every request once. */
  async runAll(): Promise<number> {
    return this.#ask({ kind: "run", requests: this.#prepared.get(this.#opened) ?? 0, inOrder: true });
  }

  async close(): Promise<void> {
    await this.#ask({ kind: "close" });
  }

  stop(): Promise<void> {
    return this.#helper.stop();
  }

  async #ask(question: LoadQuestion): Promise<number> {
    const { seconds, error } = await this.#helper.ask<LoadAnswer>(question);
    if (error !== "") throw new Error(`the load failed: ${error}`);
    return seconds;
  }
}
