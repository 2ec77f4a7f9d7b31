/** A store with one replica, which loses what it did not hear of: the rows of Redis or PostgreSQL at a failover. */
import type { SessionStore } from "coatcheck/contracts";
import { memory } from "coatcheck/memory";

type Write = (store: SessionStore) => unknown;

/**
 * One store for all processes. While the link to its replica is cut, what is written is on the primary alone. A
 * failover makes the replica the primary, and that is gone.
 */
export class ReplicatedStore implements SessionStore {
  readonly name = "replicated";
  readonly capabilities = { shared: true, durable: true, watch: false } as const;
  #primary = memory();
  /** All writes, in order: the replica is what the first of them make. */
  readonly #log: Write[] = [];
  /** How many of them the replica has; `null`: each, as it comes. */
  #heard: number | null = null;

  /** Whether the replica hears of nothing. */
  get isCut(): boolean {
    return this.#heard !== null;
  }

  cut(): void {
    this.#heard ??= this.#log.length;
  }

  heal(): void {
    this.#heard = null;
  }

  /** The replica is the primary now. */
  failOver(): void {
    this.#log.length = this.#heard ?? this.#log.length;
    this.#heard = null;
    void this.#primary.close();
    this.#primary = memory();
    for (const write of this.#log) write(this.#primary);
  }

  readonly get: SessionStore["get"] = (id) => this.#primary.get(id);
  readonly list: SessionStore["list"] = (query, limit, now) => this.#primary.list(query, limit, now);
  readonly marked: SessionStore["marked"] = (key, now) => this.#primary.marked(key, now);
  readonly put: SessionStore["put"] = (row, condition) => this.#write((store) => store.put(row, condition));
  readonly touch: SessionStore["touch"] = (id, seen) => this.#write((store) => store.touch(id, seen));
  readonly end: SessionStore["end"] = (target, reason, now) => this.#write((store) => store.end(target, reason, now));
  readonly mark: SessionStore["mark"] = (key, until, now, value) => this.#write((store) => store.mark(key, until, now, value));
  readonly sweep: SessionStore["sweep"] = (limit, now) => this.#write((store) => store.sweep(limit, now));

  close(): void {
    void this.#primary.close();
  }

  #write<T>(write: (store: SessionStore) => T): T {
    this.#log.push(write);
    return write(this.#primary);
  }
}
