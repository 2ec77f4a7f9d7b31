/** The stage on which a case about `watch` plays: its listeners, and what may be told to them. */
import assert from "node:assert/strict";
import type { EndReason, SessionRow, SessionStore } from "../../contracts.ts";
import { START, sampleRow } from "./rows.ts";

/** How long an ending may take to be told, in milliseconds. */
const SOON = 1_000;

/** What one listener heard. */
interface Ear {
  /** The sessions whose end it was told, in order. One may be among them twice. */
  readonly told: readonly string[];
  /** Resolves when the end of this session was told; rejects if that takes too long. */
  isTold(id: string): Promise<void>;
  /** The same, or the store told of a gap, and the row says that it ended. */
  hears(id: string): Promise<void>;
  stop(): void;
}

/**
 * What a case has ended, and who listens. Endings of just before a listener began may be told to it, and an ending may
 * be told twice. A session that did not end may not, nor another reason.
 */
export class Stage {
  readonly #store: SessionStore;
  /** Noted before they are made. */
  readonly #endings = new Map<string, EndReason>();
  readonly #wrong: string[] = [];

  /** @param store the handle that is listened to */
  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** These sessions are about to end. */
  ends(reason: EndReason, ...rows: readonly Pick<SessionRow, "id">[]): void {
    for (const { id } of rows) this.#endings.set(id, reason);
  }

  listen(): Ear {
    assert.ok(this.#store.watch, "a store that says watch has it");
    const told: string[] = [];
    const found = new Set<string>();
    const waiting = new Set<() => void>();
    const wake = (): void => waiting.forEach((check) => void check());
    const stop = this.#store.watch(
      ({ id, reason }) => {
        if (this.#endings.get(id) !== reason) this.#wrong.push(`${id}: ${reason}`);
        told.push(id);
        wake();
      },
      () => void this.#look(found).then(wake),
    );
    const until = (done: () => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`an ending was not told within ${SOON} ms`)), SOON);
        const check = (): void => {
          if (!done()) return;
          clearTimeout(late);
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    return {
      told,
      stop,
      isTold: (id) => until(() => told.includes(id)),
      hears: (id) => until(() => told.includes(id) || found.has(id)),
    };
  }

  /** Ends fresh sessions until the ear is told of one: what it was not told until then it will not be. */
  async fence(ear: Ear, ender: SessionStore): Promise<string> {
    await ear.hears(await this.#endOne(ender));
    const last = await this.#endOne(ender);
    await ear.isTold(last);
    return last;
  }

  /** Nothing was told that had not ended. */
  judge(): void {
    assert.deepEqual(this.#wrong, [], "told of sessions that had not ended so");
  }

  async #endOne(ender: SessionStore): Promise<string> {
    const row = await stored(ender);
    this.ends("admin", row);
    await ender.end({ id: row.id }, "admin", START);
    return row.id;
  }

  /** After a gap a caller looks itself. */
  async #look(found: Set<string>): Promise<void> {
    for (const id of this.#endings.keys()) {
      const row = await this.#store.get(id);
      if (row !== undefined && row.ended !== null) found.add(id);
    }
  }
}

/** A fresh row in the store. */
export async function stored(store: SessionStore, changes: Partial<SessionRow> = {}): Promise<SessionRow> {
  const row = sampleRow(changes);
  assert.equal(await store.put(row, "absent"), true);
  return row;
}
