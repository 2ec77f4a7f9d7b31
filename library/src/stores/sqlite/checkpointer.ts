/** Starts checkpoints in a worker thread as the write-ahead log grows. */
import { Worker } from "node:worker_threads";

/** The data that the worker starts with. */
export interface CheckpointWork {
  readonly path: string;
  readonly running: Int32Array<SharedArrayBuffer>;
}

/** Pages written between two checkpoints: about 4 MB of log. */
const PAGES = 1_000;

/** Asks a worker for checkpoints as the log grows. The first one starts the worker, which keeps no process alive. */
export class Checkpointer {
  readonly #path: string;
  readonly #failed: (cause: unknown) => void;
  #worker: Worker | undefined;
  #exited: Promise<void> | undefined;
  #pages = 0;
  #closed = false;
  /** 1 while a checkpoint is requested or runs. In shared memory, so that a busy event loop delays no checkpoint. */
  readonly #running = new Int32Array(new SharedArrayBuffer(4));

  /** @param failed called once if the worker fails: SQLite then checkpoints by itself, on the event loop. */
  constructor(path: string, failed: (cause: unknown) => void) {
    this.#path = path;
    this.#failed = failed;
  }

  /** Counts the pages of a write. Returns whether it requested a checkpoint, which means that the last one is over. */
  wrote(pages: number): boolean {
    this.#pages += pages;
    if (this.#pages < PAGES || this.#closed || Atomics.compareExchange(this.#running, 0, 0, 1) !== 0) return false;
    this.#request();
    return true;
  }

  /** Resolves when the worker has closed its connection; `undefined` if there is no worker. */
  close(): Promise<void> | undefined {
    this.#closed = true;
    this.#worker?.ref();
    this.#worker?.postMessage("close");
    this.#worker = undefined;
    return this.#exited;
  }

  #request(): void {
    try {
      this.#worker ??= this.#start();
      this.#pages = 0;
      this.#worker.postMessage("checkpoint");
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const workerData: CheckpointWork = { path: this.#path, running: this.#running };
    // Its own streams: a worker that shares ours would turn the process's output into a non-blocking one.
    const options = { workerData, execArgv: [], stdout: true, stderr: true };
    const worker = new Worker(new URL(`./checkpoint.${extension}`, import.meta.url), options);
    worker.unref();
    worker.on("error", (error) => this.#giveUp(error));
    this.#exited = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#giveUp(new Error("the checkpoint worker exited"));
        resolve();
      });
    });
    return worker;
  }

  #giveUp(cause: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#worker = undefined;
    this.#failed(cause);
  }
}
