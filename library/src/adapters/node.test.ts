import assert from "node:assert/strict";
import { test } from "node:test";
import { LOOPBACK, SECRET } from "../../test-support/origin.ts";
import { dial, everything, listen, say } from "../../test-support/talk.ts";
import type { AuditEvent, JsonObject } from "../contracts.ts";
import { CoatcheckError, coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckNode, type NodeHandler } from "./node.ts";

function make(events: AuditEvent[] = []) {
  return coatcheck({ publicUrl: LOOPBACK, secrets: SECRET, store: memory(), on: (event) => events.push(event) });
}

const THROWS: { readonly [name: string]: NodeHandler<JsonObject> } = {
  "at once": () => {
    throw new Error("a secret of the handler");
  },
  "in a promise": async () => {
    await Promise.resolve();
    throw new Error("a secret of the handler");
  },
};

for (const [name, handler] of Object.entries(THROWS)) {
  test(`what a handler throws ${name} is 500, is reported, and is not shown`, async () => {
    const events: AuditEvent[] = [];
    const auth = make(events);
    const cookie = await signIn(auth, { subject: "alice" });
    const web = coatcheckNode(auth);
    for (const listener of [web.handler(handler), web.userHandler(handler)]) {
      await using server = await listen((request, response) => {
        response.setHeader("x-half", "made");
        listener(request, response);
      });
      const { status, text, headers } = await say(server.port, "/", { headers: { cookie } });
      assert.deepEqual([status, text, headers["x-half"]], [500, "Internal Server Error", undefined]);
      const last = events.at(-1);
      assert.deepEqual([last?.name, last?.reason], ["background.failed", "handler"]);
      assert.match(String(last?.error), /a secret of the handler/);
    }
  });
}

test("an error with a code of ours is answered by its code, also one that comes in a promise", async () => {
  const auth = make();
  const cookie = await signIn(auth, { subject: "alice" });
  const web = coatcheckNode(auth);
  const listener = web.userHandler(async (_request, response, session) => {
    response.end(await session.accessToken());
  });
  await using server = await listen(listener);
  const { status, text, headers } = await say(server.port, "/", { headers: { cookie } });
  assert.deepEqual([status, JSON.parse(text).code, headers["retry-after"]], [503, "ERR_TOKEN_UNAVAILABLE", "5"]);
  assert.equal((await say(server.port, "/")).status, 401);
});

test("our own endpoints are answered, those that fail by their code", async () => {
  await using server = await listen(coatcheckNode(make()).handler((_request, response) => response.end("the app")));
  assert.equal((await say(server.port, "/auth/session")).status, 401);
  const wrong = await say(server.port, "/auth/session", { method: "DELETE", headers: { "sec-fetch-site": "same-origin" } });
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, "GET, HEAD, POST"]);
  assert.equal((await say(server.port, "/auth/other")).text, "the app");
  assert.equal((await say(server.port, "/authors")).text, "the app");
  // Too large a body is read to its end, unkept, so that the refusal arrives and the connection goes on.
  const body = "return_to=".padEnd(4_000_000, "x");
  const socket = await dial(server.port);
  const head = `POST /auth/logout HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}`;
  socket.write(`${head}\r\n\r\n${body}GET /app HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.match(await everything(socket), /^HTTP\/1\.1 413 .*"ERR_BODY_TOO_LARGE".*HTTP\/1\.1 200 OK.*the app$/s);
});

test("ERR_MISDIRECTED: of several origins the host picks one, and no other is served", async () => {
  const auth = coatcheck({
    publicUrl: ["https://a.example.com", "https://b.example.com"],
    secrets: SECRET,
    store: memory(),
    provider: {
      name: "fake",
      issuer: "https://id.example.com",
      ready: () => true,
      authorizationUrl: ({ redirectUri }) => ({ kind: "redirect", url: redirectUri }),
      redeem: async () => ({ kind: "refused", code: "ERR_PROVIDER_REFUSED", cause: null }),
      refresh: async () => ({ kind: "refused", cause: null }),
      revoke: async () => true,
      logoutUrl: () => undefined,
      close: () => undefined,
    },
  });
  await using server = await listen(coatcheckNode(auth).handler((_request, response) => response.end()));
  const login = (host: string) =>
    say(server.port, "/auth/login", { headers: { host, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } });
  assert.equal((await login("B.example.com")).headers.location, "https://b.example.com/auth/callback");
  assert.equal((await login("evil.example")).status, 421);
  assert.ok(new CoatcheckError("ERR_MISDIRECTED").status === 421);
});
