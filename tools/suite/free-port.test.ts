/** Ports that a test may give to a server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort, freePorts } from "./free-port.ts";

test("a free port takes a server, and lies below those that the system gives away", async () => {
  const port = await freePort();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
  assert.ok(port > 1_024 && port < 32_768, `${port}`);
});

test("of several free ports each is another", async () => {
  const ports = await freePorts(40);
  assert.equal(ports.length, 40);
  assert.equal(new Set(ports).size, 40);
});
