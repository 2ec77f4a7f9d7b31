import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { stopwatch } from "../observe/observer.ts";
import { IdleConnections } from "./idle-connections.ts";

const LIMIT = 60_000;
const REQUEST = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

interface FullGateway {
  /** A connection that the server has taken. */
  dial(): Promise<Socket>;
  /** Later than now by so much, and everything is looked at. */
  later(milliseconds: number): void;
}

/** A server that answers as it is told; its connections are looked at when the test says so. */
async function gatewayIn(
  context: TestContext,
  answer: (message: IncomingMessage, response: ServerResponse) => void,
  limit = LIMIT,
): Promise<FullGateway> {
  const server = createServer({ keepAliveTimeout: 0 });
  const idle = new IdleConnections(server, limit);
  server.on("request", (message, response) => {
    idle.tell(response);
    answer(message, response);
  });
  server.on("upgrade", (_message, socket: Socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let at = stopwatch();
  return {
    async dial() {
      const socket = connect(port, "127.0.0.1");
      context.after(() => socket.destroy());
      const arrived = once(server, "connection");
      await Promise.all([once(socket, "connect"), arrived]);
      return socket;
    },
    later(milliseconds) {
      at += milliseconds;
      idle.sweep(at);
    },
  };
}

async function ask(socket: Socket, request = REQUEST): Promise<string> {
  socket.write(request);
  const [answer] = await once(socket, "data");
  return String(answer);
}

test("a connection is closed when nothing was asked on it for as long as the limit, and not before", async (context) => {
  const gateway = await gatewayIn(context, (_message, response) => response.end("yes"));
  const socket = await gateway.dial();
  gateway.later(1_000);
  for (let round = 0; round < 3; round++) {
    assert.match(await ask(socket), /^HTTP\/1\.1 200 .*\r\nkeep-alive: timeout=60\r\n/is);
    gateway.later(LIMIT - 1_000);
    assert.equal(socket.closed, false);
  }
  gateway.later(2_000);
  gateway.later(LIMIT - 3_000);
  gateway.later(1_001);
  await once(socket, "close");
});

test("a connection on which nothing was ever asked is closed too", async (context) => {
  const gateway = await gatewayIn(context, (_message, response) => response.end());
  const socket = await gateway.dial();
  gateway.later(LIMIT + 1_000);
  await once(socket, "close");
});

test("who waits for an answer is not hurried, however long it takes", async (context) => {
  const waiting: ServerResponse[] = [];
  const gateway = await gatewayIn(context, (_message, response) => {
    response.write("half");
    waiting.push(response);
  });
  const socket = await gateway.dial();
  assert.match(await ask(socket), /half/);
  for (let round = 0; round < 5; round++) gateway.later(LIMIT);
  waiting[0]?.end("whole");
  const [rest] = await once(socket, "data");
  assert.match(String(rest), /whole/);
});

test("a connection that was upgraded is its owners' business", async (context) => {
  const gateway = await gatewayIn(context, () => assert.fail("no request"));
  const socket = await gateway.dial();
  assert.match(await ask(socket, "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"), /^HTTP\/1\.1 101/);
  for (let round = 0; round < 5; round++) gateway.later(LIMIT);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(socket.closed, false);
});

test("without a limit connections stay, and none is reported", async (context) => {
  const gateway = await gatewayIn(context, (_message, response) => response.end("yes"), 0);
  const socket = await gateway.dial();
  assert.doesNotMatch(await ask(socket), /keep-alive: timeout/i);
  for (let round = 0; round < 5; round++) gateway.later(LIMIT);
  assert.match(await ask(socket), /^HTTP\/1\.1 200/);
});
