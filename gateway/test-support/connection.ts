/** Raw connections to a gateway, for what no client library would send or read. */
import { once } from "node:events";
import type { Socket, TcpNetConnectOpts } from "node:net";
import { connect } from "node:net";
import { PUBLIC } from "./harness.ts";

/** A connection, and all that came back on it. At the end of the block that uses it, it is destroyed. */
export interface Connection extends Disposable {
  readonly socket: Socket;
  /** All that came so far, a character for each byte. */
  readonly said: string;
  /** Resolves as soon as this came; rejects with what came where the connection closes before. */
  until(what: RegExp): Promise<void>;
  /** Resolves with all that came as soon as the connection is closed, well or not. */
  closed(): Promise<string>;
}

/** Connects, and sends. */
export function dial(port: number, text = "", options: Partial<TcpNetConnectOpts> = {}): Connection {
  const socket = connect({ ...options, port, host: "127.0.0.1" });
  let said = "";
  socket.setEncoding("latin1").on("data", (part: string) => {
    said += part;
  });
  socket.on("error", () => {});
  const gone = new Promise((resolve) => socket.once("close", resolve));
  if (text !== "") socket.write(text, "latin1");
  return {
    socket,
    get said() {
      return said;
    },
    async until(what) {
      while (!what.test(said)) await Promise.race([once(socket, "data"), gone.then(() => Promise.reject(new Error(said)))]);
    },
    async closed() {
      await gone;
      return said;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Connects, sends, and reads nothing of the answer, whose first bytes are there. */
export async function stalled(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}).write(text);
  await once(socket, "readable");
  return socket;
}

/** The head of a request to the public host, for example `requestText("POST /a", "Content-Length: 5")`. */
export function requestText(start: string, ...lines: readonly string[]): string {
  const version = start.includes(" HTTP/") ? "" : " HTTP/1.1";
  return `${[`${start}${version}`, `Host: ${PUBLIC}`, ...lines].join("\r\n")}\r\n\r\n`;
}

/** A WebSocket handshake. Without a line of `Origin` it comes from no page. */
export const handshakeText = (path: string, ...lines: readonly string[]): string =>
  requestText(
    `GET ${path}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...lines,
  );

/** The line of `Origin` that a page of ours sends. */
export const OWN_ORIGIN = `Origin: https://${PUBLIC}`;

/** The statuses of all answers that came on a connection, in order. */
export const statusesIn = (said: string): readonly number[] =>
  [...said.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));

/** Waits, a turn of the event loop at a time, until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
