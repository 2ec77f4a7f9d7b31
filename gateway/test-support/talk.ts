import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { createServer, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { PUBLIC } from "./harness.ts";

/** Where to send a request, and what in it. */
export interface Asking {
  readonly method?: string;
  /** `host` is the public one unless it is given. A list sends a line for each value. */
  readonly headers?: { readonly [name: string]: string | readonly string[] };
  readonly body?: string;
}

/** An answer, whole. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly setCookies: readonly string[];
  readonly text: string;
}

/** Sends one request on a connection of its own. With `ca` by TLS, to the public host. */
export async function ask(port: number, path: string, asking: Asking = {}, ca?: string): Promise<Answered> {
  const { method = "GET", headers = {}, body } = asking;
  const lines = Object.entries({ host: PUBLIC, ...headers }).map(([name, value]) => [
    name,
    typeof value === "string" ? value : [...value],
  ]);
  const options = { host: "127.0.0.1", port, path, method, headers: Object.fromEntries(lines), agent: false } as const;
  const sent = ca === undefined ? requestHttp(options) : requestHttps({ ...options, ca, servername: PUBLIC });
  sent.end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, setCookies: response.headers["set-cookie"] ?? [], text };
}

/** Sends bytes as they are by TLS and answers what comes back until the connection closes. */
export function exchangeTls(port: number, bytes: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, ca, servername: PUBLIC });
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
    socket.on("close", () => resolve(answer));
    socket.once("secureConnect", () => socket.write(bytes));
  });
}

/** A server on a free port of this machine, closed at the end of the block that uses it. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
}

export async function listenOn(listener: RequestListener, port = 0): Promise<Listening> {
  const server = createServer(listener);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server.address()),
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Resolves when a server listens on the port. */
export async function listened(port: number): Promise<void> {
  for (let tries = 0; tries < 2_400; tries++) {
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no server listens on ${port}`);
}
