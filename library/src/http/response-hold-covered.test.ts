/** `hold` among others that cover the same response, before it or after it, and HTTP/2's stream. */
import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse as NativeResponse, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { turns } from "../../test-support/event-loop.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { Settlement } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { UNCHANGED } from "../engine/request/settlement.ts";
import { hold } from "./response-hold.ts";

const REFUSED: Settlement = { cookies: ["ours="], refusal: new CoatcheckError("ERR_STORE_UNAVAILABLE", { retryAfter: 5 }) };

/** Middleware that came after us, and hands everything on to what it found. */
function coverSince(response: ServerResponse, method: "writeHead" | "end"): void {
  const found = response[method];
  Reflect.set(response, method, (...args: readonly unknown[]) => Reflect.apply(found, response, args));
}

test("F-46 S-05 a refused answer leaves also if other code covered the response since", async () => {
  await using server = await listen((_request, response) => {
    hold(response, () => Promise.resolve(REFUSED));
    coverSince(response, "writeHead");
    response.end("secret");
  });
  const heard = await say(server.port, "/");
  assert.deepEqual([heard.status, heard.cookies], [503, ["ours="]]);
  assert.equal(JSON.parse(heard.text).code, "ERR_STORE_UNAVAILABLE");
});

test("F-46 what is assigned to a response after its end came too late for its head", async () => {
  await using server = await listen((_request, response) => {
    hold(response, () => Promise.resolve(UNCHANGED));
    response.statusCode = 201;
    response.statusMessage = "Made";
    response.end("done");
    response.statusCode = 404;
    response.statusMessage = "Late";
  });
  const heard = await say(server.port, "/");
  assert.deepEqual([heard.status, heard.message, heard.text], [201, "Made", "done"]);
});

test("F-46 a response that is not covered keeps Node's own `on`", () => {
  const response = new NativeResponse(new IncomingMessage(new Socket()));
  hold(response, () => new Promise(() => {}));
  assert.equal(Object.hasOwn(response, "on"), false);
  assert.equal(Object.hasOwn(response, "end"), true);
});

/** A response with a stream as HTTP/2 gives it one. */
function streamed(): { readonly response: ServerResponse; readonly stream: { respond(): void } } {
  const response = new NativeResponse(new IncomingMessage(new Socket()));
  const stream: { respond(): void } = Object.create({ respond: () => {} });
  Reflect.set(response, "stream", stream);
  return { response, stream };
}

test("F-46 F-41 once the stream has been let through nothing is committed, whatever covered the response", () => {
  const { response, stream } = streamed();
  let settled = 0;
  hold(
    response,
    () => {
      settled += 1;
      return new Promise(() => {});
    },
    undefined,
    () => true,
  );
  coverSince(response, "end");
  stream.respond();
  assert.equal(Object.hasOwn(stream, "respond"), false);
  response.end("done");
  assert.deepEqual([settled, response.writableEnded], [0, true]);
});

test("F-46 F-41 a refused answer leaves by HTTP/2's stream too, which is free again from then on", async () => {
  const { response, stream } = streamed();
  hold(response, () => Promise.resolve(REFUSED));
  response.end("secret");
  await turns();
  assert.equal(Object.hasOwn(stream, "respond"), false);
  assert.deepEqual([response.writableEnded, response.statusCode], [true, 503]);
});

for (const pairs of [
  [["x-one", "1"]],
  [
    ["x-one", "1"],
    ["x-two", "2"],
  ],
  ["x-one", "1"],
  [],
]) {
  test(`F-46 writeHead takes ${JSON.stringify(pairs)} as headers`, () => {
    const { response } = streamed();
    hold(response, () => new Promise(() => {}));
    response.setHeader("x-one", "0");
    Reflect.apply(response.writeHead, response, [200, pairs]);
    assert.equal(response.getHeader("x-one"), pairs.length === 0 ? "0" : "1");
    assert.equal(response.getHeader("x-two"), JSON.stringify(pairs).includes("x-two") ? "2" : undefined);
  });
}

test("F-46 a refused answer leaves by a response that lacks one of Node's methods", async () => {
  const { response } = streamed();
  Reflect.set(response, "flushHeaders", undefined);
  hold(response, () => Promise.resolve(REFUSED));
  response.end("secret");
  await turns();
  assert.deepEqual([response.writableEnded, response.statusCode, response.destroyed], [true, 503, false]);
});

test("F-46 RFC 9110 9.3.2: a refused HEAD says how long the answer to GET is", async () => {
  await using server = await listen((_request, response) => {
    hold(response, () => Promise.resolve(REFUSED));
    response.end("secret");
  });
  const [got, head] = [await say(server.port, "/"), await say(server.port, "/", { method: "HEAD" })];
  assert.equal(head.headers["content-length"], String(got.bytes.length));
  assert.equal(head.bytes.length, 0);
});
