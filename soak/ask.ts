/** Sends one HTTP request as a browser would, for users of the long runs. */
import { once } from "node:events";
import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import type { Gateway } from "./refresh/gateway.ts";

/** What a browser sends with a navigation, and what a page's script sends. */
export const PAGE = {
  accept: "text/html",
  "sec-fetch-site": "none",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "sec-fetch-user": "?1",
};
export const SCRIPT = {
  accept: "application/json",
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
};

/** Longer than any answer of a gateway takes: a wait for a refresh, and a machine that is busy. */
const LONGEST_ANSWER = 30_000;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** How a request is sent. */
export interface Asking {
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
  /** Default: GET. */
  readonly method?: string;
  /** Default: none. */
  readonly body?: string;
}

/** Sends one request. Rejects when the connection breaks, or `signal` is aborted. */
export async function get(
  target: URL,
  headers: Readonly<Record<string, string>>,
  { agent, signal, method = "GET", body }: Asking = {},
): Promise<Reply> {
  const limit = AbortSignal.timeout(LONGEST_ANSWER);
  const sent = request(target, {
    method,
    agent: agent ?? false,
    headers: { ...headers },
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
  });
  sent.end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

/** The same to a gateway, which knows its public host alone. */
export function getFrom(gateway: Gateway, host: string, path: string, headers: Readonly<Record<string, string>>): Promise<Reply> {
  const target = new URL(path, `http://127.0.0.1:${gateway.place.port}`);
  return get(target, { host, ...headers }, { agent: gateway.agent, signal: gateway.out });
}

/** A browser's cookies, by host. */
export class Jar {
  readonly #hosts = new Map<string, Map<string, string>>();

  header(host: string): Readonly<Record<string, string>> {
    const cookies = [...(this.#hosts.get(host) ?? [])];
    return cookies.length === 0 ? {} : { cookie: cookies.map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  keep(host: string, { headers }: Reply): void {
    const jar = this.#hosts.get(host) ?? new Map<string, string>();
    this.#hosts.set(host, jar);
    for (const line of headers["set-cookie"] ?? []) {
      const [pair = "", ...attributes] = line.split(/; */);
      const at = pair.indexOf("=");
      if (attributes.some(isPast)) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  /** The value of the first cookie whose name ends so. */
  find(host: string, end: string): string | undefined {
    return [...(this.#hosts.get(host) ?? [])].find(([name]) => name.endsWith(end))?.[1];
  }
}

function isPast(attribute: string): boolean {
  const [name = "", value = ""] = attribute.split("=");
  if (name.toLowerCase() === "max-age") return Number(value) <= 0;
  return name.toLowerCase() === "expires" && Date.parse(value) <= Date.now();
}
