import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { PUBLIC } from "./harness.ts";
import type { Listening } from "./talk.ts";
import { listenOn } from "./talk.ts";

/** How soon a stream whose session is over must be closed, in milliseconds. */
const SOON = 1_000;
const TICK = 10;

/** An app of WebSockets that echo, and of event streams that say one thing and stay open. */
export async function liveApp(): Promise<Listening> {
  const app = await listenOn((message, response) => {
    message.resume();
    if (message.headers.accept !== "text/event-stream") return response.end("a page");
    response.writeHead(200, { "content-type": "text/event-stream" });
    return response.write("data: hello\n\n");
  });
  const sockets = new WebSocketServer({ noServer: true });
  app.server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.handleUpgrade(message, socket, head, (web) => {
      web.on("error", () => {});
      web.on("message", (data, binary) => web.send(data, { binary }));
    });
  });
  return {
    ...app,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate();
      await app[Symbol.asyncDispose]();
    },
  };
}

/** A stream that a client holds open through a gateway. */
export interface Live {
  readonly kind: string;
  readonly open: boolean;
  /** Sends something through it and waits for the answer, where it can. */
  use(): Promise<void>;
  /** Resolves when it was closed; rejects where that takes longer than a second. */
  closed(): Promise<void>;
  leave(): void;
}

/** Headers with a credential. */
type Credential = Readonly<Record<string, string>>;

/** A real WebSocket and a real event stream, both open, with this cookie or other headers. */
export async function openBoth(port: number, given: string | Credential): Promise<readonly Live[]> {
  const credential = typeof given === "string" ? { cookie: given } : given;
  return Promise.all([openSocket(port, credential), openEvents(port, credential)]);
}

async function openSocket(port: number, credential: Credential): Promise<Live> {
  const headers = { Host: PUBLIC, Origin: `https://${PUBLIC}`, ...credential };
  const web = new WebSocket(`ws://127.0.0.1:${port}/`, { headers });
  const closed = once(web, "close");
  await once(web, "open");
  web.on("error", () => {});
  return {
    kind: "WebSocket",
    get open() {
      return web.readyState === WebSocket.OPEN;
    },
    async use() {
      const answer = once(web, "message");
      web.send("a frame");
      await answer;
    },
    closed: () => within(closed, "the WebSocket is still open"),
    leave: () => web.terminate(),
  };
}

async function openEvents(port: number, credential: Credential): Promise<Live> {
  const asked: ClientRequest = request({
    host: "127.0.0.1",
    port,
    headers: { host: PUBLIC, ...credential, accept: "text/event-stream" },
    agent: false,
  });
  asked.on("error", () => {}).end();
  const [answer]: IncomingMessage[] = await once(asked, "response");
  if (answer === undefined || answer.statusCode !== 200) throw new Error(`no event stream: ${answer?.statusCode}`);
  answer.on("error", () => {});
  const closed = new Promise((resolve) => answer.once("close", resolve));
  await once(answer, "data");
  answer.resume();
  return {
    kind: "event stream",
    get open() {
      return !answer.destroyed;
    },
    use: async () => {},
    closed: () => within(closed, "the event stream is still open"),
    leave: () => asked.destroy(),
  };
}

/**
 * The time counts in which this process, and with it the gateway, gets its turn: while it stands still, that is one
 * tick.
 */
async function within(work: Promise<unknown>, complaint: string): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    let left = SOON / TICK;
    limit = setInterval(() => --left > 0 || reject(new Error(`${complaint} after ${SOON} ms`)), TICK);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearInterval(limit);
  }
}
