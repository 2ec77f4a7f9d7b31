import assert from "node:assert/strict";
import type { RequestListener, ServerResponse } from "node:http";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { dial, handshakeText, OWN_ORIGIN, requestText, stalled, until } from "../../../test-support/connection.ts";
import type { Harness } from "../../../test-support/harness.ts";
import { bodyOf, startHarness, statusOf } from "../../../test-support/harness.ts";

const LARGE = Buffer.alloc(8_000_000, "x");
const HANDSHAKE = handshakeText("/socket", OWN_ORIGIN);

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
  await using harness = await startHarness(app, {
    upstream: limits,
    prepare: (http) => http.on("upgrade", (message, socket, head) => server.handleUpgrade(message, socket, head, () => {})),
  });
  try {
    await use(harness, held, seen);
  } finally {
    for (const client of server.clients) client.terminate();
  }
}

const counted = (harness: Harness, what: RegExp): Promise<void> => until(async () => what.test(await harness.metrics()));

const used = (use: string, count: number): RegExp =>
  new RegExp(`coatcheck_upstream_connections\\{upstream="[^"]*",use="${use}"\\} ${count}\\n`);

test("F-04 a request that waits too long for a connection is 503 with Retry-After, counted", async () => {
  await withApp({ connections: 1, timeouts: { queue: "300ms" } }, async (harness, held, seen) => {
    const first = harness.get("/held");
    await until(() => held.length > 0);
    const waiting = harness.get("/late");
    await counted(harness, used("waiting", 1));
    assert.match(await harness.metrics(), used("busy", 1));
    const late = await waiting;
    assert.equal(statusOf(late), 503);
    assert.match(late, /retry-after: \d+/);
    assert.match(bodyOf(late), /"code":"ERR_UPSTREAM_BUSY"/);
    assert.match(await harness.metrics(), /coatcheck_requests_total\{outcome="upstream-busy"\} 1/);
    assert.match(await harness.metrics(), /coatcheck_notices_total\{notice="upstream.busy"\} 1/);
    const soon = [harness.get("/b"), harness.get("/c")];
    await counted(harness, used("waiting", 2));
    held[0]?.end("held");
    assert.deepEqual((await Promise.all([first, ...soon])).map(statusOf), [200, 200, 200]);
    assert.deepEqual(seen, ["/held", "/b", "/c"]);
    await counted(harness, used("busy", 0));
  });
});

test("F-04 a client that leaves while it waits is not sent on, and leaves nothing behind", async () => {
  await withApp({ connections: 1 }, async (harness, held, seen) => {
    const first = harness.get("/held");
    await until(() => held.length > 0);
    using leaves = dial(harness.port, requestText("GET /gone"));
    await counted(harness, used("waiting", 1));
    leaves.socket.destroy();
    await counted(harness, used("waiting", 0));
    held[0]?.end();
    assert.equal(statusOf(await first), 200);
    assert.equal(statusOf(await harness.get("/next")), 200);
    assert.deepEqual(seen, ["/held", "/next"]);
    await counted(harness, used("busy", 0));
  });
});

test("F-04 event streams and WebSockets take no connection from requests, with a limit of their own", async () => {
  await withApp({ connections: 1, streams: 2 }, async (harness) => {
    const open = [await stalled(harness.port, requestText("GET /events")), await stalled(harness.port, HANDSHAKE)];
    await counted(harness, used("lasting", 2));
    assert.equal(statusOf(await harness.get("/a")), 200);
    for (const refused of [await harness.get("/events"), await harness.raw(HANDSHAKE)]) {
      assert.equal(statusOf(refused), 503, refused);
      assert.match(refused, /ERR_UPSTREAM_BUSY/);
    }
    for (const socket of open) socket.destroy();
    await counted(harness, used("lasting", 0));
    const again = await stalled(harness.port, HANDSHAKE);
    await counted(harness, used("lasting", 1));
    again.destroy();
    await counted(harness, used("lasting", 0));
  });
});

test("F-04 a stream past the limit carries the cookies of its answer, of a session that is stored already", async () => {
  await withApp({ connections: 1, streams: 1 }, async (harness) => {
    const open = await stalled(harness.port, requestText("GET /events"));
    await counted(harness, used("lasting", 1));
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
    const reader = await stalled(harness.port, requestText("GET /large", "Connection: close"));
    await counted(harness, used("lasting", 1));
    assert.equal(statusOf(await harness.get("/a")), 200);
    let length = 0;
    for await (const chunk of reader) length += chunk.length;
    assert.ok(length > LARGE.length, `${length}`);
    await counted(harness, used("lasting", 0));
    await counted(harness, used("busy", 0));
  });
});
