/** What modules about refreshes need: how many the provider has seen, and a way to hold its responses back. */
import type { App } from "./target.ts";

/** How many refreshes the provider has got. */
export const refreshesOf = ({ provider }: App): number => provider.calls.filter(({ kind }) => kind === "refresh").length;

/** Refreshes that have taken effect at the provider, and whose answers wait. */
export interface HeldRefreshes {
  /** Resolves when the first one is there. */
  arrived(): Promise<void>;
  release(): void;
}

/** From now on answers to refreshes wait for `release`. */
export function holdRefreshes(app: App): HeldRefreshes {
  const before = refreshesOf(app);
  const opened = Promise.withResolvers<void>();
  app.provider.hold = opened.promise;
  return {
    async arrived() {
      while (refreshesOf(app) === before) await new Promise((resolve) => setImmediate(resolve));
    },
    release() {
      app.provider.hold = null;
      opened.resolve();
    },
  };
}
