import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MaybePromise, SessionRow, SessionStore } from "../../contracts.ts";
import { answering } from "./answering.ts";
import { closingCases } from "./closing.ts";
import { endingCases } from "./endings.ts";
import { listCases } from "./lists.ts";
import { markCases } from "./markers.ts";
import { sweepCases } from "./sweeps.ts";
import { watchingCases } from "./watching.ts";
import { writeCases } from "./writes.ts";

/** A store on empty storage, made for one test. */
export interface StoreUnderTest {
  readonly store: SessionStore;
  /**
   * Another handle on the same storage, as another process or replica would hold one. Give it wherever `capabilities.shared` is
   * `true`: contention is then played across handles. The suite closes what it opened.
   */
  another?(): MaybePromise<SessionStore>;
  /** Removes the storage; called after every handle was closed. */
  dispose?(): MaybePromise<void>;
}

/** Options of {@link storeSuite}. */
export interface StoreSuiteOptions {
  /** Makes a store on empty storage; called once for each test. */
  make(): MaybePromise<StoreUnderTest>;
  /** How many writers contend for one row. Default 24. */
  readonly writers?: number;
  /** How many random rows make the round trip. Default 200. */
  readonly rows?: number;
  /** Repeats the random rows of a run that failed; the failure names it. Default: another one each time. */
  readonly seed?: number;
}

/** What a case is handed. */
export interface CaseContext {
  readonly store: SessionStore;
  /** All handles on the storage: one or two. */
  readonly handles: readonly [SessionStore, ...SessionStore[]];
  readonly writers: number;
  readonly rows: number;
  readonly seed: number;
  /** The handle that the nth of several parties uses. */
  handle(n: number): SessionStore;
  /** The stored row, as a plain object; fails where there is none. */
  stored(id: string): Promise<SessionRow>;
}

/** One requirement, and what proves it. */
export interface Case {
  readonly name: string;
  run(context: CaseContext): Promise<void>;
}

/**
 * What every session store has to do, as tests of `node:test`: conditions under contention, no resurrection, emptied rows, touches,
 * lists, marks, sweeping, odd values, closing, and of stores that can push that every ending is told within a second. Each test has a store of its own. The suite tells all times itself; they are whole
 * milliseconds, and lie in the year 2050.
 *
 * @example
 * ```ts
 * import { storeSuite } from "coatcheck/testing"
 *
 * storeSuite("my store", {
 *   async make() {
 *     const schema = await freshSchema()
 *     return { store: myStore(schema), another: () => myStore(schema), dispose: () => drop(schema) }
 *   },
 * })
 * ```
 */
export function storeSuite(name: string, options: StoreSuiteOptions): void {
  describe(`store ${name}`, () => {
    for (const one of storeCases) test(one.name, () => playCase(one, options));
  });
}

/** All that a store has to do. */
export const storeCases: readonly Case[] = [
  ...writeCases,
  ...endingCases,
  ...listCases,
  ...markCases,
  ...sweepCases,
  ...watchingCases,
  ...closingCases,
];

/** Plays one case on a store of its own; rejects where the store does not do what it has to. */
export async function playCase({ run }: Case, options: StoreSuiteOptions): Promise<void> {
  const made = await options.make();
  const handles: [SessionStore, ...SessionStore[]] = [answering(made.store)];
  try {
    assert.ok(!made.store.capabilities.shared || made.another, "a shared store must be tested with another handle");
    if (made.another) handles.push(answering(await made.another()));
    await run(contextOf(handles, options));
  } finally {
    for (const handle of handles) await handle.close();
    await made.dispose?.();
  }
}

function contextOf(handles: readonly [SessionStore, ...SessionStore[]], options: StoreSuiteOptions): CaseContext {
  const { writers = 24, rows = 200, seed = Math.floor(Math.random() * 2 ** 32) } = options;
  const [store] = handles;
  return {
    store,
    handles,
    writers,
    rows,
    seed,
    handle: (n) => handles[n % handles.length] ?? store,
    async stored(id) {
      const row = await store.get(id);
      assert.ok(row, `no row ${id}`);
      return { ...row };
    },
  };
}
