/** A replica in a process of its own that sweeps a schema of PostgreSQL whenever it is told the time. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import { sweepPlan } from "../../src/engine/lifecycle/sweep/options.ts";
import { Sweeper } from "../../src/engine/lifecycle/sweep/sweep.ts";
import { postgres } from "../../src/stores/postgres.ts";
import { connectionTo } from "./postgres-server.ts";

/** The process, as its test sees it. */
export class SweepingReplica implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(folder: string, schema: string) {
    this.#child = fork(import.meta.filename, [folder, schema]);
  }

  /** Sweeps at this time; answers whether it did so to the end. */
  async sweep(now: number): Promise<boolean> {
    const answered = once(this.#child, "message");
    this.#child.send(now);
    const [complete] = await answered;
    return complete === true;
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** What the process does. */
function sweepWhenTold([folder = "", schema = ""]: readonly string[]): void {
  const pool = new pg.Pool(connectionTo(folder));
  const store = postgres({ pool, schema, queryTimeout: "10m", onWarning: () => undefined });
  let now = 0;
  const sweeper = new Sweeper({
    store,
    clock: { now: () => now, monotonic: () => performance.now(), sleep: async () => {} },
    entropy: { bytes: (length) => new Uint8Array(length) },
    report: () => undefined,
    signal: new AbortController().signal,
    idle: 3_600_000,
    plan: sweepPlan({ within: "10m" }),
  });
  process.on("message", async (told) => {
    now = Number(told);
    process.send?.((await sweeper.sweep()).complete);
  });
}

if (import.meta.main) sweepWhenTold(process.argv.slice(2));
