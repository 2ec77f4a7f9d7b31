import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { exchange, PUBLIC } from "../../test-support/harness.ts";
import { listenOn } from "../../test-support/talk.ts";
import { writeHead } from "./head-text.ts";

type WriteHead = (response: ServerResponse, status: number, lines: string[]) => void;
const byNode: WriteHead = (response, status, lines) => response.writeHead(status, lines);

/** What comes back, its header lines in one order and without the time. */
async function answered(
  write: WriteHead,
  request: string,
  status: number,
  lines: readonly string[],
  body: string,
): Promise<unknown> {
  await using app = await listenOn((_message, response) => {
    write(response, status, [...lines]);
    response.end(body, "latin1");
  });
  app.server.keepAliveTimeout = 7_000;
  const answer = await exchange(
    app.port,
    `${request}\r\nHost: ${PUBLIC}\r\n\r\nGET /last HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`,
  );
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const [first, ...fields] = head.split("\r\n");
  const named = fields.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
  return [
    first,
    named.map((line) => line.replace(/^date: .*GMT$/, "date")).sort(),
    rest.length,
    (rest[0] ?? "").split("HTTP/1.1")[0],
  ];
}

const GET = "GET / HTTP/1.1";
const SIZED = ["content-type", "text/plain", "content-length", "3"];

const CASES: readonly (readonly [string, string, number, readonly string[], string])[] = [
  ["a body of known length", GET, 200, SIZED, "abc"],
  ["an error", GET, 404, SIZED, "abc"],
  ["an unknown status", GET, 599, SIZED, "abc"],
  ["several lines of one name", GET, 200, [...SIZED, "set-cookie", "a=1", "set-cookie", "b=2"], "abc"],
  ["values in Latin-1", GET, 200, [...SIZED, "x-name", "caf\u00e9\tx"], "\u00e9\u00ffa"],
  ["a body of unknown length", GET, 200, ["content-type", "text/plain"], "abc"],
  ["HEAD", "HEAD / HTTP/1.1", 200, SIZED, ""],
  ["204", GET, 204, [], ""],
  ["304 that tells a length", GET, 304, ["content-length", "3", "etag", '"x"'], ""],
  ["304 with a body, which is none", GET, 304, ["content-length", "3"], "abc"],
  ["an empty body", GET, 200, ["content-length", "0"], ""],
  ["a connection that closes", GET, 200, [...SIZED, "connection", "close"], "abc"],
  ["a client that wants it closed", `${GET}\r\nConnection: close`, 200, SIZED, "abc"],
  ["HTTP/1.0", "GET / HTTP/1.0", 200, SIZED, "abc"],
  ["HTTP/1.0 that keeps the connection", "GET / HTTP/1.0\r\nConnection: keep-alive", 200, SIZED, "abc"],
];

for (const [name, request, status, lines, body] of CASES) {
  test(`a head written as text says what Node's own would: ${name}`, async () => {
    const ours = await answered(writeHead, request, status, lines, body);
    assert.deepEqual(ours, await answered(byNode, request, status, lines, body));
  });
}

test("the upstream's own date stays the only one; without one ours is the time", async () => {
  const then = "Thu, 01 Jan 2026 00:00:00 GMT";
  await using app = await listenOn((message, response) => {
    writeHead(response, 200, message.url === "/dated" ? ["date", then, "content-length", "0"] : ["content-length", "0"]);
    response.end();
  });
  const dates = async (path: string): Promise<readonly string[]> => {
    const answer = await exchange(
      app.port,
      `GET ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\n\r\nGET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`,
    );
    const [head = ""] = answer.split("\r\n\r\n");
    return [...head.matchAll(/^date: (.*)$/gim)].map(([, date = ""]) => date.trim());
  };
  assert.deepEqual(await dates("/dated"), [then]);
  const [now = "", ...more] = await dates("/");
  assert.deepEqual(more, []);
  assert.ok(Math.abs(Date.parse(now) - Date.now()) < 60_000, now);
});
