import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { problemOf, send } from "./response.ts";

const HOW = { https: false, method: "GET" };

test("F-46 a response that is gone, or has its head, is not answered", () => {
  const gone = new ServerResponse(new IncomingMessage(new Socket()));
  gone.destroy();
  send(gone, problemOf("ERR_INTERNAL"), HOW);
  assert.equal(gone.headersSent, false);
  const begun = new ServerResponse(new IncomingMessage(new Socket()));
  begun.writeHead(200);
  send(begun, problemOf("ERR_INTERNAL"), HOW);
  assert.deepEqual([begun.statusCode, begun.writableEnded], [200, false]);
});
