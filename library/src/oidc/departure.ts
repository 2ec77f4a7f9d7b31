import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** What is known of a request on its way out. */
export interface Departure {
  /** Runs the call whose request is meant. */
  run<T>(call: () => T): T;
  /** Nothing of the request can have reached the provider. `false` also where the runtime does not tell. */
  neverLeft(): boolean;
  stop(): void;
}

const CREATED = "undici:request:create";
const SENT = "undici:client:sendHeaders";
const current = new AsyncLocalStorage<object>();

/**
 * Watches whether a request leaves this process. Node's `fetch` reports when it makes a request and when it writes its head to a
 * connection: what was made and not yet written, because no connection came about, took no effect anywhere.
 */
export function watchDeparture(): Departure {
  const own = {};
  const made = new WeakSet<object>();
  let created = 0;
  let sent = 0;
  const onCreated = (message: unknown): void => {
    const request = requestOf(message);
    if (request === null || current.getStore() !== own) return;
    created += 1;
    made.add(request);
  };
  const onSent = (message: unknown): void => {
    const request = requestOf(message);
    if (request !== null && made.has(request)) sent += 1;
  };
  subscribe(CREATED, onCreated);
  subscribe(SENT, onSent);
  return {
    run: (call) => current.run(own, call),
    neverLeft: () => created > 0 && sent === 0,
    stop() {
      unsubscribe(CREATED, onCreated);
      unsubscribe(SENT, onSent);
    },
  };
}

function requestOf(message: unknown): object | null {
  if (typeof message !== "object" || message === null || !("request" in message)) return null;
  return typeof message.request === "object" ? message.request : null;
}
