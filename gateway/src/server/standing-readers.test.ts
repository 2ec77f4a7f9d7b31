import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { steadily } from "../../../tools/suite/steady.ts";
import { requestText, until } from "../../test-support/connection.ts";
import { startHarness } from "../../test-support/harness.ts";

const LIMITS = { config: { limits: { answerIdle: "1s", shutdown: "200ms" } } };

test("F-04 a client that reads nothing of what waits for it is closed, with its upstream's connection", async () => {
  const gone = Promise.withResolvers<void>();
  await using harness = await startHarness((_message, response) => {
    response.once("close", () => gone.resolve());
    response.end(Buffer.alloc(20_000_000));
  }, LIMITS);
  const reader = connect(harness.port, "127.0.0.1");
  reader.on("error", () => {}).write(requestText("GET /"));
  await gone.promise;
  await until(async () => /coatcheck_notices_total\{notice="client.too-slow"\} 1/.test(await harness.metrics()));
  assert.ok(harness.log.some((line) => /"event":"client.too-slow","reason":"answer"/.test(line)));
  reader.destroy();
});

test("F-04 a stream without data is no standing still, nor is a slow reader", () =>
  steadily(async () => {
    await using harness = await startHarness((message, response) => {
      if (message.url === "/events") response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      else response.end(Buffer.alloc(40_000_000));
    }, LIMITS);
    const quiet = connect(harness.port, "127.0.0.1");
    quiet.write(requestText("GET /events"));
    await once(quiet, "data");
    const slow = connect(harness.port, "127.0.0.1");
    slow.write(requestText("GET /large"));
    let read = 0;
    slow.on("data", (chunk: Buffer) => {
      read += chunk.length;
      slow.pause();
    });
    // Some of it every now and then, for longer than the limit; the kernels on the way pass it on in steps of a few
    // megabytes.
    const began = performance.now();
    while (read < 40_000_000) {
      assert.equal(slow.destroyed, false);
      await new Promise((resolve) => setTimeout(resolve, 3));
      slow.resume();
    }
    assert.ok(performance.now() - began > 1_500);
    assert.equal(quiet.destroyed || quiet.readableEnded, false);
    quiet.destroy();
    slow.destroy();
  }));
