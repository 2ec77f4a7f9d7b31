/** Sends calls: those that count once they are confirmed, and others through the app's client. */
import type { Call } from "./calls.ts";
import { commandOf, isUnknownScript } from "./calls.ts";
import type { Commander } from "./clients/commander.ts";
import { byDisks, byReplicas, ConfirmedWrites } from "./confirmed-writes.ts";

/** When a write counts. */
interface SenderOptions {
  readonly confirmTimeout: number;
  readonly replicas: number;
  readonly durability: "normal" | "full";
}

export class Sender {
  readonly #commander: Commander;
  readonly #confirmed: ConfirmedWrites | undefined;

  constructor(commander: Commander, { replicas, confirmTimeout, durability }: SenderOptions) {
    this.#commander = commander;
    if (durability === "full") this.#confirmed = new ConfirmedWrites(commander, byDisks(replicas, confirmTimeout));
    else if (replicas > 0) this.#confirmed = new ConfirmedWrites(commander, byReplicas(replicas, confirmTimeout));
  }

  /** A write that counts once it is confirmed, if that is asked for. */
  write(call: Call): Promise<unknown> {
    return this.#confirmed?.write(call) ?? this.send(call);
  }

  /** Sends a call through the app's client. */
  async send(call: Call): Promise<unknown> {
    try {
      return await this.#commander.send(call.key, commandOf(call));
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return this.#commander.send(call.key, commandOf(call, true));
    }
  }

  close(): void {
    this.#confirmed?.close();
  }
}
