/**
 * Single flight: one refresh of a session that is under way. It belongs to no request, and goes on if all who wait for
 * it leave.
 */
import type { Provider } from "../../contracts.ts";
import type { Renewal } from "./options.ts";

/** The result of a flight. `failed`: the store did not answer, or this process closes. */
export type Landing = Renewal | { readonly kind: "failed"; readonly cause: unknown };

/** A request that waits for it. */
export interface Waiter {
  end(landing: Landing): void;
}

export class Flight {
  readonly id: string;
  /** The provider that is asked, by the row as it was at the beginning. */
  readonly provider: Provider | undefined;
  /** When it began, on the monotonic clock. */
  readonly since: number;
  /** Never rejects. */
  readonly landed: Promise<Landing>;
  readonly land: (landing: Landing) => void;
  /** Requests that wait for it. */
  waiting: readonly Waiter[] = [];
  /** Stops watching for the end of the session, which is watched while requests wait. */
  stopWatching: (() => void) | null = null;
  /** It was reported that a request waited for it too long. */
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

/** The result; throws the cause if the flight failed. */
export function renewalOf(landing: Landing): Renewal {
  if (landing.kind === "failed") throw landing.cause;
  return landing;
}
