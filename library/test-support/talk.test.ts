/** Servers of tests listen where others do not, and requests tell all of an answer. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { dial, everything, listen, onFreePort, say } from "./talk.ts";

test("two servers are at two ports, each at its own, whatever they speak", async () => {
  const plain = createServer((socket) => void socket.end("bytes"));
  const port = await onFreePort(plain);
  await using web = await listen((_request, response) => response.end("page"));
  assert.notEqual(port, web.port);
  assert.equal(await everything(await dial(port)), "bytes");
  assert.equal((await say(web.port, "/")).text, "page");
  plain.close();
});

test("of an answer status, cookies and text are told", async () => {
  await using web = await listen((request, response) => {
    response.writeHead(201, { "set-cookie": ["a=1", "b=2"] }).end(`${request.method} ${request.url}`);
  });
  const { status, cookies, text } = await say(web.port, "/page?a=b", { method: "POST", body: "sent" });
  assert.deepEqual([status, cookies, text], [201, ["a=1", "b=2"], "POST /page?a=b"]);
});
