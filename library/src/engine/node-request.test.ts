import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { NodeRequest } from "./node-request.ts";

test("A-30 a form that a parser made objects of is read without them, whatever they pretend to be", async () => {
  const hostile = { toString: "x", valueOf: "y" };
  const parsed = { return_to: hostile, state: ["one", hostile, "two"], code: "c", count: 1 };
  const request = Object.assign(new IncomingMessage(new Socket()), { body: parsed });
  assert.equal(await new NodeRequest(request, []).body(100), "state=one&state=two&code=c");
});
