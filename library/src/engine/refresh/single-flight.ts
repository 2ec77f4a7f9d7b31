/**
 * Single flight: one refresh of a session that is under way. It belongs to no request, and goes on if all who wait for
 * it leave.
 */
import type { Provider } from "../../contracts.ts";
import type { SessionAfterRefresh } from "./options.ts";

/** The result of a flight. `failed`: the store or the app did not answer, or this process closes. */
export type FlightResult = SessionAfterRefresh | { readonly kind: "failed"; readonly cause: unknown };

/** The outcome of one look at the row: a result, or look again. */
export type Look = FlightResult | "again";

/** A request that waits for it. */
export interface Waiter {
  end(result: FlightResult): void;
}

export class SingleFlight {
  readonly id: string;
  /** The provider that is asked, by the row as it was at the beginning. */
  readonly provider: Provider | undefined;
  /** When it began, on the monotonic clock. */
  readonly since: number;
  /** Never rejects. */
  readonly result: Promise<FlightResult>;
  readonly finish: (result: FlightResult) => void;
  /** Requests that wait for it. */
  waiting: readonly Waiter[] = [];
  /** Stops watching for the end of the session, which is watched while requests wait. */
  stopWatching: (() => void) | null = null;
  /** It was reported that a request waited for it too long. */
  slow = false;

  constructor(id: string, provider: Provider | undefined, since: number) {
    const { promise, resolve } = Promise.withResolvers<FlightResult>();
    this.id = id;
    this.provider = provider;
    this.since = since;
    this.result = promise;
    this.finish = resolve;
  }
}

/** The same without `failed`, whose cause it throws. */
export function unlessFailed(result: FlightResult): SessionAfterRefresh {
  if (result.kind === "failed") throw result.cause;
  return result;
}
