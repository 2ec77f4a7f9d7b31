/** What tests lean on that talk to a gateway byte by byte. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { dial, requestText, statusesIn, until } from "./connection.ts";
import { PUBLIC } from "./harness.ts";
import { rawUpstream } from "./raw-upstream.ts";

const portOf = ({ url }: { readonly url: string }): number => Number(new URL(url).port);

test("a raw connection keeps all that came, and waits for what is to come", async () => {
  await using server = await rawUpstream((head) => `HTTP/1.1 200 OK\r\n\r\n<${head.split(" ")[1]}>`);
  using connection = dial(portOf(server), requestText("GET /a", "X-A: b") + requestText("GET /b HTTP/1.0"));
  await connection.until(/<\/b>/);
  assert.deepEqual(statusesIn(connection.said), [200, 200]);
  assert.deepEqual(server.heads, [
    `GET /a HTTP/1.1\r\nHost: ${PUBLIC}\r\nX-A: b\r\n\r\n`,
    `GET /b HTTP/1.0\r\nHost: ${PUBLIC}\r\n\r\n`,
  ]);
});

test("waiting for what does not come fails as soon as the connection closes, with what came", async () => {
  await using server = await rawUpstream((_head, socket) => void socket.end("HTTP/1.1 503 Busy\r\n\r\n"));
  using connection = dial(portOf(server), requestText("GET /"));
  await assert.rejects(connection.until(/200/), { message: "HTTP/1.1 503 Busy\r\n\r\n" });
  assert.equal(await connection.closed(), "HTTP/1.1 503 Busy\r\n\r\n");
});

test("a raw connection ends with the block that uses it, also when nothing was answered", async () => {
  await using server = await rawUpstream(() => undefined);
  const gone = Promise.withResolvers<unknown>();
  {
    using connection = dial(portOf(server), requestText("GET /"));
    await until(() => server.heads.length > 0);
    gone.resolve(once([...server.sockets][0] ?? assert.fail("there should be a connection"), "close"));
    assert.equal(connection.said, "");
  }
  await gone.promise;
  assert.equal(server.sockets.size, 0);
});
