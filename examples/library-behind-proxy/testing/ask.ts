/** Sends requests around the proxies: from any address of this machine, with headers that browsers cannot send. */
import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type Door, HOST } from "./ground.ts";

export interface Asking {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** An address of this machine, or `socket`. */
  readonly from?: string;
}

export interface Answered {
  readonly status: number;
  readonly setCookies: readonly string[];
  readonly text: string;
}

type Sent = ReturnType<typeof requestHttp>;

async function answered(sent: Sent): Promise<Answered> {
  sent.end();
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, setCookies: response.headers["set-cookie"] ?? [], text };
}

/** Asks the app itself, past whatever stands in front of it: by its socket, or by its port from an address. */
export function askApp({ port, socket }: Door, { path, headers = {}, from = "127.0.0.1" }: Asking): Promise<Answered> {
  const way = from === "socket" ? { socketPath: socket } : { host: "127.0.0.1", port, localAddress: from };
  return answered(requestHttp({ ...way, path, headers: { host: HOST, ...headers }, agent: false }));
}

/** Asks by the web server in front, as a program does. */
export function askFront(port: number, { path, headers = {} }: Asking): Promise<Answered> {
  const host = `${HOST}:${port}`;
  const tls = { servername: HOST, rejectUnauthorized: false };
  return answered(requestHttps({ host: "127.0.0.1", port, path, headers: { host, ...headers }, agent: false, ...tls }));
}
