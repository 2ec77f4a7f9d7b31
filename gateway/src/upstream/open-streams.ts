import type { Observer } from "../observe/observer.ts";
import type { IsAlive } from "../seam.ts";

/** A stream that lasts: a WebSocket, an event stream. */
export interface OpenStream {
  readonly sessionId: string | null;
  readonly upstream: string;
  cut(): void;
}

/** How often the sessions of open streams are looked at, in milliseconds. */
export const STREAM_CHECK_INTERVAL = 5_000;

/**
 * The open streams. What was opened with a session is cut when the session has ended, on this replica or another, or has expired;
 * frames are no activity (PX-05). While the store cannot say, streams go on.
 */
export class OpenStreams {
  readonly #isAlive: IsAlive;
  readonly #observer: Observer;
  readonly #bySession = new Map<string, Set<OpenStream>>();
  readonly #others = new Set<OpenStream>();
  #timer: NodeJS.Timeout | undefined;

  constructor(isAlive: IsAlive, observer: Observer) {
    this.#isAlive = isAlive;
    this.#observer = observer;
  }

  get size(): number {
    let size = this.#others.size;
    for (const streams of this.#bySession.values()) size += streams.size;
    return size;
  }

  add(stream: OpenStream): void {
    if (stream.sessionId === null) {
      this.#others.add(stream);
      return;
    }
    const streams = this.#bySession.get(stream.sessionId) ?? new Set();
    this.#bySession.set(stream.sessionId, streams.add(stream));
    this.#timer ??= setInterval(() => void this.check(), STREAM_CHECK_INTERVAL).unref();
  }

  remove(stream: OpenStream): void {
    this.#others.delete(stream);
    if (stream.sessionId === null) return;
    const streams = this.#bySession.get(stream.sessionId);
    streams?.delete(stream);
    if (streams?.size === 0) this.#bySession.delete(stream.sessionId);
    if (this.#bySession.size === 0) this.#stopLooking();
  }

  /** Looks at every session that holds a stream open, and cuts those of dead ones. */
  async check(): Promise<void> {
    for (const sessionId of [...this.#bySession.keys()]) {
      if (await this.#mayGoOn(sessionId)) continue;
      this.#observer.notice("stream.cut", { sessionId, reason: "session-ended" });
      this.#cut(this.#bySession.get(sessionId));
    }
  }

  /** Cuts everything that is open. */
  cutAll(): void {
    this.#cut(this.#others);
    for (const streams of [...this.#bySession.values()]) this.#cut(streams);
    this.#stopLooking();
  }

  async #mayGoOn(sessionId: string): Promise<boolean> {
    try {
      return await this.#isAlive(sessionId);
    } catch {
      return true;
    }
  }

  #cut(streams: Iterable<OpenStream> = []): void {
    for (const stream of [...streams]) {
      stream.cut();
      this.remove(stream);
    }
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
