import type { SessionStore } from "../../src/contracts.ts";
import { memory } from "../../src/stores/memory.ts";

/** A memory store whose writes wait for a gate that the test opens, or fail there. */
export interface GatedStore extends SessionStore {
  /** From now on writes wait. Resolves when the first one does. */
  hold(): Promise<void>;
  /** Lets those that wait, and all later ones, through; with an error they fail instead. */
  release(error?: Error): void;
  /** Rows put so far. */
  readonly written: number;
}

export function gatedStore(): GatedStore {
  const inner = memory();
  let gate: PromiseWithResolvers<void> | null = null;
  let waits = Promise.withResolvers<void>();
  let failure: Error | null = null;
  let written = 0;

  async function pass<T>(write: () => T | Promise<T>): Promise<T> {
    if (gate !== null) {
      waits.resolve();
      await gate.promise;
    }
    if (failure !== null) throw failure;
    return write();
  }

  return {
    ...inner,
    name: "gated",
    capabilities: inner.capabilities,
    get: async (id) => inner.get(id),
    put: (row, condition) =>
      pass(async () => {
        const done = await inner.put(row, condition);
        if (done) written += 1;
        return done;
      }),
    end: (target, reason, now) => pass(() => inner.end(target, reason, now)),
    hold() {
      gate = Promise.withResolvers();
      waits = Promise.withResolvers();
      return waits.promise;
    },
    release(error) {
      failure = error ?? null;
      gate?.resolve();
      gate = null;
    },
    get written() {
      return written;
    },
  };
}
