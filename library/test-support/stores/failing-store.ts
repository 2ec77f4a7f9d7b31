/** A store that says how often it was asked, and whose methods fail while the test says so. */
import type { SessionStore } from "../../src/contracts.ts";
import { memory } from "../../src/stores/memory.ts";
import { overStore } from "../../src/testing/over-store.ts";

export type StoreMethod = "get" | "put" | "touch" | "end" | "list" | "mark" | "marked" | "sweep";

export interface FailingStore {
  readonly store: SessionStore;
  /** The methods that throw for now. */
  readonly failing: Set<StoreMethod>;
  /** The methods that were called, in order; a test empties it when it begins to count. */
  readonly calls: StoreMethod[];
  /** How often a method was called. */
  count(method: StoreMethod): number;
}

/** Over another store, which tells of no endings by itself then. */
export function failingStore(real: SessionStore = memory()): FailingStore {
  const failing = new Set<StoreMethod>();
  const calls: StoreMethod[] = [];
  const through =
    <A extends readonly unknown[], R>(name: StoreMethod, call: (...args: A) => R) =>
    (...args: A): R => {
      calls.push(name);
      if (failing.has(name)) throw new Error("the store is away");
      return call(...args);
    };
  const store = overStore(real, {
    get: through("get", real.get.bind(real)),
    put: through("put", real.put.bind(real)),
    touch: through("touch", real.touch.bind(real)),
    end: through("end", real.end.bind(real)),
    list: through("list", real.list.bind(real)),
    mark: through("mark", real.mark.bind(real)),
    marked: through("marked", real.marked.bind(real)),
    sweep: through("sweep", real.sweep.bind(real)),
  });
  return { store, failing, calls, count: (method) => calls.filter((name) => name === method).length };
}
