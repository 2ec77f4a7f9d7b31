/** The browser as the client sees it: requests, time, page events, the channel to other tabs. */

/** What happens to a page. */
export interface PageEvents {
  shown(): void;
  hidden(): void;
  /** It leaves, perhaps into the back-forward cache. */
  left(): void;
  /** It is back from there. */
  back(): void;
}

/** A channel to the other tabs of the origin. */
export interface Line {
  post(message: string): void;
  close(): void;
}

/** All that the client touches of the browser, so that tests decide what happens when. */
export interface World {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Milliseconds of a clock that never jumps. */
  now(): number;
  /** Answers a function that stops it. */
  timer(delay: number, act: () => void): () => void;
  isVisible(): boolean;
  watch(events: PageEvents): () => void;
  /** `undefined` if the browser has none. */
  line(name: string, hear: (message: unknown) => void): Line | undefined;
  /** The page's address at its origin. */
  here(): string;
  go(url: string): void;
}

/** The longest that `setTimeout` waits. A caller that is woken early waits again. */
const LONGEST = 2 ** 31 - 1;

export function browserWorld(): World {
  return {
    // Looked up when it is called, so that a `fetch` that is instrumented later is used.
    fetch: (input, init) => fetch(input, init),
    now: () => performance.now(),
    timer: (delay, act) => {
      const timer = setTimeout(act, Math.min(delay, LONGEST));
      return () => clearTimeout(timer);
    },
    isVisible,
    watch,
    line: (name, hear) => {
      if (typeof BroadcastChannel === "undefined") return undefined;
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => hear(data);
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
    here: () => location.pathname + location.search + location.hash,
    go: (url) => location.assign(url),
  };
}

const isVisible = () => document.visibilityState === "visible";

function watch(events: PageEvents): () => void {
  const stopping = new AbortController();
  const { signal } = stopping;
  const changed = () => (isVisible() ? events.shown() : events.hidden());
  document.addEventListener("visibilitychange", changed, { signal });
  addEventListener("pagehide", () => events.left(), { signal });
  addEventListener("pageshow", ({ persisted }) => persisted && events.back(), { signal });
  addEventListener("online", () => isVisible() && events.shown(), { signal });
  return () => stopping.abort();
}
