import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Pool } from "undici";
import { steadily } from "../../../tools/suite/steady.ts";
import { PUBLIC, portOf, startHarness, statusOf } from "../../test-support/harness.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";
import { stopwatch } from "../observe/observer.ts";
import { GatewayMessage } from "./gateway-message.ts";
import { SlowUploads } from "./slow-uploads.ts";

const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;

test("F-04 an upload that trickles is 408 and frees its connection; one that keeps the rate may last", () =>
  steadily(async () => {
    const aborted = Promise.withResolvers<void>();
    await using harness = await startHarness(
      (message, response) => {
        message.on("error", () => aborted.resolve());
        message.resume().once("end", () => response.end("whole"));
      },
      { config: { limits: { bodyIdle: "2s", bodyRate: 100, shutdown: "200ms" } } },
    );
    /** Sends `amount` bytes ten times a second until it is answered or `length` is through. */
    const upload = async (amount: number, length: number): Promise<string> => {
      const socket = connect(harness.port, "127.0.0.1");
      socket.on("error", () => {}).write(post("/", length));
      let sent = 0;
      const timer = setInterval(() => {
        const now = Math.min(amount, length - sent);
        sent += now;
        if (now > 0) socket.write("x".repeat(now));
      }, 100);
      const [said] = await once(socket, "data");
      clearInterval(timer);
      socket.destroy();
      return String(said);
    };
    const [slow, fair] = await Promise.all([upload(1, 1_000), upload(40, 1_000)]);
    assert.equal(statusOf(slow), 408, slow);
    assert.equal(statusOf(fair), 200, fair);
    await aborted.promise;
    assert.ok(harness.log.some((line) => /"event":"client.too-slow","reason":"body"/.test(line)));
  }));

test("F-04 an upload that has arrived and waits for the upstream is answered, however long that takes", async () => {
  const held = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  await using harness = await startHarness(
    (message, response) => {
      if (message.url === "/holds") {
        arrived.resolve();
        held.promise.then(() => response.end("held"));
      } else message.resume().once("end", () => response.end("whole"));
    },
    { config: { limits: { bodyIdle: "1s" } }, upstream: { connections: 1 } },
  );
  const first = connect(harness.port, "127.0.0.1").on("error", () => {});
  first.write(`GET /holds HTTP/1.1\r\nHost: ${PUBLIC}\r\n\r\n`);
  await arrived.promise;
  const second = connect(harness.port, "127.0.0.1").on("error", () => {});
  second.write(`${post("/", 5)}hello`);
  const answer = once(second, "data").then(([said]) => String(said));
  const cut = once(second, "close").then(() => "cut off");
  // Past `bodyIdle`, on the clock that the sockets go by.
  setTimeout(() => held.resolve(), 2_500);
  assert.equal(statusOf(await Promise.race([answer, cut])), 200);
  first.destroy();
  second.destroy();
});

test("F-04 a client that stands still after the answer to half an upload loses its connection", () =>
  steadily(async () => {
    await using harness = await startHarness(
      (_message, response) => void response.writeHead(413, { connection: "close" }).end("enough"),
      {
        config: { limits: { bodyIdle: "1s" } },
      },
    );
    const standStill = async (head: string, piece: string): Promise<void> => {
      const socket = connect({ port: harness.port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => {});
      socket.write(`POST / HTTP/1.1\r\nHost: ${PUBLIC}\r\n${head}\r\n\r\n${piece}`);
      const [said] = await once(socket, "data");
      assert.equal(statusOf(String(said)), 413);
      // Past `bodyIdle`, on the clock that the sockets go by: an error in there would end this process.
      await sleep(1_500);
      socket.destroy();
    };
    const body = "x".repeat(100_000);
    await Promise.all([
      standStill("Content-Length: 500000", body),
      standStill("Transfer-Encoding: chunked", `${body.length.toString(16)}\r\n${body}\r\n`),
    ]);
    assert.deepEqual(
      harness.log.filter((line) => line.includes("client.too-slow")),
      [],
    );
  }));

test("F-04 an upload of which the app wants no more is answered whole, though its client stands still", () =>
  steadily(async () => {
    await using app = await rawUpstream((_head, socket) => {
      socket.end("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 6\r\n\r\nenough");
      return undefined;
    });
    const pool = new Pool(app.url);
    let slow = 0;
    const uploads = new SlowUploads({ bodyIdle: 100, bodyRate: 1 }, () => void slow++);
    const answered = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { socket } = message;
      uploads.watch(message, response);
      const { statusCode, body } = await pool.request({ method: "POST", path: "/", body: message });
      const said = await body.text();
      if (!message.closed) await once(message, "close");
      // Past `bodyIdle`: our answer waits for something of ours.
      await once(socket, "timeout");
      response.writeHead(statusCode, { connection: "close" }).end(said);
    };
    const failed = Promise.withResolvers<string>();
    const server = createServer({ IncomingMessage: GatewayMessage }, (message, response) => {
      answered(
        message.on("error", () => {}),
        response,
      ).catch(failed.reject);
    });
    try {
      await once(server.listen(0, "127.0.0.1"), "listening");
      const client = connect(portOf(server), "127.0.0.1").on("error", () => {});
      client.write(`${post("/", 500_000)}${"x".repeat(1_000)}`);
      const said = Promise.race([text(client), failed.promise]);
      assert.match(await said, /^HTTP\/1\.1 413 .*\r\n\r\n.*enough/s);
      assert.equal(slow, 0);
    } finally {
      server.closeAllConnections();
      server.close();
      await pool.destroy();
    }
  }));

test("F-04 an upload before a handshake is forgotten with its connection", async () => {
  const uploads = new SlowUploads({ bodyIdle: 60_000, bodyRate: 1 }, () => assert.fail("it was no slow one"));
  const watched: WeakRef<IncomingMessage>[] = [];
  const server = createServer((message, response) => {
    watched.push(new WeakRef(message));
    uploads.watch(message, response);
  });
  // Node takes its listeners off the connection, and tells no message before the handshake of its end.
  server.on("upgrade", (_message, socket: Socket) => socket.destroy());
  try {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const client = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1").on("error", () => {});
    client.write(`${post("/", 5).replace("Connection: close\r\n", "")}hello`);
    client.write(`GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    await once(client, "close");
    assert.equal(watched.length, 1);
    uploads.sweep(stopwatch());
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    assert.ok(typeof collect === "function");
    for (let tries = 0; watched[0]?.deref() !== undefined && tries < 10; tries++) {
      // What a `WeakRef` gave out is held until the turn is over.
      await immediate();
      collect();
    }
    assert.ok(watched[0]?.deref() === undefined, "what is known of it is held");
  } finally {
    server.close();
  }
});
