/** The memory store of the example app, whose writes a module can watch and whose calls it can make fail. */
import type { SessionStore } from "coatcheck/contracts";
import { memory } from "coatcheck/memory";

export type StoreMethod = "get" | "put" | "touch" | "end" | "list" | "mark" | "marked" | "sweep";

/** A memory store that a module can watch, and break. */
export interface ControlledStore extends SessionStore {
  /** These fail from now on. */
  fail(...methods: readonly StoreMethod[]): void;
  /** Nothing fails any more. */
  recover(): void;
  /** Calls that write, so far. */
  readonly writes: readonly StoreMethod[];
}

export const EVERY_METHOD: readonly StoreMethod[] = ["get", "put", "touch", "end", "list", "mark", "marked", "sweep"];

const WRITES: ReadonlySet<StoreMethod> = new Set<StoreMethod>(["put", "touch", "end", "mark"]);

export function controlledStore(): ControlledStore {
  const inner = memory();
  const failing = new Set<StoreMethod>();
  const writes: StoreMethod[] = [];
  const pass = <T>(method: StoreMethod, call: () => T): T => {
    if (failing.has(method)) throw new Error(`the store is down: ${method}`);
    if (WRITES.has(method)) writes.push(method);
    return call();
  };
  return {
    name: "controlled",
    capabilities: { shared: false, durable: false, watch: false },
    get: (id) => pass("get", () => inner.get(id)),
    put: (row, condition) => pass("put", () => inner.put(row, condition)),
    touch: (id, seen) => pass("touch", () => inner.touch(id, seen)),
    end: (target, reason, now) => pass("end", () => inner.end(target, reason, now)),
    list: (query, limit, now) => pass("list", () => inner.list(query, limit, now)),
    mark: (key, until, now, value) => pass("mark", () => inner.mark(key, until, now, value)),
    marked: (key, now) => pass("marked", () => inner.marked(key, now)),
    sweep: (limit, now) => pass("sweep", () => inner.sweep(limit, now)),
    close: () => inner.close(),
    writes,
    fail(...methods) {
      for (const method of methods) failing.add(method);
    },
    recover() {
      failing.clear();
    },
  };
}
