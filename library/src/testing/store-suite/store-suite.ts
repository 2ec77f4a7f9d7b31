/** The published suite that every session store has to pass, as tests of `node:test`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SessionStore } from "../../contracts.ts";
import { answering } from "./answering.ts";
import type { Case, CaseContext, StoreSuiteOptions } from "./case.ts";
import { closingCases } from "./closing.ts";
import { endingCases } from "./endings.ts";
import { listCases } from "./lists.ts";
import { manyCases } from "./many.ts";
import { markCases } from "./markers.ts";
import { scanCases } from "./scans.ts";
import { sweepCases } from "./sweeps.ts";
import { versionCases } from "./versions.ts";
import { watchingCases } from "./watching.ts";
import { writeCases } from "./writes.ts";

/**
 * What every session store has to do, as tests of `node:test`: conditions under contention, no resurrection, emptied
 * rows, touches, lists, one-time markers, sweeping, odd values, closing, and of stores that can push that every ending
 * is told within a second. Each test has a store of its own. The suite tells all times itself; they are whole
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
  ...versionCases,
  ...manyCases,
  ...endingCases,
  ...listCases,
  ...markCases,
  ...sweepCases,
  ...scanCases,
  ...watchingCases,
  ...closingCases,
];

/** Plays one case on a store of its own; rejects if the store does not do what it has to. */
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
