import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as round } from "node:timers/promises";
import { WebSocketServer } from "ws";
import type { Harness } from "../../../test-support/harness.ts";
import { bodyOf, PUBLIC, startHarness, statusOf } from "../../../test-support/harness.ts";

const HOST = `Host: ${PUBLIC}\r\n`;
const LARGE = Buffer.alloc(8_000_000, "x");
const HANDSHAKE = `GET /socket HTTP/1.1\r\n${HOST}Origin: https://${PUBLIC}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;

/** An app that holds back what it is asked for as `/held`, streams `/events`, and has a large answer. */
async function withApp(
  limits: { readonly [name: string]: unknown },
  use: (harness: Harness, held: ServerResponse[], seen: string[]) => Promise<void>,
): Promise<void> {
  const held: ServerResponse[] = [];
  const seen: string[] = [];
  const app: RequestListener = (message, response) => {
    seen.push(message.url ?? "");
    if (message.url === "/held") held.push(response);
    else if (message.url === "/events") response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    else response.end(message.url === "/large" ? LARGE : "done");
  };
  const server = new WebSocketServer({ noServer: true });
  const harness = await startHarness(app, {
    upstream: limits,
    prepare: (http) => http.on("upgrade", (message, socket, head) => server.handleUpgrade(message, socket, head, () => {})),
  });
  try {
    await use(harness, held, seen);
  } finally {
    for (const client of server.clients) client.terminate();
    await harness.close();
  }
}

/** A client that sends, reads the first bytes, and then reads nothing. */
async function stalled(harness: Harness, request: string): Promise<Socket> {
  const socket = connect(harness.port, "127.0.0.1");
  socket.on("error", () => {}).write(request);
  await once(socket, "readable");
  return socket;
}

async function until(harness: Harness, what: RegExp): Promise<void> {
  while (!what.test(await harness.metrics())) await round();
}

const used = (use: string, count: number): RegExp =>
  new RegExp(`coatcheck_upstream_connections\\{upstream="[^"]*",use="${use}"\\} ${count}\\n`);

test("F-04 a request that waits too long for a connection is 503 with Retry-After, counted", async () => {
  await withApp({ connections: 1, timeouts: { queue: "300ms" } }, async (harness, held, seen) => {
    const first = harness.get("/held");
    while (held.length === 0) await round();
    const waiting = harness.get("/late");
    await until(harness, used("waiting", 1));
    assert.match(await harness.metrics(), used("busy", 1));
    const late = await waiting;
    assert.equal(statusOf(late), 503);
    assert.match(late, /retry-after: \d+/);
    assert.match(bodyOf(late), /"code":"ERR_UPSTREAM_BUSY"/);
    assert.match(await harness.metrics(), /coatcheck_requests_total\{outcome="upstream-busy"\} 1/);
    assert.match(await harness.metrics(), /coatcheck_notices_total\{notice="upstream.busy"\} 1/);
    const soon = [harness.get("/b"), harness.get("/c")];
    await until(harness, used("waiting", 2));
    held[0]?.end("held");
    assert.deepEqual((await Promise.all([first, ...soon])).map(statusOf), [200, 200, 200]);
    assert.deepEqual(seen, ["/held", "/b", "/c"]);
    await until(harness, used("busy", 0));
  });
});

test("F-04 a client that leaves while it waits is not sent on, and leaves nothing behind", async () => {
  await withApp({ connections: 1 }, async (harness, held, seen) => {
    const first = harness.get("/held");
    while (held.length === 0) await round();
    const leaves = connect(harness.port, "127.0.0.1");
    leaves.write(`GET /gone HTTP/1.1\r\n${HOST}\r\n`);
    await until(harness, used("waiting", 1));
    leaves.destroy();
    await until(harness, used("waiting", 0));
    held[0]?.end();
    assert.equal(statusOf(await first), 200);
    assert.equal(statusOf(await harness.get("/next")), 200);
    assert.deepEqual(seen, ["/held", "/next"]);
    await until(harness, used("busy", 0));
  });
});

test("F-04 event streams and WebSockets take no connection from requests, with a limit of their own", async () => {
  await withApp({ connections: 1, streams: 2 }, async (harness) => {
    const open = [await stalled(harness, `GET /events HTTP/1.1\r\n${HOST}\r\n`), await stalled(harness, HANDSHAKE)];
    await until(harness, used("lasting", 2));
    assert.equal(statusOf(await harness.get("/a")), 200);
    for (const refused of [await harness.get("/events"), await harness.raw(HANDSHAKE)]) {
      assert.equal(statusOf(refused), 503, refused);
      assert.match(refused, /ERR_UPSTREAM_BUSY/);
    }
    for (const socket of open) socket.destroy();
    await until(harness, used("lasting", 0));
    const again = await stalled(harness, HANDSHAKE);
    await until(harness, used("lasting", 1));
    again.destroy();
    await until(harness, used("lasting", 0));
  });
});

test("F-04 a stream past the limit carries the cookies of its answer, of a session that is stored already", async () => {
  await withApp({ connections: 1, streams: 1 }, async (harness) => {
    const open = await stalled(harness, `GET /events HTTP/1.1\r\n${HOST}\r\n`);
    await until(harness, used("lasting", 1));
    const [first, second] = ["__Host-Http-coatcheck=a; Path=/; HttpOnly", "b=c; Max-Age=0"];
    for (const settle of [() => [first, second], () => Promise.resolve([first, second])]) {
      harness.control.settle = settle;
      const refused = await harness.get("/events", { cookie: "__Host-Http-coatcheck=alice" });
      assert.equal(statusOf(refused), 503, refused);
      assert.match(refused, /ERR_UPSTREAM_BUSY/);
      const lines = refused.split("\r\n").filter((line) => /^set-cookie:/i.test(line));
      assert.deepEqual(
        lines.map((line) => line.replace(/^[^:]*: */, "")),
        [first, second],
      );
    }
    open.destroy();
  });
});

test("F-04 a reader that stands still delays no other request, and gets all of its answer when it goes on", async () => {
  await withApp({ connections: 1 }, async (harness) => {
    const reader = await stalled(harness, `GET /large HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    await until(harness, used("lasting", 1));
    assert.equal(statusOf(await harness.get("/a")), 200);
    let length = 0;
    for await (const chunk of reader) length += chunk.length;
    assert.ok(length > LARGE.length, `${length}`);
    await until(harness, used("lasting", 0));
    await until(harness, used("busy", 0));
  });
});
