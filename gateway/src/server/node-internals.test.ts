import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { exchange, PUBLIC } from "../../test-support/harness.ts";
import { listenOn } from "../../test-support/talk.ts";
import { writeHead } from "../response/head-text.ts";
import { currentResponse, keepHead, tellKeepAlive, toldKeepAlive } from "./node-internals.ts";

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
