/** Keep-alive connections to providers. */
import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { look } from "./late-response.ts";

/** Idle connections are closed before most servers close them, so that no request is sent on a closing connection. */
const KEEP_ALIVE = { keepAlive: true, timeout: 4_000, scheduling: "lifo" } as const;
const overTcp = new Agent(KEEP_ALIVE);
const overTls = new TlsAgent(KEEP_ALIVE);

/** The pool of connections to an address. */
export const poolFor = (url: string): Agent => (url.startsWith("https:") ? overTls : overTcp);

/** If a request was sent this recently the process cannot have been stopped for long since, milliseconds. */
const RECENT = 250;
let last = Number.NEGATIVE_INFINITY;

/**
 * Reads everything that has arrived at the idle connections before one of them is used for a request that must not be
 * sent twice. A process that was stopped (SIGSTOP, a frozen container, a laptop that slept) has not yet seen that the
 * provider closed them meanwhile, and a request on such a connection fails as if it might have taken effect. `null` if
 * there is nothing to wait for.
 */
export function settled(url: string, signal: AbortSignal): Promise<void> | null {
  const now = performance.now();
  if (now - last > RECENT && Object.keys(poolFor(url).freeSockets).length > 0) return looked(signal);
  last = now;
  return null;
}

async function looked(signal: AbortSignal): Promise<void> {
  await look(signal);
  last = performance.now();
}
