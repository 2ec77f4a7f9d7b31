/** The app behind the gateway, on raw sockets: it answers in drawn manners and keeps what it saw. */
import { createServer, type Server, type Socket } from "node:net";
import { bodyOf, type Manner } from "./answering.ts";
import { type Request, RequestReader } from "./request-reader.ts";

/** What came of a request, as the app saw it. */
export interface Seen {
  readonly id: string;
  readonly method: string;
  /** Who asked, as the gateway said. */
  readonly user: string;
  readonly authorization: string | null;
  /** The body was whole, and of this request. */
  body: "whole" | "foreign" | "unfinished";
}

/** The app behind the gateway, on bare sockets: it answers in the manner that the path names, and keeps what it saw. */
export class Upstream {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #manners: ReadonlyMap<string, Manner>;
  readonly #seen = new Map<string, Seen[]>();
  /** What the gateway sent that is no request. */
  readonly faults: string[] = [];

  /** The ways to answer by their paths: `calm/plain`. */
  constructor(manners: ReadonlyMap<string, Manner>) {
    this.#manners = manners;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  listen(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#server.listen({ host: "127.0.0.1", port: 0, backlog: 2048 }, () => {
      const address = this.#server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
    return promise;
  }

  /** What was seen of a request, and forgets it. */
  take(id: string): readonly Seen[] {
    const seen = this.#seen.get(id) ?? [];
    this.#seen.delete(id);
    return seen;
  }

  /** Closes what lies idle. */
  rest(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#seen.clear();
  }

  close(): void {
    this.rest();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const noticed = new WeakMap<Request, Seen>();
    const reader = new RequestReader({
      head: (request) => {
        const seen = seenOf(request);
        noticed.set(request, seen);
        this.#note(seen);
        if (this.#mannerOf(request)?.early === true) this.#play(request, socket);
      },
      end: (request) => {
        const seen = noticed.get(request);
        if (seen !== undefined) seen.body = request.body.equals(bodyOf(seen.id, request.body.length)) ? "whole" : "foreign";
        if (this.#mannerOf(request)?.early !== true) this.#play(request, socket);
      },
    });
    const take = (chunk: Buffer): void => {
      reader.feed(chunk);
      if (reader.fault !== null) {
        this.faults.push(reader.fault);
        socket.destroy();
      } else if (reader.upgraded) socket.off("data", take);
    };
    socket.on("data", take);
    socket.on("end", () => socket.end());
  }

  #note(seen: Seen): void {
    const all = this.#seen.get(seen.id);
    if (all === undefined) this.#seen.set(seen.id, [seen]);
    else all.push(seen);
  }

  #mannerOf({ target }: Request): Manner | undefined {
    const [, kind = "", , name = ""] = (target.split("?", 1)[0] ?? "").split("/");
    return this.#manners.get(`${kind}/${name}`);
  }

  #play(request: Request, socket: Socket): void {
    const id = idOf(request);
    const cookie = new URLSearchParams(request.target.split("?")[1]).get("cookie") ?? "";
    const manner = this.#mannerOf(request);
    const asked = { id, method: request.method, user: request.header("x-auth-request-user"), cookie, socket };
    if (manner === undefined)
      socket.end(`HTTP/1.1 404 No such manner\r\nx-fuzz-id: ${id}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    else manner.play(asked);
  }
}

const idOf = ({ target }: Request): string => new URLSearchParams(target.split("?")[1]).get("id") ?? "";

function seenOf(request: Request): Seen {
  const authorization = request.header("authorization");
  return {
    id: idOf(request),
    method: request.method,
    user: request.header("x-auth-request-user"),
    authorization: authorization === "" ? null : authorization,
    body: "unfinished",
  };
}
