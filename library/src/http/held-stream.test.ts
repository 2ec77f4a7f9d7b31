/** Responses over HTTP/2, by Node's own server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { connect, createServer } from "node:http2";
import { Socket } from "node:net";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { onFreePort } from "../../test-support/talk.ts";
import { coatcheckNode, type NodeHandler } from "../adapters/node.ts";
import type { AuditEvent, JsonObject } from "../contracts.ts";
import { coverStream } from "./held-stream.ts";
import { hold } from "./response-hold.ts";

interface Heard {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly text: string;
}

/** One navigation over HTTP/2, with what was reported of it. */
async function visit(
  handle: NodeHandler<JsonObject>,
  headers: Record<string, string> = {},
): Promise<Heard & { events: AuditEvent[] }> {
  const { auth, events } = authWith({ publicUrl: LOOPBACK });
  const server = createServer();
  server.on("request", coatcheckNode(auth).handler(handle));
  const client = connect(`http://127.0.0.1:${await onFreePort(server)}`);
  try {
    const stream = client.request({ ":path": "/", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", ...headers });
    const answered: Promise<[IncomingHttpHeaders & { ":status"?: number }]> = once(stream, "response").then(([head]) => [head]);
    let text = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const [[head]] = await Promise.all([answered, once(stream, "end")]);
    return { status: head[":status"] ?? 0, cookies: head["set-cookie"] ?? [], text, events };
  } finally {
    client.close();
    server.close();
    await auth.close();
  }
}

function streamOf(response: object): ServerHttp2Stream {
  assert.ok("stream" in response);
  const { stream } = response;
  assert.ok(isStream(stream));
  return stream;
}

function isStream(value: unknown): value is ServerHttp2Stream {
  return typeof value === "object" && value !== null && "respond" in value;
}

test("F-41 over HTTP/2 a login leaves with the response", async () => {
  const heard = await visit((_request, response, session) => {
    session.login({ issuer: "app", subject: "ada" });
    response.writeHead(201, { "content-type": "text/plain" });
    response.write("hel");
    response.end("lo");
  });
  assert.equal(heard.status, 201);
  assert.equal(heard.text, "hello");
  assert.equal(heard.cookies.length, 1);
});

const ROUND: { readonly [way: string]: (stream: ServerHttp2Stream) => void } = {
  "stream.respond()": (stream) => {
    stream.respond({ ":status": 200 });
    stream.end("gone");
  },
  "stream.end() alone": (stream) => stream.end("gone"),
  "stream.write() alone": (stream) => stream.write("gone"),
};

for (const [way, answer] of Object.entries(ROUND)) {
  test(`F-41 ${way} after a login is refused with what to use, and drops no login in silence`, async () => {
    const heard = await visit((_request, response, session) => {
      session.login({ issuer: "app", subject: "ada" });
      answer(streamOf(response));
    });
    assert.equal(heard.status, 500);
    assert.doesNotMatch(heard.text, /gone/);
    const [failed] = heard.events.filter(({ name }) => name === "background.failed");
    assert.ok(failed?.error instanceof TypeError);
    assert.match(failed.error.message, /response\.writeHead\(\), write\(\) and end\(\) instead of response\.stream/);
  });
}

test("F-41 what is caught leaves the login to the response", async () => {
  const heard = await visit((_request, response, session) => {
    session.login({ issuer: "app", subject: "ada" });
    assert.throws(() => streamOf(response).respond({ ":status": 200 }), TypeError);
    response.end("in");
  });
  assert.equal(heard.text, "in");
  assert.equal(heard.cookies.length, 1);
});

test("F-41 stream.respond() is the app's own if nothing is recorded; nothing can be recorded after it", async () => {
  for (const headers of [{}, { cookie: "coatcheck-3000=nonsense" }]) {
    const heard = await visit((_request, response, session) => {
      const stream = streamOf(response);
      stream.respond({ ":status": 200 });
      assert.throws(() => session.login({ issuer: "app", subject: "ada" }), /the response has begun/);
      stream.end("by hand");
    }, headers);
    assert.equal(heard.status, 200);
    assert.equal(heard.text, "by hand");
    assert.deepEqual(heard.cookies, []);
  }
});

test("F-46 a stream that is over asks nothing, one that is open asks, and afterwards all is as it was", () => {
  for (const [state, asks] of [
    [{}, true],
    [{ closed: false, destroyed: false }, true],
    [{ closed: true, destroyed: false }, false],
    [{ destroyed: true }, false],
  ] as const) {
    let asked = 0;
    let ended = 0;
    const stream = Object.assign(Object.create({ respond: () => undefined, end: () => ended++ }), state);
    const response = Object.assign(Object.create(null), { stream });
    const uncover = coverStream(response, () => asked++);
    stream.end();
    assert.deepEqual([asked, ended], [asks ? 1 : 0, 1], JSON.stringify(state));
    uncover();
    stream.end();
    assert.deepEqual([asked, ended, Object.keys(stream)], [asks ? 1 : 0, 2, Object.keys(state)]);
  }
  for (const stream of [undefined, null, "text", {}])
    assert.doesNotThrow(coverStream(Object.assign(Object.create(null), { stream }), () => assert.fail("asked")));
});

for (const method of ["respond", "respondWithFD", "respondWithFile", "write", "end"]) {
  test(`F-46 nothing goes round a held response by stream.${method}(), unless that is allowed`, () => {
    const called: string[] = [];
    const stream: Record<string, unknown> = { respond: () => {}, [method]: () => called.push(method) };
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    Reflect.set(response, "stream", stream);
    hold(response, () => new Promise(() => {}));
    const call = (): unknown => Reflect.apply(Object(stream[method]), stream, []);
    assert.throws(call, { name: "TypeError", message: /goes round/ });
    for (const gone of ["closed", "destroyed"]) {
      stream[gone] = true;
      call();
      stream[gone] = false;
    }
    assert.deepEqual(called, [method, method], "Node itself may end what is gone");
    assert.throws(call, TypeError);
  });
}
