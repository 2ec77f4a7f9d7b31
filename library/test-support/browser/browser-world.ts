/** A world for the client: a server that answers what a test says, time that stands still, and tabs on one line. */
import type { PageEvents, World } from "../../src/client/world.ts";
import { turns } from "../event-loop.ts";

/** A request that waits for what the server answers. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly accept: string | null;
  answer(response: Response): Promise<void>;
  /** No answer comes. */
  fail(): Promise<void>;
}

export interface Tab {
  readonly world: World;
  /** Requests without an answer yet, oldest first. */
  readonly asked: Asked[];
  /** Addresses that it went to. */
  readonly went: readonly string[];
  /** How many timers run. */
  timers(): number;
  /** Lets time pass, and all that is due happen. */
  pass(ms: number): Promise<void>;
  show(): Promise<void>;
  hide(): Promise<void>;
  /** Into the back-forward cache. */
  leave(): void;
  back(): Promise<void>;
}

/** Tabs of one browser. */
export interface Tabs {
  /** Everything that was said on the line. */
  readonly said: string[];
  open(options?: { readonly line?: boolean }): Tab;
}

export function tabs(): Tabs {
  const lines = new Set<{ readonly name: string; readonly hear: (message: unknown) => void }>();
  const said: string[] = [];
  return { said, open: ({ line = true } = {}) => tab(lines, said, line) };
}

type Lines = Set<{ readonly name: string; readonly hear: (message: unknown) => void }>;

function tab(lines: Lines, said: string[], hasLine: boolean): Tab {
  const asked: Asked[] = [];
  const went: string[] = [];
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  const pages = new Set<PageEvents>();
  let now = 0;
  let visible = true;
  const tell = async (act: (page: PageEvents) => void) => {
    for (const page of pages) act(page);
    await turns();
  };
  const world: World = {
    fetch: (input, init) => ask(asked, input, init),
    now: () => now,
    timer(delay, act) {
      const timer = { at: now + delay, act };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    isVisible: () => visible,
    watch(page) {
      pages.add(page);
      return () => void pages.delete(page);
    },
    line(name, hear) {
      if (!hasLine) return undefined;
      const own = { name, hear };
      lines.add(own);
      const post = (message: string) => {
        if (!lines.has(own)) throw new Error("the channel is closed");
        said.push(message);
        for (const other of lines) if (other !== own && other.name === name) other.hear(message);
      };
      return { post, close: () => void lines.delete(own) };
    },
    here: () => "/here?a=1#b",
    go: (url) => void went.push(url),
  };
  return {
    world,
    asked,
    went,
    timers: () => timers.size,
    async pass(ms) {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.act();
      }
      await turns();
    },
    show: () => {
      visible = true;
      return tell((page) => page.shown());
    },
    hide: () => {
      visible = false;
      return tell((page) => page.hidden());
    },
    leave: () => void tell((page) => page.left()),
    back: () => tell((page) => page.back()),
  };
}

function ask(asked: Asked[], input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const request = input instanceof Request ? input : undefined;
  asked.push({
    method: init.method ?? request?.method ?? "GET",
    url: request?.url ?? String(input),
    body: String(init.body ?? ""),
    accept: new Headers(init.headers).get("accept"),
    answer: (response) => {
      resolve(response);
      return turns();
    },
    fail: () => {
      reject(new TypeError("Failed to fetch"));
      return turns();
    },
  });
  return promise;
}
