/** Key sets over loopback HTTP, single keys as AWS publishes them, and tokens that may lie. */
import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import { onFreePort } from "../talk.ts";
import type { SigningKey } from "./signing.ts";
import { signature } from "./signing.ts";

/** A server of keys. What it serves can be changed at any time. */
export interface KeyServer {
  readonly origin: string;
  /** The paths that were asked for, in order. */
  readonly asked: string[];
  /** By path: a body, or a status. */
  readonly pages: Map<string, string | number>;
  publish(path: string, keys: readonly SigningKey[]): void;
  close(): Promise<void>;
}

export async function keyServer(): Promise<KeyServer> {
  const asked: string[] = [];
  const pages = new Map<string, string | number>();
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const page = pages.get(path) ?? 404;
    response.statusCode = typeof page === "number" ? page : 200;
    response.setHeader("content-type", "text/plain");
    response.end(typeof page === "number" ? "" : page);
  });
  const port = await onFreePort(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    pages,
    publish: (path, keys) => pages.set(path, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A token in the format of AWS: every part padded, and signed as padded. */
export function signPadded(header: object, payload: object, key: SigningKey): string {
  const part = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signature(input, key).toString("base64").replaceAll("+", "-").replaceAll("/", "_")}`;
}
