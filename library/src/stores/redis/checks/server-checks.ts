/** Asks the servers at the start what they would lose, and tells it once. Nothing waits for it. */
import { CoatcheckError } from "../../../core/errors.ts";
import type { Commander } from "../clients/commander.ts";
import type { ServerFacts } from "./facts.ts";
import { factsOf, QUESTIONS } from "./facts.ts";
import type { Use } from "./judge.ts";
import { refusal, warnings } from "./judge.ts";

interface CheckOptions extends Omit<Use, "kind"> {
  readonly warn: (message: string) => void;
}

/** A check that cannot be made is not repeated for ever: sessions do not depend on it. */
const ATTEMPTS = 3;

export class ServerChecks {
  readonly #commander: Commander;
  readonly #options: CheckOptions;
  #state: "open" | "running" | "done" | "closed" = "open";
  #refused: CoatcheckError | undefined;
  #attempts = 0;

  constructor(commander: Commander, options: CheckOptions) {
    this.#commander = commander;
    this.#options = options;
    void this.#run();
  }

  /** Throws `ERR_STORE_INVALID` if a server was found that cannot be used. */
  assert(): void {
    if (this.#refused !== undefined) throw this.#refused;
  }

  /** The client answers: a check that failed because it was not connected yet is done now. */
  answered(): void {
    if (this.#state === "open" && this.#attempts < ATTEMPTS) void this.#run();
  }

  close(): void {
    this.#state = "closed";
  }

  async #run(): Promise<void> {
    this.#state = "running";
    this.#attempts++;
    const end = (state: "done" | "open"): void => {
      if (this.#state === "running") this.#state = state;
    };
    try {
      const masters = this.#commander.masters();
      if (masters.length === 0) throw new Error("The client knows no server yet.");
      this.#judge(await Promise.all(masters.map((master) => this.#ask(master))));
      end("done");
    } catch {
      end("open");
    }
  }

  /** A question that is refused is answered with the refusal. */
  async #ask(master: string): Promise<ServerFacts> {
    const asked = QUESTIONS.map((command) => this.#commander.ask(master, command));
    const answers = await Promise.allSettled(asked);
    if (answers.every(({ status }) => status === "rejected")) await Promise.all(asked);
    return factsOf(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : answer.reason)));
  }

  #judge(servers: readonly ServerFacts[]): void {
    if (this.#state === "closed") return;
    const use: Use = { ...this.#options, kind: this.#commander.kind };
    const message = servers.map((facts) => refusal(facts, use)).find((said) => said !== undefined);
    if (message !== undefined) this.#refused = new CoatcheckError("ERR_STORE_INVALID", { message });
    const told = new Set(servers.flatMap((facts) => warnings(facts, use, Date.now())));
    for (const warning of told) this.#options.warn(warning);
  }
}
