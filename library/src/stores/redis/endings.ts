/** Endings of any process: one subscription that stands from the start. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { EndReason } from "../../contracts.ts";
import { hear } from "../../core/hear.ts";
import { isEndReason } from "../../core/row-columns.ts";
import type { Commander, Link } from "./clients/commander.ts";

export type EndingListener = (ended: { readonly id: string; readonly reason: EndReason }) => void;

/** What is published for an ending: a reason has no space, an id may have one. */
export const endingMessage = (id: string, reason: EndReason): string => `${reason} ${id}`;

/** How long one node of a cluster may take to let us subscribe, before another one is asked, in milliseconds. */
const LONGEST = 2_000;
/** Pauses between attempts to subscribe, in milliseconds; the last one stays. */
const PAUSES = [50, 100, 250, 500, 1_000];

/** How often the subscription is asked whether it still hears, in milliseconds. */
const PROBE = 10_000;
/** What is published in place of a reason, to be heard by who published it. */
const PROBED = "?";

interface Listener {
  readonly ended: EndingListener;
  readonly gap: () => void;
}

/**
 * Subscribing with the first listener would miss the endings of the next milliseconds, because they may overtake it.
 * So it stands from the start, and listeners hear of endings from just before as well.
 */
export class EndingPush {
  readonly #commander: Commander;
  readonly #channel: string;
  readonly #listeners = new Set<Listener>();
  readonly #over = new AbortController();
  readonly #probeEvery: number;
  #link: Link | undefined;
  #turn = 0;
  /** What was published last to be heard here. */
  #probed: { readonly name: string; readonly heard: () => void } | undefined;

  constructor(commander: Commander, channel: string, probeEvery: number = PROBE) {
    this.#commander = commander;
    this.#channel = channel;
    this.#probeEvery = probeEvery;
    void this.#run();
  }

  /** Calls back for each ending, and `gap` when some may have been missed. Answers how to stop. */
  watch(ended: EndingListener, gap: () => void): () => void {
    const listener = { ended, gap };
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    this.#over.abort();
    this.#listeners.clear();
    this.#link?.close();
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#over.signal.aborted; ) {
      try {
        await this.#subscribed();
        failures = 0;
      } catch {
        failures++;
      }
      const pause = PAUSES[Math.min(failures, PAUSES.length - 1)];
      await sleep(pause, undefined, { ref: false, signal: this.#over.signal }).catch(() => {});
    }
  }

  /** Resolves when the subscription has to be made anew. */
  async #subscribed(): Promise<void> {
    const masters = this.#commander.masters();
    // In a cluster every node tells of what any publishes; each attempt goes to another one.
    const link = this.#commander.open(masters[this.#turn++ % masters.length] ?? "");
    this.#link = link;
    try {
      await this.#until(link);
    } finally {
      link.close();
    }
  }

  #until(link: Link): Promise<void> {
    const isCluster = this.#commander.kind === "cluster";
    const ended = new AbortController();
    const until = new Promise<void>((resolve, reject) => {
      this.#over.signal.addEventListener("abort", () => resolve(), { once: true, signal: ended.signal });
      void this.#untilDeaf(ended.signal).then(resolve);
      // Where there are other nodes, another one tells it sooner than this one comes back.
      const late = isCluster ? setTimeout(resolve, LONGEST).unref() : undefined;
      const listener = {
        heard: (message: string) => this.#heard(message),
        stands: () => {
          clearTimeout(late);
          this.#gap();
        },
        lost: () => (isCluster ? resolve() : undefined),
        over: () => resolve(),
      };
      link.subscribe(this.#channel, listener).catch(reject);
    });
    return until.finally(() => ended.abort());
  }

  /** Resolves when what was published is not heard here: a connection that was cut without a word says nothing. */
  async #untilDeaf(ended: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#probeEvery, undefined, { ref: false, signal: ended }).catch(() => {});
      if (ended.aborted || !(await this.#hears(ended))) return;
    }
  }

  #hears(ended: AbortSignal): Promise<boolean> {
    const name = randomBytes(12).toString("base64url");
    return new Promise((resolve) => {
      this.#probed = { name, heard: () => resolve(true) };
      const late = (): void =>
        void sleep(LONGEST, undefined, { ref: false, signal: ended }).then(
          () => resolve(false),
          () => resolve(false),
        );
      // If nothing was published, that says nothing of the subscription.
      this.#commander.send(this.#channel, ["PUBLISH", this.#channel, `${PROBED} ${name}`]).then(late, () => resolve(true));
    });
  }

  #heard(message: string): void {
    const space = message.indexOf(" ");
    const reason = message.slice(0, space);
    if (reason === PROBED && message.slice(space + 1) === this.#probed?.name) this.#probed.heard();
    // A newer release may know other reasons.
    if (!isEndReason(reason)) return;
    const ended = { id: message.slice(space + 1), reason };
    for (const listener of this.#listeners) hear(listener.ended, ended);
  }

  #gap(): void {
    for (const { gap } of this.#listeners) hear(gap, undefined);
  }
}
