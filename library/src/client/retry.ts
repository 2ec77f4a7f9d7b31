/** Retries of requests that are answered 503, and which of them may be sent twice: those that are idempotent. */
import type { World } from "./world.ts";

const MOST_ATTEMPTS = 5;
const SHORTEST_WAIT = 250;

/**
 * Sends again while the answer is a 503 with `Retry-After`. The 503 is the answer if waiting would take longer than the
 * timeout, or after the last attempt. Rejects as `send` does, and with the signal's reason while it waits.
 *
 * @param timeout for all waiting together, milliseconds
 */
export async function retryUnavailable(
  world: World,
  send: () => Promise<Response>,
  timeout: number,
  signal?: AbortSignal | null,
): Promise<Response> {
  const deadline = world.now() + timeout;
  for (let attempt = 1; ; attempt += 1) {
    const response = await send();
    const wait = response.status === 503 ? retryAfter(response) : Number.NaN;
    if (!(world.now() + wait <= deadline) || attempt === MOST_ATTEMPTS) return response;
    // This answer is dropped, so a body that fails meanwhile does not matter.
    response.body?.cancel().catch(() => undefined);
    // Jitter: later than asked by up to a fifth, so that tabs do not all come back at once.
    await pause(world, Math.max(wait, SHORTEST_WAIT) * (1 + Math.random() / 5), signal);
  }
}

/** Milliseconds, or not a number. */
function retryAfter(response: Response): number {
  const value = response.headers.get("retry-after") ?? "";
  return /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - serverTime(response);
}

/** The server's time: clocks of browsers are wrong by minutes. */
export function serverTime({ headers }: Response): number {
  return Date.parse(headers.get("date") ?? "") || Date.now();
}

function pause(world: World, delay: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      stop();
      reject(signal?.reason);
    };
    const stop = world.timer(delay, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}

/**
 * Whether the request may be sent again: the method is idempotent (RFC 9110 §9.2.2), and the body can be read once
 * more.
 */
export function isReplayable(input: RequestInfo | URL, init: RequestInit = {}): boolean {
  const own = input instanceof Request ? input.method : "GET";
  const method = init.method?.toUpperCase() ?? own;
  // The body of a request object is read once; not every browser says whether there is one.
  const isUsedUp = init.body instanceof ReadableStream || !/^(GET|HEAD)$/.test(own);
  return /^(GET|HEAD|OPTIONS|PUT|DELETE)$/.test(method) && !isUsedUp;
}
