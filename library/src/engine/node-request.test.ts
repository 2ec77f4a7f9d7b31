import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, RequestOptions } from "node:http";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { NodeRequest } from "./node-request.ts";

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
  const to: RequestOptions = typeof address === "string" ? { socketPath: address } : { port: portOf(address) };
  request({ ...to, headers: ["Host", "localhost", ...headers], agent: false }, (answer) => answer.resume()).end();
  try {
    return await promise;
  } finally {
    server.close();
  }
}

const portOf = (address: AddressInfo | null): number => address?.port ?? 0;

test("S-28 a request over a unix socket has the peer unix", async () => {
  const directory = mkdtempSync(join(tmpdir(), "coatcheck-peer-"));
  try {
    assert.equal(await seen({ path: join(directory, "socket") }, (view) => view.peer), "unix");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("S-28 a request over TCP has the peer's address, and none once the connection is gone: never unix", async () => {
  const found = await seen({ port: 0, host: "127.0.0.1" }, (view) => view.peer);
  assert.equal(found, "127.0.0.1");

  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer((message) => {
    message.socket.once("close", () => resolve(new NodeRequest(message, ["http://localhost"]).peer));
    message.resume();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  assert.ok(typeof address === "object");
  const socket = connect(portOf(address), "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", () => socket.resetAndDestroy());
  try {
    assert.notEqual(await promise, "unix");
  } finally {
    server.close();
  }
});

test("TP-03 lines of one name are counted, in any case, also where the value is one text", async () => {
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
