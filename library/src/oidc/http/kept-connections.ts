/** Connections to providers that are kept for the next request. */
import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { look } from "./late-response.ts";

/** Those that rest are closed before most servers would, so that no request meets one that is just being closed. */
const KEPT = { keepAlive: true, timeout: 4_000, scheduling: "lifo" } as const;
const overTcp = new Agent(KEPT);
const overTls = new TlsAgent(KEPT);

/** Who keeps the connections to the place of an address. */
export const keptFor = (url: string): Agent => (url.startsWith("https:") ? overTls : overTcp);

/** A process that sent something so short a time ago cannot have stood still for long since, milliseconds. */
const RECENT = 250;
let last = Number.NEGATIVE_INFINITY;

/**
 * Lets everything be read that has arrived at the connections that rest, before one of them is used for what must not
 * be sent twice: a process that stood still (SIGSTOP, a frozen container, a laptop that slept) has not seen yet that
 * its provider closed them meanwhile, and the end of such a request looks as if it might have taken effect. `null`
 * where nothing has to be waited for.
 */
export function settled(url: string, signal: AbortSignal): Promise<void> | null {
  const now = performance.now();
  if (now - last > RECENT && Object.keys(keptFor(url).freeSockets).length > 0) return looked(signal);
  last = now;
  return null;
}

async function looked(signal: AbortSignal): Promise<void> {
  await look(signal);
  last = performance.now();
}
