/** Servers on free ports of this machine, and requests to them, down to the bytes. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders, RequestListener, Server } from "node:http";
import { createServer, request } from "node:http";
import { connect, type Server as NetServer, type Socket } from "node:net";

/** A server on a free port of this machine, closed at the end of the block that uses it. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
}

/** Lets a server of any kind listen at a free port of this machine, and answers the port. */
export async function onFreePort(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

export async function listen(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener);
  return {
    port: await onFreePort(server),
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export interface Said {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface Heard {
  readonly status: number;
  readonly message: string;
  readonly headers: IncomingHttpHeaders;
  readonly cookies: readonly string[];
  readonly trailers: NodeJS.Dict<string>;
  readonly bytes: Buffer;
  readonly text: string;
  /** Statuses and links of informational answers before it. */
  readonly hints: readonly number[];
}

/** One request on a connection of its own. */
export async function say(port: number, path: string, { method = "GET", headers = {}, body }: Said = {}): Promise<Heard> {
  const sent = request({ port, host: "127.0.0.1", path, method, headers, agent: false });
  const hints: number[] = [];
  sent.on("information", ({ statusCode }) => hints.push(statusCode));
  sent.end(body);
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return {
    status: response.statusCode,
    message: response.statusMessage,
    headers: response.headers,
    cookies: response.headers["set-cookie"] ?? [],
    trailers: response.trailers,
    bytes,
    text: bytes.toString(),
    hints,
  };
}

/** A connection on which the test writes what it likes. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** All that the other side says until it hangs up. */
export async function everything(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The cookie of the session that a response set, as a browser sends it back. */
export function sentBack({ cookies }: Pick<Heard, "cookies">): string {
  const cookie = cookies.find((line) => /^(__Host-Http-)?coatcheck(-\d+)?=/.test(line)) ?? "";
  return cookie.slice(0, cookie.indexOf(";"));
}
