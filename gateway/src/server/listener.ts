/** The public HTTP server and its limits. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { LimitSettings } from "../config/config.ts";
import type { Address } from "../config/kinds/network-kinds.ts";
import type { RequestDispatcher } from "../dispatch/dispatcher.ts";
import type { Observer } from "../observe/observer.ts";
import { hasUnreadBody } from "../request/intake.ts";
import { HEAD_TOO_LARGE, ownHeaders, problemOf, send, TOO_SLOW } from "../response/response.ts";
import { ConnectionTurns } from "./connection-turns.ts";
import { GatewayMessage } from "./gateway-message.ts";
import { IdleConnections } from "./idle-connections.ts";
import { AnsweredBodies, discardRest } from "./lingering-close.ts";
import { protocolFault } from "./protocol.ts";
import { SlowUploads } from "./slow-uploads.ts";
import { StandingReaders } from "./standing-readers.ts";

/** Makes the public server: Node's strict parser, our limits, and the dispatcher behind them. */
export function createListener(door: RequestDispatcher, limits: LimitSettings, observer: Observer): Server {
  const server = createServer({
    IncomingMessage: GatewayMessage,
    insecureHTTPParser: false,
    requireHostHeader: false,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headTimeout,
    // How long a whole upload may take is not for us to say; `bodyIdle` ends those that stand still.
    requestTimeout: 0,
    keepAliveTimeout: 0,
    connectionsCheckingInterval: Math.min(limits.headTimeout, 5_000),
    highWaterMark: 65_536,
    // Most requests have no body; then no stream is set up for one.
    optimizeEmptyRequests: true,
  });
  // One more than allowed, so that a request with too many is seen to have too many, and not quietly shortened.
  server.maxHeadersCount = limits.headers + 1;
  const idle = new IdleConnections(server, limits.keepAlive);
  const turns = new ConnectionTurns({
    limit: limits.pipelined,
    most: limits.pipelinedInAll,
    onCutOff: () => observer.notice("client.cut-off", { reason: "pipelined" }),
    onHeldBack: () => observer.notice("client.held-back", { reason: "pipelined" }),
  });
  const tooSlow = (reason: "body" | "answer") => (): void => observer.notice("client.too-slow", { reason });
  const uploads = new SlowUploads(limits, tooSlow("body"));
  new StandingReaders(server, limits.answerIdle, tooSlow("answer"));
  const bodies = new AnsweredBodies();
  const handle = (message: IncomingMessage, response: ServerResponse): void => {
    idle.tell(response);
    try {
      const fault = protocolFault(message, response);
      if (fault !== undefined) {
        observer.notice("client.malformed", { reason: `status ${fault.status}` });
        if (!message.complete) bodies.watch(message, response);
        send(response, fault, { https: false, close: true, method: message.method });
        return;
      }
      if (hasUnreadBody(message)) {
        bodies.watch(message, response);
        uploads.watch(message, response);
      }
      door.handle(message, response);
    } catch (error) {
      observer.notice("request.failed", { error });
      send(response, problemOf("ERR_INTERNAL"), { https: false, close: true, method: message.method });
    }
  };
  const inTurn = (message: IncomingMessage, response: ServerResponse): void => {
    // Node gives a response its socket when its turn has come.
    if (response.socket === null) turns.wait(message, response, () => handle(message, response));
    else handle(message, response);
  };
  const upgrade = (message: IncomingMessage, socket: Socket, early: Buffer): void => {
    socket.setTimeout(0);
    socket.setNoDelay(true);
    try {
      door.upgrade(message, socket, early);
    } catch (error) {
      observer.notice("request.failed", { error });
      socket.destroy();
    }
  };
  server.on("request", inTurn);
  server.on("checkContinue", inTurn);
  server.on("checkExpectation", inTurn);
  server.on("upgrade", (message: IncomingMessage, socket: Socket, early: Buffer) =>
    turns.afterAnswers(socket, () => upgrade(message, socket, early)),
  );
  server.on("connect", (_message, socket: Socket) => turns.afterAnswers(socket, () => refuse(socket, 405)));
  server.on("clientError", (error: Error, socket: Socket) => {
    const code = "code" in error ? String(error.code) : "";
    if (code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    observer.notice("client.malformed", { reason: code });
    if (bodies.isAnswered(socket)) {
      discardRest(socket);
      return;
    }
    const status = code === "HPE_HEADER_OVERFLOW" ? 431 : code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
    turns.afterAnswers(socket, () => refuse(socket, status));
  });
  return server;
}

/** Answers what never became a request. */
function refuse(socket: Socket, status: 400 | 405 | 408 | 431): void {
  const answer = ANSWERS[status];
  const lines = ownHeaders(answer, false);
  let text = `HTTP/1.1 ${status} ${REASONS[status]}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(answer.body)}\r\n`;
  for (let index = 0; index < lines.length; index += 2) text += `${lines[index]}: ${lines[index + 1]}\r\n`;
  socket.on("error", () => socket.destroy());
  socket.write(`${text}\r\n${answer.body}`);
  discardRest(socket);
}

const ANSWERS = {
  400: problemOf("ERR_BAD_REQUEST"),
  405: problemOf("ERR_METHOD_NOT_ALLOWED"),
  408: TOO_SLOW,
  431: HEAD_TOO_LARGE,
} as const;

const REASONS = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
} as const;

/** Begins to listen; rejects if the address cannot be had. Answers the port, which matters if 0 was asked for. */
export function listen(server: Server, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

/** Stops accepting, waits for what is on its way, and after `bound` milliseconds waits no longer. */
export function stop(server: Server, bound: number, onBound: () => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      onBound();
      server.closeAllConnections();
    }, bound);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
