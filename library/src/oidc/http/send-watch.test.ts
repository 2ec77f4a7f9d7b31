import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { onFreePort } from "../../../test-support/talk.ts";
import { watchSend } from "./send-watch.ts";

test("of two requests at once, each is told apart: the one that left and the one without a connection", async () => {
  const web = createServer((_request, response) => response.end("here"));
  const sockets: Socket[] = [];
  const silent = createTcpServer((socket) => sockets.push(socket.on("error", () => undefined)));
  const [port, silentPort] = [await onFreePort(web), await onFreePort(silent)];
  const [left, kept] = [watchSend(), watchSend()];
  const stop = new AbortController();
  const { signal } = stop;
  const connected = once(silent, "connection");
  const waiting = kept.run(() => fetch(`https://127.0.0.1:${silentPort}/`, { signal })).catch(() => null);
  const answer = await left.run(() => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "x", signal }));
  await Promise.all([answer.text(), connected]);
  assert.deepEqual([left.neverLeft(), kept.neverLeft()], [false, true]);
  left.stop();
  stop.abort();
  assert.equal(await waiting, null);
  assert.equal(kept.neverLeft(), true);
  kept.stop();
  for (const socket of sockets) socket.destroy();
  for (const server of [web, silent]) server.close();
  web.closeAllConnections();
});

test("what is not reported is taken to have left", () => {
  const sending = watchSend();
  assert.equal(
    sending.run(() => "another fetch"),
    "another fetch",
  );
  assert.equal(sending.neverLeft(), false);
  sending.stop();
});
