/** What a case of the store suite is, and what a store hands to it. */
import type { MaybePromise, SessionRow, SessionStore } from "../../contracts.ts";

/**
 * A store on empty storage, made for one test.
 *
 * @example
 * ```ts
 * import type { StoreUnderTest } from "coatcheck/testing";
 * async function make(): Promise<StoreUnderTest> {
 *   const schema = await freshSchema();
 *   return { store: myStore(schema), another: () => myStore(schema), dispose: () => drop(schema) };
 * }
 * ```
 */
export interface StoreUnderTest {
  readonly store: SessionStore;
  /**
   * Another handle on the same storage, as another process or replica would hold one. Give it wherever
   * `capabilities.shared` is `true`: contention is then played across handles. The suite closes what it opened.
   */
  another?(): MaybePromise<SessionStore>;
  /** Removes the storage; called after every handle was closed. */
  dispose?(): MaybePromise<void>;
}

/**
 * Options of `storeSuite`.
 *
 * @example
 * ```ts
 * import { storeSuite } from "coatcheck/testing";
 * // The rows of a failed run again, by the seed that its message names.
 * storeSuite("my store", { make: async () => ({ store: myStore(await freshSchema()) }), rows: 2_000, seed: 1234 });
 * ```
 */
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
  /** The stored row, as a plain object; fails if there is none. */
  stored(id: string): Promise<SessionRow>;
}

/** One requirement, and what proves it. */
export interface Case {
  readonly name: string;
  run(context: CaseContext): Promise<void>;
}
