import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { dial, handshakeText, OWN_ORIGIN, until } from "../../test-support/connection.ts";
import type { Harness } from "../../test-support/harness.ts";
import { bodyOf, echo, endSession, PUBLIC, startHarness, statusOf } from "../../test-support/harness.ts";

const OWN = `https://${PUBLIC}`;
const ALICE = "__Host-Http-coatcheck=alice; theme=dark";

interface Sockets {
  readonly harness: Harness;
  /** What the upstream received with each handshake. */
  readonly handshakes: { readonly [name: string]: string | string[] | undefined }[];
  readonly server: WebSocketServer;
}

async function withSockets(
  use: (sockets: Sockets) => Promise<void>,
  upstream: { readonly [key: string]: unknown } = {},
): Promise<void> {
  const server = new WebSocketServer({ noServer: true });
  const handshakes: Sockets["handshakes"] = [];
  const prepare = (http: Server): void => {
    http.on("upgrade", (message, socket, head) => {
      handshakes.push(message.headers);
      if (message.url === "/refused")
        socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nset-cookie: coatcheck=x\r\n\r\nno");
      else server.handleUpgrade(message, socket, head, (web) => web.on("message", (data, binary) => web.send(data, { binary })));
    });
  };
  await using harness = await startHarness(echo, { prepare, upstream });
  try {
    await use({ harness, handshakes, server });
  } finally {
    for (const client of server.clients) client.terminate();
  }
}

function open(harness: Harness, headers: { readonly [name: string]: string }, path = "/"): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${harness.port}${path}`, { headers: { Host: PUBLIC, ...headers } });
}

const opened = (web: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => web.once("open", resolve).once("error", reject));
const closed = (web: WebSocket): Promise<number> => new Promise((resolve) => web.once("close", resolve));
const statusOfRefusal = (web: WebSocket): Promise<number> =>
  new Promise((resolve, reject) => {
    web.once("unexpected-response", (_request, answer) => resolve(answer.statusCode ?? 0));
    web.once("open", () => reject(new Error("it opened")));
    web.on("error", () => {});
  });

test("a WebSocket passes both ways, with its user and without our cookie", async () => {
  await withSockets(async ({ harness, handshakes }) => {
    const web = open(harness, { Origin: OWN, Cookie: ALICE, "X-Auth-Request-User": "evil" });
    await opened(web);
    const echoed = new Promise<string>((resolve) => web.once("message", (data) => resolve(String(data))));
    web.send("hello");
    assert.equal(await echoed, "hello");
    assert.equal(handshakes[0]?.["x-auth-request-user"], "alice");
    assert.equal(handshakes[0]?.["cookie"], "theme=dark");
    const large = Buffer.alloc(3_000_000, "x");
    const back = new Promise<number>((resolve) => web.once("message", (data: Buffer) => resolve(data.length)));
    web.send(large);
    assert.equal(await back, large.length);
    web.close(4001, "bye");
    assert.equal(await closed(web), 4001);
  });
});

test("a close of the upstream reaches the client with its code, and a broken client reaches the upstream", async () => {
  await withSockets(async ({ harness, server }) => {
    const web = open(harness, { Origin: OWN });
    await opened(web);
    for (const client of server.clients) client.close(4002, "done");
    assert.equal(await closed(web), 4002);
    const other = open(harness, { Origin: OWN });
    await opened(other);
    const gone = Promise.all([...server.clients].map(closed));
    other.terminate();
    await gone;
  });
});

for (const origin of [
  "https://evil.example",
  "null",
  `http://${PUBLIC}`,
  `https://${PUBLIC}.evil.tld`,
  `https://${PUBLIC}:444`,
]) {
  test(`CS-07 a handshake from ${origin} is 403, and the upstream hears nothing`, async () => {
    await withSockets(async ({ harness, handshakes }) => {
      assert.equal(await statusOfRefusal(open(harness, { Origin: origin, Cookie: ALICE })), 403);
      assert.equal(handshakes.length, 0);
    });
  });
}

test("CS-07 a handshake without an Origin passes only as anonymous", async () => {
  await withSockets(async ({ harness, handshakes }) => {
    assert.equal(await statusOfRefusal(open(harness, { Cookie: ALICE })), 403);
    assert.equal(handshakes.length, 0);
    const web = open(harness, {});
    await opened(web);
    assert.equal(handshakes[0]?.["x-auth-request-user"], "");
    web.terminate();
  });
});

