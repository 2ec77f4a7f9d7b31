/** One refresh on its way. It belongs to no request: whoever waits for it may go, it goes on. */
import type { Provider } from "../../contracts.ts";
import type { Renewal } from "./options.ts";

/** What became of it. `failed`: the store did not answer, or this process closes. */
export type Landing = Renewal | { readonly kind: "failed"; readonly cause: unknown };

/** A request that waits for it. */
export interface Waiter {
  end(landing: Landing): void;
}

export class Flight {
  readonly id: string;
  /** Who is asked, as the row said when it began. */
  readonly provider: Provider | undefined;
  /** When it began, on the monotonic clock. */
  readonly since: number;
  /** Never rejects. */
  readonly landed: Promise<Landing>;
  readonly land: (landing: Landing) => void;
  /** Requests that wait for it. */
  waiting: readonly Waiter[] = [];
  /** Stops hearing of the end of the session, of which one hears while somebody waits. */
  stopWatching: (() => void) | null = null;
  /** It was told that requests wait for it no longer. */
  slow = false;

  constructor(id: string, provider: Provider | undefined, since: number) {
    const { promise, resolve } = Promise.withResolvers<Landing>();
    this.id = id;
    this.provider = provider;
    this.since = since;
    this.landed = promise;
    this.land = resolve;
  }
}

/** A renewal that came of it, or what it failed of. */
export function renewalOf(landing: Landing): Renewal {
  if (landing.kind === "failed") throw landing.cause;
  return landing;
}
