import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { z } from "zod";
import { authWith } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { NodeRequest } from "../../http/node-request.ts";

test("F-41 with two origins the authority of an HTTP/2 request picks one", () => {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, { ":authority": "two.example.com" });
  const view = new NodeRequest(request, ["https://one.example.com", "https://two.example.com"]);
  assert.equal(view.origin, "https://two.example.com");
});

test("F-41 OP-01 a schema's message about data that do not fit is in no error: it may quote them", async () => {
  const { auth } = authWith({
    data: z.object({
      card: z
        .string()
        .max(3, { error: (issue) => `${String(issue.input)} is too long` })
        .default(""),
    }),
  });
  let told = "";
  await auth.handle(new Request(`${ORIGIN}/`), (session) => {
    try {
      session.set({ card: "4111-canary" });
    } catch (error) {
      told = String(error);
    }
    return new Response();
  });
  assert.match(told, /schema: card/);
  assert.ok(!told.includes("canary"), told);
  await auth.close();
});
