/** All processes of one benchmark and their directory, started with equal flags and stopped together. */
import type { ForkOptions } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Load } from "../load/load.ts";
import type { Ready } from "../servers/serving.ts";
import type { Effort, Running } from "./measure.ts";
import type { Helper } from "./talk.ts";
import { start } from "./talk.ts";

/**
 * V8 lets the young generation grow with what has survived so far, and a larger one has more cache misses. A server
 * that made its sessions at the start would be measured with another one than its bare server: all get the same. And a
 * process that rests for some seconds tidies its whole heap up, still when its next round has begun; one that is busy
 * all day does not.
 */
const HEAP = ["--min-semi-space-size=16", "--max-semi-space-size=16", "--no-memory-reducer"];

/** Servers, the load and a directory, for as long as a benchmark lasts. */
export class Stage {
  readonly effort: Effort;
  readonly directory: string;
  readonly load = new Load();
  readonly #helpers: { stop(): Promise<void> }[] = [];

  private constructor(effort: Effort, directory: string) {
    this.effort = effort;
    this.directory = directory;
  }

  static async set(effort: Effort): Promise<Stage> {
    return new Stage(effort, await mkdtemp(join(tmpdir(), "coatcheck-bench-")));
  }

  /** Starts a server of `servers/`, such as `floors/bare-node`, with sessions in its store. */
  async start(
    name: string,
    file: string,
    given: readonly string[] = [],
    sessions = this.effort.sessions,
  ): Promise<Running & Ready> {
    const module = new URL(`../servers/${file}.ts`, import.meta.url);
    const helper = this.run(name, module, [String(sessions), this.directory, ...given]);
    const ready = await helper.listen<Ready>();
    return { name, helper, ...ready };
  }

  /** Starts any module. */
  run(name: string, module: URL, given: readonly string[], options: ForkOptions = {}): Helper {
    const helper = start(name, module, given, { ...options, execArgv: [...HEAP, ...(options.execArgv ?? [])] });
    this.#helpers.push(helper);
    return helper;
  }

  /** Lets something stop with the rest. */
  adopt(one: { stop(): Promise<void> }): void {
    this.#helpers.push(one);
  }

  async clear(): Promise<void> {
    await Promise.all([this.load.stop(), ...this.#helpers.map((helper) => helper.stop())]);
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A request as it is sent, with more header lines. */
export function requestTo(path: string, ...lines: readonly string[]): string {
  return `${[`GET ${path} HTTP/1.1`, "host: app.example.com", ...lines].join("\r\n")}\r\n\r\n`;
}
