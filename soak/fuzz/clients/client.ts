/** Plays one planned connection over a raw socket: pieces, pauses and endings as drawn, answers read strictly. */
import { connect, type Socket } from "node:net";
import type { ConnectionPlan } from "../plan.ts";
import type { Step } from "./messages.ts";
import { type Answer, AnswerReader } from "./wire.ts";

/** How a connection went, as its client saw it. */
export interface Played {
  readonly answers: readonly Answer[];
  /** Interim answers that no answer followed. */
  readonly interim: Answer["interim"];
  readonly tunnel: string;
  /** What came that is no answer at its turn. */
  readonly fault: string | null;
  /**
   * `end`: the gateway's side ended well; `reset`: it broke; `left`: the client went; `stuck`: neither side ended
   * it for far too long.
   */
  readonly over: "end" | "reset" | "left" | "stuck";
  /** How many of the requests went out to their first byte. */
  readonly begun: number;
  /** Monotonic milliseconds. */
  readonly from: number;
  readonly until: number;
}

/** Longer than all limits of the gateway together. */
const LONGEST = 30_000;
const LONGEST_CONTINUE = 150;
/** A tunnel has no end of its own. */
const TUNNEL = 25;

/** Plays one connection to its end. */
export class Client {
  readonly #plan: ConnectionPlan;
  readonly #steps: readonly Step[];
  readonly #reader: AnswerReader;
  readonly #socket: Socket;
  readonly #from = performance.now();
  #begun = 0;
  #over: Played["over"] | null = null;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(plan: ConnectionPlan, steps: readonly Step[], port: number) {
    this.#plan = plan;
    this.#steps = steps;
    this.#reader = new AnswerReader(
      (place) => {
        const request = place < this.#begun ? plan.requests[place] : undefined;
        return request && { method: request.method, minor: request.minor, upgrades: request.upgrade !== null };
      },
      () => this.#wake?.(),
    );
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
  }

  /** `acted` is called when the client has sent and read everything, and only waits for the end of its connection. */
  async play(acted: () => void): Promise<Played> {
    const closed = Promise.withResolvers<void>();
    const socket = this.#socket;
    socket.on("data", (chunk: Buffer) => {
      this.#reader.feed(chunk);
      if (this.#reader.fault !== null) this.#leave("left");
    });
    socket.on("end", () => {
      this.#ended = true;
      socket.end();
    });
    socket.on("error", () => {
      this.#over ??= "reset";
    });
    socket.once("close", () => {
      this.#over ??= this.#ended ? "end" : "reset";
      this.#wake?.();
      closed.resolve();
    });
    const limit = setTimeout(() => this.#leave("stuck"), LONGEST);
    if (this.#plan.deaf > 0) this.#hardOfHearing();
    await this.#act();
    acted();
    await closed.promise;
    clearTimeout(limit);
    this.#reader.end(this.#over === "end");
    return this.#outcome();
  }

  #outcome(): Played {
    const { answers, interim, tunnel, fault } = this.#reader;
    const text = tunnel.length === 0 ? "" : Buffer.concat(tunnel).toString("latin1");
    const until = performance.now();
    return { answers, interim, tunnel: text, fault, over: this.#over ?? "end", begun: this.#begun, from: this.#from, until };
  }

  #hardOfHearing(): void {
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), this.#plan.deaf);
  }

  async #act(): Promise<void> {
    const { ending, leaves } = this.#plan;
    if (ending === "destroy" || ending === "reset") setTimeout(() => this.#leave("left"), leaves + 1);
    const all = this.#plan.requests.length;
    for (const step of this.#steps) {
      if (this.#over !== null || this.#ended) return;
      await this.#step(step);
    }
    if (ending === "answered" || ending === "wait") await this.#until(() => this.#reader.answers.length >= all, LONGEST);
    if (this.#expectsTunnel) await this.#tunnel();
    else if (ending === "answered" || ending === "half") this.#socket.end();
  }

  get #expectsTunnel(): boolean {
    return this.#plan.requests.at(-1)?.upgrade === "websocket";
  }

  async #step(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        if (step.begins !== undefined) this.#begun = step.begins + 1;
        this.#socket.write(step.bytes);
        return;
      case "pause":
        await this.#until(() => false, step.milliseconds);
        return;
      case "await":
        await this.#until(() => this.#reader.answers.length > step.turn, LONGEST);
        return;
      case "continue":
        await this.#until(() => this.#reader.answers.length > step.turn || this.#reader.interim.length > 0, LONGEST_CONTINUE);
        return;
      case "end":
        this.#socket.end();
    }
  }

  /** Listens to what the app says in the tunnel for a while, and goes. */
  async #tunnel(): Promise<void> {
    await this.#until(() => this.#reader.inTunnel, LONGEST);
    if (!this.#reader.inTunnel) return;
    await this.#until(() => false, TUNNEL);
    this.#leave("left");
  }

  /** Waits until something is so, the connection is over, or a while. */
  #until(is: () => boolean, most: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#awaken(resolve), most);
    this.#wake = () => {
      if (!is() && this.#over === null && !this.#ended && this.#reader.fault === null) return;
      clearTimeout(timer);
      this.#awaken(resolve);
    };
    this.#wake();
    return promise;
  }

  #awaken(resolve: () => void): void {
    this.#wake = null;
    resolve();
  }

  #leave(how: "left" | "stuck"): void {
    if (this.#over !== null || this.#socket.destroyed) return;
    this.#over = how;
    if (this.#plan.ending === "reset") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }
}
