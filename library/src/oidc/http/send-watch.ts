/** Tells whether a request has left this process. */
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** Whether a request has left this process. */
interface SendWatch {
  /** Runs the call whose request is watched. */
  run<T>(call: () => T): T;
  /** Nothing of the request can have reached the provider. Also `false` if the runtime does not report it. */
  neverLeft(): boolean;
  stop(): void;
}

interface Way {
  created: boolean;
  sent: boolean;
  readonly asItLeaves: () => void;
}

const CREATED = "undici:request:create";
const SENT = "undici:client:sendHeaders";
const current = new AsyncLocalStorage<Way>();
const ways = new WeakMap<object, Way>();
let watchers = 0;

/**
 * Watches whether a request leaves this process. Node's `fetch` reports when it makes a request and when it writes its
 * head to a connection: what was made and not yet written, because no connection came about, took no effect anywhere.
 * `asItLeaves` is called when it is.
 */
export function watchSend(asItLeaves: () => void = () => undefined): SendWatch {
  const way: Way = { created: false, sent: false, asItLeaves };
  if (watchers === 0) {
    subscribe(CREATED, onCreated);
    subscribe(SENT, onSent);
  }
  watchers += 1;
  return {
    run: (call) => current.run(way, call),
    neverLeft: () => way.created && !way.sent,
    stop() {
      watchers -= 1;
      if (watchers > 0) return;
      unsubscribe(CREATED, onCreated);
      unsubscribe(SENT, onSent);
    },
  };
}

function onCreated(message: unknown): void {
  const way = current.getStore();
  const request = requestOf(message);
  if (way === undefined || request === null) return;
  way.created = true;
  ways.set(request, way);
}

/** Comes from the connection, whose context is another request's as a rule. */
function onSent(message: unknown): void {
  const way = ways.get(requestOf(message) ?? {});
  if (way === undefined) return;
  way.sent = true;
  way.asItLeaves();
}

function requestOf(message: unknown): object | null {
  if (typeof message !== "object" || message === null || !("request" in message)) return null;
  return typeof message.request === "object" ? message.request : null;
}
