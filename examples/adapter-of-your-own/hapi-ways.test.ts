/** The ways in which only hapi answers: errors, streams, abandoned requests, its own cookies, clients that leave. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { server as createServer, type Lifecycle } from "@hapi/hapi";
import { coatcheck } from "coatcheck";
import { memory } from "coatcheck/memory";
import { signIn } from "coatcheck/testing";
import { coatcheckHapi } from "./coatcheck-hapi.ts";

const auth = coatcheck({
  publicUrl: "http://localhost:3000",
  secrets: "q3Vt4lm0GkXb7JQnq9Yv0nH8o2cW5sZrT1uE6aPdFiM",
  store: memory(),
  on: () => undefined,
});
const web = coatcheckHapi(auth);
const server = createServer({ port: 0, host: "127.0.0.1", debug: false });
const errors: unknown[] = [];

const add = (path: string, handler: Lifecycle.Method): void => server.route({ method: "POST", path, handler });

before(async () => {
  await server.register(web.plugin);
  server.events.on({ name: "request", channels: "error" }, (_, { error }) => errors.push(error));
  await server.start();
});
after(async () => {
  await server.stop();
  await auth.close();
});

const ask = async (path: string, cookie: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.info.port}${path}`, { method: "POST", headers: { cookie, "sec-fetch-site": "same-origin" } });

async function dataOf(cookie: string): Promise<unknown> {
  const { session } = await auth.engine.open({ method: "GET", target: "/", header: () => cookie });
  return session.identity === null ? "signed out" : session.data;
}

test("an error of the app stays hapi's to report, and keeps nothing but a logout", async () => {
  const bug = Object.assign(new Error("a bug"), { statusCode: 409 });
  add("/bug", (request) => {
    web.session(request).set({ visits: 1 });
    throw bug;
  });
  add("/bug-after-logout", (request) => {
    web.session(request).logout();
    throw new Error("another");
  });
  add("/refused", (request) => {
    web.session(request).set({ visits: 2 });
    const output = { statusCode: 400, headers: {}, payload: { statusCode: 400, error: "Bad Request", message: "no" } };
    throw Object.assign(new Error("no"), { isBoom: true, isServer: false, output });
  });
  const cookie = await signIn(auth, { subject: "alice" });
  assert.equal((await ask("/refused", cookie)).status, 400);
  assert.deepEqual(await dataOf(cookie), {});
  assert.equal((await ask("/bug", cookie)).status, 500);
  assert.equal(errors.includes(bug), true);
  assert.deepEqual(await dataOf(cookie), {});
  const answer = await ask("/bug-after-logout", cookie);
  assert.deepEqual([answer.status, answer.headers.getSetCookie().length], [500, 1]);
  assert.equal(await dataOf(cookie), "signed out");
});

test("what is recorded is stored before a stream begins, and before an answer that goes past hapi", async () => {
  add("/stream", (request, toolkit) => {
    web.session(request).set({ by: "stream" });
    return toolkit.response(Readable.from(["one", "two"], { objectMode: false }));
  });
  add("/raw", (request, toolkit) => {
    web.session(request).set({ by: "raw" });
    request.raw.res.end("raw");
    return toolkit.abandon;
  });
  const cookie = await signIn(auth, { subject: "bob" });
  assert.equal(await (await ask("/stream", cookie)).text(), "onetwo");
  assert.deepEqual(await dataOf(cookie), { by: "stream" });
  assert.equal(await (await ask("/raw", cookie)).text(), "raw");
  assert.deepEqual(await dataOf(cookie), { by: "raw" });
});

test("what is recorded after the client left is stored", async () => {
  const entered = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  add("/left", async (request) => {
    entered.resolve();
    await once(request.raw.res, "close");
    web.session(request).logout();
    return "gone";
  });
  server.events.on("response", ({ path }) => (path === "/left" ? setImmediate(done.resolve) : undefined));
  const cookie = await signIn(auth, { subject: "carol" });
  const socket = connect(Number(server.info.port), "127.0.0.1");
  socket.write(
    `POST /left HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n\r\n`,
  );
  await entered.promise;
  socket.destroy();
  await done.promise;
  assert.equal(await dataOf(cookie), "signed out");
});
