import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, IncomingMessage } from "node:http";
import { connect, Socket } from "node:net";
import { test } from "node:test";
import { NodeRequest } from "./node-request.ts";

test("A-30 a form that a parser made objects of is read without them, whatever they pretend to be", async () => {
  const hostile = { toString: "x", valueOf: "y" };
  const parsed = { return_to: hostile, state: ["one", hostile, "two"], code: "c", count: 1 };
  const request = Object.assign(new IncomingMessage(new Socket()), { body: parsed });
  assert.equal(await new NodeRequest(request, []).body(100), "state=one&state=two&code=c");
});

test("TP-06 two Authorization lines are both seen, where Node itself would keep the first", async () => {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    seen.push(new NodeRequest(request, []).header("authorization"));
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  for (const lines of [[], ["Authorization: Bearer a"], ["Authorization: Bearer a", "authorization: Basic b"]]) {
    const socket = connect(address.port, "127.0.0.1");
    socket.end(["GET / HTTP/1.1", "Host: x", "Connection: close", ...lines, "", ""].join("\r\n"));
    await once(socket.resume(), "close");
  }
  server.close();
  assert.deepEqual(seen, [undefined, "Bearer a", "Bearer a, Basic b"]);
});
