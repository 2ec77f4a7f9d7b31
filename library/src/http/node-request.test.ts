import assert from "node:assert/strict";
import type { IncomingMessage, RequestOptions } from "node:http";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { onFreePort } from "../../test-support/talk.ts";
import { NodeRequest } from "./node-request.ts";
import { pickOrigin } from "./pick-origin.ts";

/** What a server that listens there saw of one request. */
async function seen<T>(
  listen: { readonly path: string } | { readonly port: number; readonly host: string },
  look: (view: NodeRequest, message: IncomingMessage) => T | Promise<T>,
  headers: readonly string[] = [],
): Promise<T> {
  const server = createServer((message, response) => {
    Promise.resolve(look(new NodeRequest(message, ["http://localhost"]), message)).then(resolve, reject);
    response.end();
  });
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  await new Promise<void>((listening) => server.listen(listen, listening));
  const address = server.address();
  const to: RequestOptions = typeof address === "string" ? { socketPath: address } : { port: address?.port ?? 0 };
  request({ ...to, headers: ["Host", "localhost", ...headers], agent: false }, (answer) => answer.resume()).end();
  try {
    return await promise;
  } finally {
    server.close();
  }
}

test("S-28 a request over a unix socket has the peer unix", async () => {
  using folder = temporaryFolder("peer");
  assert.equal(await seen({ path: folder.file("socket") }, (view) => view.peer), "unix");
});

test("S-28 a request over TCP has the peer's address, and none once the connection is gone: never unix", async () => {
  const found = await seen({ port: 0, host: "127.0.0.1" }, (view) => view.peer);
  assert.equal(found, "127.0.0.1");

  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer((message) => {
    message.socket.once("close", () => resolve(new NodeRequest(message, ["http://localhost"]).peer));
    message.resume();
  });
  const port = await onFreePort(server);
  const socket = connect(port, "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", () => socket.resetAndDestroy());
  try {
    assert.notEqual(await promise, "unix");
  } finally {
    server.close();
  }
});

test("a body that breaks off is a malformed request, and no failure of the app", async () => {
  const broke = Promise.withResolvers<unknown>();
  const server = createServer((message) => {
    new NodeRequest(message, ["http://localhost"]).body(100).then(broke.reject, broke.resolve);
    socket.resetAndDestroy();
  });
  const port = await onFreePort(server);
  const socket = connect(port, "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc");
  try {
    assert.equal(Reflect.get(Object(await broke.promise), "code"), "ERR_BAD_REQUEST");
  } finally {
    server.close();
  }
});

test("TP-03 lines of one name are counted, in any case, also if the value is one text", async () => {
  const headers = ["X-Forwarded-User", "alice", "x-forwarded-user", "bob", "X_Forwarded_User", "mallory", "X-One", "a, b"];
  const found = await seen(
    { port: 0, host: "127.0.0.1" },
    (view) => ({
      user: [view.lines("x-forwarded-user"), view.header("x-forwarded-user")],
      one: [view.lines("x-one"), view.header("x-one")],
      none: [view.lines("x-none"), view.header("x-none")],
    }),
    headers,
  );
  assert.deepEqual(found, { user: [2, "alice, bob"], one: [1, "a, b"], none: [0, undefined] });
});

/** What a server reads of a body, or the code of its refusal. */
async function read(body: string, limit: number, parsed: unknown): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = createServer((message, response) => {
    if (parsed !== undefined) Object.assign(message, { body: parsed });
    new NodeRequest(message, ["http://localhost"]).body(limit).then(
      (text) => resolve(text),
      (error: unknown) => resolve(String(typeof error === "object" && error !== null && "code" in error ? error.code : error)),
    );
    response.end();
  });
  const port = await onFreePort(server);
  const sent = request({ port, host: "127.0.0.1", method: "POST", agent: false }, (answer) => answer.resume());
  sent.on("error", () => undefined);
  // Two pieces, so that nothing of the first is lost with the second.
  sent.write(body.slice(0, 3), () => sent.end(body.slice(3)));
  try {
    return await promise;
  } finally {
    server.close();
  }
}

const BODIES: readonly [what: string, sent: string, limit: number, parsed: unknown, read: string][] = [
  ["none", "", 0, undefined, ""],
  ["as long as may be", "a=1&b=2", 7, undefined, "a=1&b=2"],
  ["a byte longer", "a=1&b=23", 7, undefined, "ERR_BODY_TOO_LARGE"],
  ["parsed as text", "ignored", 7, "a=1", "a=1"],
  ["parsed as nothing", "a=1", 7, null, "a=1"],
  [
    "parsed as a form",
    "ignored",
    7,
    { a: "1", list: ["2", { deep: "3" }, "4"], object: { toString: () => "5" }, number: 6, none: null },
    "a=1&list=2&list=4",
  ],
];

for (const [what, sent, limit, parsed, expected] of BODIES)
  test(`F-46 a body is read within its limit, also if a parser was there first: ${what}`, async () =>
    assert.equal(await read(sent, limit, parsed), expected));

test("F-46 a request's target is that of its first server, and a header of several lines is one text", async () => {
  const at = { port: 0, host: "127.0.0.1" };
  const found = await seen(at, (view) => [view.target, view.method, view.header("set-cookie"), view.header("authorization")], [
    "Set-Cookie",
    "a=1",
    "Set-Cookie",
    "b=2",
    "Authorization",
    "one",
    "Authorization",
    "two",
  ]);
  assert.deepEqual(found, ["/", "GET", "a=1, b=2", "one, two"]);
  const mounted = await seen(at, (_, message) => {
    const before = new NodeRequest(message, []).target;
    Object.assign(message, { originalUrl: "/app/inner", url: "/inner" });
    return [before, new NodeRequest(message, []).target];
  });
  assert.deepEqual(mounted, ["/", "/app/inner"]);
});

test("F-46 of several origins it is the one whose host was asked for", () => {
  const two = ["https://a.example", "https://b.example:8443"];
  assert.equal(pickOrigin("anything", ["https://a.example"]), "https://a.example");
  assert.equal(pickOrigin("B.example:8443", two), "https://b.example:8443");
  for (const host of [undefined, "b.example", "c.example", ""])
    assert.throws(() => pickOrigin(host, two), { code: "ERR_MISDIRECTED" });
  assert.throws(() => pickOrigin("a.example", []), { code: "ERR_MISDIRECTED" });
});