test("a handshake that is not allowed is answered as any request: 401, 404, 421, 502", async () => {
  await withSockets(
    async ({ harness }) => {
      assert.equal(await statusOfRefusal(open(harness, { Origin: OWN }, "/closed")), 401);
      assert.equal(await statusOfRefusal(open(harness, { Origin: OWN }, "/nowhere")), 404);
      assert.equal(await statusOfRefusal(open(harness, { Origin: OWN, Host: "evil.example" }, "/closed")), 421);
    },
    { access: "user", paths: ["/closed"] },
  );
  await withSockets(async ({ harness }) => assert.equal(await statusOfRefusal(open(harness, { Origin: OWN })), 502), {
    url: "http://127.0.0.1:1",
  });
});

test("CK-13 an upstream's refusal passes on, without our cookies in it", async () => {
  await withSockets(async ({ harness }) => {
    const head = `GET /refused HTTP/1.1\r\nHost: ${PUBLIC}\r\nOrigin: ${OWN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
    const answer = await harness.raw(`${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    assert.equal(statusOf(answer), 403);
    assert.equal(bodyOf(answer), "no");
    assert.doesNotMatch(answer, /set-cookie/i);
  });
});

test("PX-05 a WebSocket is cut when its session has ended elsewhere; an anonymous one goes on", async () => {
  await withSockets(async ({ harness }) => {
    const [hers, nobodys] = [open(harness, { Origin: OWN, Cookie: ALICE }), open(harness, { Origin: OWN })];
    await Promise.all([opened(hers), opened(nobodys)]);
    const cut = closed(hers);
    endSession(harness.control, "id-of-alice");
    assert.equal(await cut, 1006);
    assert.equal(nobodys.readyState, WebSocket.OPEN);
    nobodys.terminate();
  });
});

test("a stop cuts open sockets after the bound and takes no new ones", async () => {
  await withSockets(async ({ harness }) => {
    const web = open(harness, { Origin: OWN });
    await opened(web);
    const cut = closed(web);
    await harness.gateway.close();
    await cut;
    await assert.rejects(harness.get("/"), { code: "ECONNREFUSED" });
  });
});

test("a client that leaves within the handshake leaves nothing behind", async () => {
  await withSockets(async ({ harness, server }) => {
    server.options.verifyClient = () => new Promise(() => {});
    using leaving = dial(harness.port, handshakeText("/", OWN_ORIGIN));
    leaving.socket.end();
    await leaving.closed();
    await until(async () => /coatcheck_open_streams 0/.test(await harness.metrics()));
  });
});

test("F-06 a handshake that is refused leaves no connection open, whether by us or by the upstream", async () => {
  await withSockets(async ({ harness }) => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    const before = sockets();
    for (const [path, origin, early] of [
      ["/", "https://evil.example", ""],
      ["/", "https://evil.example", "early"],
      ["/refused", OWN, ""],
      ["/refused", OWN, "early"],
    ] as const) {
      // Not `using`: that the gateway closes it is what counts here.
      const refused = dial(harness.port, handshakeText(path, `Origin: ${origin}`) + early, { allowHalfOpen: true });
      await once(refused.socket, "end");
      // It notices a little late, and has said something more by then.
      refused.socket.end("late");
      assert.match(refused.said, /^HTTP\/1\.1 403 /);
    }
    const deadline = performance.now() + 10_000;
    while (sockets() > before && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(sockets() <= before, `${sockets() - before} ends of connections stay open`);
  });
});

test("F-50 an upstream's refusal of a handshake reaches its reader whole, however large it is", async () => {
  const body = Buffer.alloc(4_000_000, "n");
  const prepare = (http: Server): void => {
    http.on("upgrade", (_message, socket) => {
      socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 403 Forbidden\r\ncontent-length: ${body.length}\r\n\r\n`), body]));
    });
  };
  await using harness = await startHarness(echo, { prepare });
  using refused = dial(harness.port, handshakeText("/", OWN_ORIGIN, `Cookie: ${ALICE}`));
  const text = await refused.closed();
  assert.equal(statusOf(text), 403);
  assert.equal(bodyOf(text).length, body.length);
});
