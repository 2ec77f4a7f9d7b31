/** Plain `node:http`: when a user counts as having been here, and what is answered to what is thrown. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { turns } from "../../test-support/event-loop.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import { dial, listen, onFreePort, say } from "../../test-support/talk.ts";
import { coatcheckNode } from "../adapters/node.ts";
import { CoatcheckError } from "../core/errors.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import { NodeEngine } from "./node-handler.ts";

const HOUR = 3_600_000;

async function appWith(respond: (response: ServerResponse) => void) {
  const clock = manualClock();
  const touched: number[] = [];
  const real = memory();
  const store = overStore(real, {
    touch(id, seen) {
      touched.push(seen);
      return real.touch(id, seen);
    },
  });
  const { auth } = authWith({ publicUrl: LOOPBACK, store, clock, session: { idle: 2 * HOUR } });
  const cookie = await signIn(auth, { subject: "alice" });
  const closed = Promise.withResolvers<void>();
  const handler = coatcheckNode(auth).handler((_request, response) => {
    response.once("close", () => setImmediate(closed.resolve));
    respond(response);
  });
  return { auth, clock, touched, cookie, handler, closed: closed.promise };
}

for (const [status, after, counts] of [
  [200, HOUR, true],
  [399, HOUR, true],
  [400, HOUR, false],
  [500, HOUR, false],
  [200, 60_000, false],
] as const) {
  test(`F-46 ${status}, ${after} ms after the last answer: a user is ${counts ? "" : "not "}counted as seen`, async () => {
    const { auth, clock, touched, cookie, handler, closed } = await appWith((response) => response.writeHead(status).end());
    await using server = await listen(handler);
    clock.advance(after);
    assert.equal((await say(server.port, "/", { headers: { cookie } })).status, status);
    await closed;
    assert.deepEqual(touched, counts ? [clock.now()] : []);
    await auth.close();
  });
}

test("F-46 a client that hangs up before the answer has not been here", async () => {
  const { auth, clock, touched, cookie, handler, closed } = await appWith(() => {});
  await using server = await listen(handler);
  clock.advance(HOUR);
  const socket = await dial(server.port);
  const answering = once(server.server, "request");
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
  await answering;
  await turns();
  socket.destroy();
  await closed;
  assert.deepEqual(touched, []);
  await auth.close();
});

test("F-46 what is thrown if no session was opened is answered by its code; what has none is passed on", async () => {
  const { auth } = await appWith(() => {});
  const node = new NodeEngine(auth.engine);
  const passed: unknown[] = [];
  const failure = new Error("a bug");
  const server = createServer((request, response) => {
    const error = request.url === "/coded" ? new CoatcheckError("ERR_STORE_UNAVAILABLE", { retryAfter: 7 }) : failure;
    node.fail(error, request, response, (given) => {
      passed.push(given);
      response.writeHead(500).end();
    });
  });
  const port = await onFreePort(server);
  const coded = await say(port, "/coded", { headers: { host: "localhost:3000" } });
  assert.deepEqual([coded.status, coded.headers["retry-after"], passed], [503, "7", []]);
  assert.equal((await say(port, "/other")).status, 500);
  assert.deepEqual(passed, [failure]);
  server.close();
  await auth.close();
});

test("F-46 a refused request never reaches the handler, and HEAD is told how long the refusal would be", async () => {
  const { auth, cookie } = await appWith(() => {});
  const node = new NodeEngine(auth.engine);
  let reached = 0;
  await using server = await listen((request, response) => {
    node.open(request, response, (error) => {
      assert.equal(error, undefined);
      reached += 1;
      node.requireUser(node.policyOf(), request, response, () => response.end("in"));
    });
  });
  const crossSite = { cookie, "sec-fetch-site": "cross-site" };
  assert.equal((await say(server.port, "/", { method: "POST", headers: crossSite })).status, 403);
  assert.equal(reached, 0);
  const refused = await say(server.port, "/");
  assert.deepEqual([refused.status, reached], [401, 1]);
  const head = await say(server.port, "/", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers["content-length"]], [401, String(refused.bytes.length)]);
  assert.equal((await say(server.port, "/", { headers: { cookie } })).text, "in");
  await auth.close();
});

test("F-46 of two apps in one process each finds its own session of a request", async () => {
  const [alice, bob] = [await appWith(() => {}), await appWith(() => {})];
  const nodes = [new NodeEngine(alice.auth.engine), new NodeEngine(bob.auth.engine)] as const;
  const stranger = new NodeEngine(alice.auth.engine);
  await using server = await listen((request, response) => {
    const [first, second] = nodes;
    first.open(request, response, () =>
      second.open(request, response, () => {
        assert.equal(stranger.has(request), false);
        assert.throws(() => stranger.session(request), { name: "TypeError", message: /has not seen this request/ });
        response.end(nodes.map((node) => String(node.session(request).id !== null)).join());
      }),
    );
  });
  assert.equal((await say(server.port, "/", { headers: { cookie: alice.cookie } })).text, "true,false");
  assert.equal((await say(server.port, "/", { headers: { cookie: bob.cookie } })).text, "false,true");
  await Promise.all([alice.auth.close(), bob.auth.close()]);
});

test("F-46 an app's answer in the place of an endpoint of ours is for no cache once a user is read in it", async () => {
  const { auth, cookie } = await appWith(() => {});
  const node = new NodeEngine(auth.engine);
  await using server = await listen((request, response) => {
    node.open(request, response, () => {
      const who = request.headers["x-read"] === undefined ? "hello" : node.session(request).identity?.subject;
      response.end(who);
    });
  });
  for (const path of ["/", "/auth/session"]) {
    const read = await say(server.port, path, { headers: { cookie, "x-read": "1" } });
    assert.deepEqual([read.text, read.headers["cache-control"]], ["alice", "no-store"], path);
    const stranger = await say(server.port, path, { headers: { "x-read": "1" } });
    assert.deepEqual([stranger.text, stranger.headers["cache-control"]], ["", undefined], path);
    const unread = await say(server.port, path, { headers: { cookie } });
    assert.deepEqual([unread.text, unread.headers["cache-control"]], ["hello", undefined], path);
  }
  await auth.close();
});

test("F-46 what the handler says of caches after it has read the user counts, however often it does", async () => {
  const { auth, cookie } = await appWith(() => {});
  const node = new NodeEngine(auth.engine);
  await using server = await listen((request, response) => {
    node.open(request, response, () => {
      assert.equal(node.session(request).identity?.subject, "alice");
      assert.equal(response.getHeader("cache-control"), "no-store");
      response.removeHeader("cache-control");
      response.end(node.session(request).owner);
    });
  });
  const answer = await say(server.port, "/", { headers: { cookie } });
  assert.deepEqual([answer.status, answer.headers["cache-control"]], [200, undefined]);
  await auth.close();
});

test("F-46 a handler that sets a cookie of our name itself, alone or among others, is not corrected", async () => {
  for (const own of [["NAME=theirs"], ["other=1", "NAME=theirs"]]) {
    const { auth, cookie, handler } = await appWith((response) => {
      response.setHeader("set-cookie", own.length === 1 ? (lines[0] ?? "") : [...lines]).end();
    });
    const name = cookie.slice(0, cookie.indexOf("="));
    const lines = own.map((line) => line.replace("NAME", name));
    await using server = await listen(handler);
    const dead = `${name}=${"x".repeat(22)}.${"x".repeat(42)}A`;
    const answer = await say(server.port, "/", { headers: { cookie: dead, ...NAVIGATION } });
    assert.deepEqual(answer.headers["set-cookie"], lines);
    await auth.close();
  }
});
