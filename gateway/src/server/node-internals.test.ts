import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exchange, PUBLIC } from "../../test-support/harness.ts";
import { listenOn } from "../../test-support/talk.ts";
import { writeHead } from "../response/head-text.ts";
import { GatewayMessage } from "./gateway-message.ts";
import {
  currentResponse,
  keepHead,
  passForNodes,
  readHeadersBy,
  takeFromParser,
  tellKeepAlive,
  toldKeepAlive,
} from "./node-internals.ts";

const LINES = ["content-type", "text/plain", "content-length", "2"];

/** What a client is answered. */
async function answered(answer: (response: ServerResponse) => void): Promise<string> {
  await using app = await listenOn((_message, response) => answer(response));
  return await exchange(app.port, `GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`);
}

test("this version of Node has every field that is leant on", async () => {
  let told: readonly unknown[] = [];
  const answer = await answered((response) => {
    const { socket } = response;
    tellKeepAlive(response, 7_000);
    const limit = toldKeepAlive(response);
    const kept = keepHead(response, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n");
    told = [socket !== null && currentResponse(socket) === response, limit, kept];
    response.end("ok");
  });
  assert.deepEqual(told, [true, 7_000, true]);
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok$/);
});

/** A response as in a Node that has moved these fields: what is written to them is not seen, and they say nothing. */
function responseElsewhere(): { readonly response: ServerResponse; readonly written: unknown[] } {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const written: unknown[] = [];
  Object.defineProperty(response, "headersSent", { get: () => false });
  Object.defineProperty(response, "writeHead", { value: (...head: readonly unknown[]) => void written.push(head) });
  return { response, written };
}

test("a head that Node keeps elsewhere is written line by line", () => {
  const { response, written } = responseElsewhere();
  assert.equal(keepHead(response, "HTTP/1.1 200 OK\r\n\r\n"), false);
  writeHead(response, 200, LINES);
  assert.deepEqual(written, [[200, LINES]]);
});

test("an idle limit that Node keeps elsewhere is not told; a socket that names no response waits for none", () => {
  assert.equal(toldKeepAlive(responseElsewhere().response), 0);
  assert.equal(currentResponse(new Socket()), undefined);
});

test("this version of Node has an accessor for headers, and a parser that listens to its socket", async () => {
  assert.equal(typeof Object.getOwnPropertyDescriptor(IncomingMessage.prototype, "headers")?.get, "function");
  let listens = 0;
  await answered((response) => {
    listens = response.socket?.listenerCount("data") ?? 0;
    response.end();
  });
  assert.equal(listens, 1);
});

test("a message that Node makes with a dictionary of its own keeps that", () => {
  class Own extends IncomingMessage {}
  readHeadersBy(Own.prototype, () => ({ host: "read" }));
  const message = new Own(new Socket());
  assert.deepEqual(message.headers, { host: "read" });
  Object.defineProperty(message, "headers", { value: { host: "own" } });
  assert.deepEqual(message.headers, { host: "own" });
});

test("a socket to which no parser of Node listens is read by whoever takes it, and nothing is handed on", () => {
  const socket = new Socket();
  const seen: string[] = [];
  const parse = takeFromParser(socket, (chunk) => seen.push(String(chunk)));
  socket.emit("data", Buffer.from("a"));
  parse(Buffer.from("b"));
  assert.deepEqual(seen, ["a"]);
});

test("a parser that is taken off hears what it is handed alone", () => {
  const socket = new Socket();
  const [seen, parsed]: [string[], string[]] = [[], []];
  socket.on("data", (chunk) => parsed.push(String(chunk)));
  const parse = takeFromParser(socket, (chunk) => seen.push(String(chunk)));
  socket.emit("data", Buffer.from("a"));
  parse(Buffer.from("b"));
  assert.deepEqual([seen, parsed], [["a"], ["b"]]);
});

test("what undici asks of a message it throws away: ours passes for Node's own", () => {
  class Other extends IncomingMessage {}
  const asked = (message: IncomingMessage): boolean => Object.getPrototypeOf(message).constructor === IncomingMessage;
  assert.equal(asked(new Other(new Socket())), false);
  passForNodes(Other.prototype);
  assert.equal(asked(new Other(new Socket())), true);
  assert.equal(asked(new GatewayMessage(new Socket())), true);
  const source = readFileSync(join(dirname(fileURLToPath(import.meta.resolve("undici"))), "lib/core/util.js"), "utf8");
  assert.match(source, /Object\.getPrototypeOf\(stream\)\.constructor === IncomingMessage/);
});
