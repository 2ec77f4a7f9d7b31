import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { pretendHeadersSent } from "./node-internals.ts";
import { hold } from "./response-hold.ts";

test("this version of Node tells by the field whether the head has left", () => {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  pretendHeadersSent(response, true);
  assert.equal(response.headersSent, true);
  pretendHeadersSent(response, false);
  assert.equal(response.headersSent, false);
});

/** As in a Node that has moved the field: what we write to it is not seen. */
function moveField(response: ServerResponse): void {
  let own: unknown = null;
  const ours = (value: unknown): boolean => value === "held" || value === null;
  Object.defineProperty(response, "_header", { get: () => own, set: (value) => (own = ours(value) ? own : value) });
}

test("in a Node that has moved the field a response is held all the same, and says nothing of it", async () => {
  const told: boolean[] = [];
  const server = createServer((_message, response) => {
    moveField(response);
    hold(response, async () => {
      told.push(response.headersSent);
      return { cookies: ["a=b"], refusal: null };
    });
    response.end("held");
    told.push(response.headersSent);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const [answer] = await once(get({ host: "127.0.0.1", port, agent: false }), "response");
  assert.ok(answer instanceof IncomingMessage);
  assert.deepEqual([answer.headers["set-cookie"], await text(answer)], [["a=b"], "held"]);
  assert.deepEqual(told, [false, false]);
  server.close();
});
