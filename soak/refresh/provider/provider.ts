/** The run's side of the provider's process: starts it, and collects its journal. */
import { type ChildProcess, fork } from "node:child_process";
import { eachLine, end, keepTrack } from "../../child.ts";
import type { Moments } from "../faults.ts";
import type { TokenUse } from "../journal.ts";
import { isProviderMessage, type ProviderMessage, type ProviderOrder } from "./messages.ts";

/** The provider in its process, and the app behind the gateways. */
export class RunningProvider implements Moments {
  readonly #child: ChildProcess;
  readonly #begun = Promise.withResolvers<{ readonly issuer: string; readonly upstream: string }>();
  readonly #waiting = new Set<(by: string | undefined) => void>();
  readonly #words: string[] = [];
  readonly uses: TokenUse[] = [];

  private constructor(order: ProviderOrder) {
    this.#child = fork(new URL("process.ts", import.meta.url), { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    keepTrack(this.#child);
    eachLine(this.#child.stderr, (line) => this.#words.push(line));
    this.#child.on("message", (message) => {
      if (isProviderMessage(message)) this.#hear(message);
    });
    this.#child.once("exit", () => this.#begun.reject(new Error(`the provider ended:\n${this.#words.slice(-20).join("\n")}`)));
    this.#child.send(order);
  }

  static async start(order: ProviderOrder) {
    const provider = new RunningProvider(order);
    return { provider, ...(await provider.#begun.promise) };
  }

  next(limit: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      const hear = (by: string | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(hear);
        resolve(by);
      };
      const timer = setTimeout(() => hear(undefined), limit);
      this.#waiting.add(hear);
    });
  }

  close(): Promise<void> {
    return end(this.#child);
  }

  #hear(message: ProviderMessage): void {
    if (message.kind === "listening") this.#begun.resolve(message);
    else if (message.kind === "token-use") this.uses.push(message.use);
    else for (const hear of [...this.#waiting]) hear(message.by);
  }
}
