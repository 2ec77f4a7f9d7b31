/** A request of `node:http` as the engine sees it, and an answer of ours on its response. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "node:net";
import type { RouteRequest, RouteResponse } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { addCookie } from "./add-cookie.ts";
import { pickOrigin } from "./pick-origin.ts";

/** A request of `node:http` as the engine sees it; Express' too, whose mounted routers rewrite `url`. */
export class NodeRequest implements RouteRequest {
  readonly #request: IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown };
  readonly method: string;
  readonly target: string;
  readonly #origins: readonly string[];

  constructor(request: IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown }, origins: readonly string[]) {
    this.#request = request;
    this.method = request.method ?? "GET";
    this.target = request.originalUrl ?? request.url ?? "/";
    this.#origins = origins;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    // Of several lines Node keeps the first alone; who sent two credentials has to be told so (TP-06).
    if (value !== undefined && name === "authorization") return this.#request.headersDistinct[name]?.join(", ");
    return typeof value === "object" ? value.join(", ") : value;
  }

  lines(name: string): number {
    const { rawHeaders } = this.#request;
    let count = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const line = rawHeaders[index];
      if (line !== undefined && line.length === name.length && line.toLowerCase() === name) count++;
    }
    return count;
  }

  get peer(): string | undefined {
    const { socket } = this.#request;
    return socket.remoteAddress ?? (cameOverUnixSocket(socket) ? "unix" : undefined);
  }

  get origin(): string {
    // HTTP/2 has the host in a field of its own.
    return pickOrigin(this.header("host") ?? this.header(":authority"), this.#origins);
  }

  async sent(limit: number): Promise<string | null> {
    const { body: parsed } = this.#request;
    if (typeof parsed === "object" && parsed !== null) return isFlat(parsed) ? within(formOf(parsed), limit) : null;
    if (typeof parsed === "string") return within(parsed, limit);
    if (this.#request.readableDidRead) return null;
    try {
      return await this.body(limit);
    } catch {
      return null;
    }
  }

  /** The body as text, also if a body parser has read it already. */
  async body(limit: number): Promise<string> {
    const { body: parsed } = this.#request;
    if (typeof parsed === "string") return parsed;
    if (typeof parsed === "object" && parsed !== null) return formOf(parsed);
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      // Leaving the loop must not cut the connection, on which the refusal is still to be sent.
      for await (const chunk of this.#request.iterator({ destroyOnReturn: false })) {
        size += chunk.length;
        if (size > limit) break;
        chunks.push(chunk);
      }
    } catch (cause) {
      throw new CoatcheckError("ERR_BAD_REQUEST", { message: "The body broke off.", cause });
    }
    if (size > limit) {
      this.#request.resume();
      throw new CoatcheckError("ERR_BODY_TOO_LARGE");
    }
    return Buffer.concat(chunks).toString();
  }
}

/**
 * Whether the listener is a unix socket. That a connection has no address says nothing: a TCP peer that has just hung
 * up has none either, and must not be taken for one on this machine.
 */
function cameOverUnixSocket(socket: object): boolean {
  return "server" in socket && socket.server instanceof Server && typeof socket.server.address() === "string";
}

const within = (text: string, limit: number): string | null => (Buffer.byteLength(text) > limit ? null : text);

/** Whether a parser made nothing but fields of a form, so that the form can be made of them again. */
const isFlat = (parsed: object): boolean =>
  Object.values(parsed)
    .flat()
    .every((one) => typeof one === "string");

function formOf(parsed: object): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parsed)) {
    // What a parser made an object of is no parameter of ours, and may not even be made a text.
    for (const one of Array.isArray(value) ? value : [value]) if (typeof one === "string") form.append(name, one);
  }
  return form.toString();
}

/** Writes an answer of ours, in one place. Does nothing if the client has gone. */
export function writeAnswer(response: ServerResponse, answer: RouteResponse): void {
  if (response.headersSent) return;
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    if (name === "set-cookie") addCookie(response, value);
    else response.setHeader(name, value);
  }
  response.setHeader("content-length", Buffer.byteLength(answer.body));
  response.end(answer.body);
}
