/** WebSockets and event streams, which end with their session. */
import type { EndReason } from "coatcheck/contracts";
import type { Observer } from "../observe/observer.ts";
import type { WatchSession } from "../session/interface.ts";

/** A stream that lasts: a WebSocket, an event stream. */
export interface OpenStream {
  readonly sessionId: string | null;
  readonly upstream: string;
  cut(): void;
}

/** The streams of one session, under watch together. */
interface Bundle {
  readonly streams: Set<OpenStream>;
  readonly stop: () => void;
}

/**
 * The open streams. What was opened with a session is cut when the session has ended, on this replica or another, or
 * has run out; frames are no activity (PX-05). While the store cannot say, streams go on.
 */
export class OpenStreams {
  readonly #watch: WatchSession;
  readonly #observer: Observer;
  readonly #bySession = new Map<string, Bundle>();
  readonly #others = new Set<OpenStream>();

  constructor(watch: WatchSession, observer: Observer) {
    this.#watch = watch;
    this.#observer = observer;
  }

  get size(): number {
    let size = this.#others.size;
    for (const { streams } of this.#bySession.values()) size += streams.size;
    return size;
  }

  add(stream: OpenStream): void {
    const { sessionId } = stream;
    if (sessionId === null) {
      this.#others.add(stream);
      return;
    }
    const known = this.#bySession.get(sessionId);
    if (known !== undefined) {
      known.streams.add(stream);
      return;
    }
    const stop = this.#watch(sessionId, (reason) => this.#ended(sessionId, reason));
    this.#bySession.set(sessionId, { streams: new Set([stream]), stop });
  }

  remove(stream: OpenStream): void {
    const { sessionId } = stream;
    this.#others.delete(stream);
    const bundle = sessionId === null ? undefined : this.#bySession.get(sessionId);
    if (sessionId === null || bundle?.streams.delete(stream) !== true || bundle.streams.size > 0) return;
    this.#bySession.delete(sessionId);
    bundle.stop();
  }

  /** Cuts everything that is open. */
  cutAll(): void {
    this.#cut(this.#others);
    for (const { streams } of [...this.#bySession.values()]) this.#cut(streams);
  }

  #ended(sessionId: string, reason: EndReason): void {
    this.#observer.notice("stream.cut", { sessionId, reason });
    this.#cut(this.#bySession.get(sessionId)?.streams);
  }

  #cut(streams: Iterable<OpenStream> = []): void {
    for (const stream of [...streams]) {
      stream.cut();
      this.remove(stream);
    }
  }
}
