import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { pretendHeadersSent } from "./node-internals.ts";

test("this version of Node tells by the field whether the head has left", () => {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  pretendHeadersSent(response, true);
  assert.equal(response.headersSent, true);
  pretendHeadersSent(response, false);
  assert.equal(response.headersSent, false);
});
