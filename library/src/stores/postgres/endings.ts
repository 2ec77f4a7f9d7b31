/** Hears of endings on a connection of its own (`LISTEN`), and opens it again when it is lost. */
import type { EndReason } from "../../contracts.ts";
import { hear } from "../../core/hear.ts";
import { isEndReason } from "../../core/row-columns.ts";
import type { PostgresListener } from "./client.ts";
import { leave } from "./own-connection.ts";
import { within } from "./within.ts";

export type EndingListener = (ended: { readonly id: string; readonly reason: EndReason }) => void;

/** What {@link Endings} needs. */
interface EndingsOptions {
  readonly listen: () => PostgresListener;
  readonly channel: string;
  /** How long the connection may take for one answer, in milliseconds. */
  readonly timeout: number;
}

/** The first pause before a lost connection is opened again, and the longest; each is twice the last. Milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** How often a silent connection is asked whether it still stands, in milliseconds. */
const PROBE = 10_000;

/** One subscription from the start, for all listeners of the process. */
export class Endings {
  readonly #options: EndingsOptions;
  readonly #listeners = new Map<EndingListener, (() => void) | undefined>();
  #client: PostgresListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pause = FIRST_PAUSE;
  #closed = false;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /**
   * Opens the connection. Resolves when it stands or could not be opened; it is tried again until it does. When it
   * stands, listeners are told of a gap: what ended before may not have been heard.
   */
  async open(): Promise<void> {
    const { listen, channel, timeout } = this.#options;
    if (this.#closed) return;
    let client: PostgresListener;
    try {
      client = listen();
    } catch {
      // It reads a file that is not there just now, for example. That is tried again too.
      this.#again();
      return;
    }
    this.#client = client;
    const lost = (): void => this.#lost(client);
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ payload }) => this.#tell(payload ?? ""));
    try {
      await within(timeout, client.connect());
      await within(timeout, client.query(`LISTEN "${channel}"`));
    } catch {
      lost();
      return;
    }
    if (this.#client !== client) return;
    this.#pause = FIRST_PAUSE;
    this.#probeLater(client);
    for (const gap of this.#listeners.values()) if (gap !== undefined) hear(gap, undefined);
  }

  watch(listener: EndingListener, gap: (() => void) | undefined): () => void {
    const own: EndingListener = (ended) => listener(ended);
    this.#listeners.set(own, gap);
    return () => {
      this.#listeners.delete(own);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await leave(client, this.#options.timeout);
  }

  #lost(client: PostgresListener): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    void leave(client, this.#options.timeout);
    this.#again();
  }

  #again(): void {
    clearTimeout(this.#timer);
    // Replicas that lost their connections together do not come back together.
    const pause = this.#pause * (0.5 + Math.random() / 2);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    this.#timer = setTimeout(() => void this.open(), pause).unref();
  }

  /** A connection that was cut without a word would be silent for ever. */
  #probeLater(client: PostgresListener): void {
    this.#timer = setTimeout(async () => {
      try {
        await within(this.#options.timeout, client.query("SELECT 1"));
        if (this.#client === client) this.#probeLater(client);
      } catch {
        this.#lost(client);
      }
    }, PROBE).unref();
  }

  /** `id reason`: a reason has no space in it. A newer release may tell one that this one does not know. */
  #tell(payload: string): void {
    const at = payload.lastIndexOf(" ");
    const reason = payload.slice(at + 1);
    if (at === -1 || !isEndReason(reason)) return;
    for (const listener of this.#listeners.keys()) hear(listener, { id: payload.slice(0, at), reason });
  }
}
