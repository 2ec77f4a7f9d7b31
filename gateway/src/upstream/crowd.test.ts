import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { requestText, stalled, until } from "../../test-support/connection.ts";
import { bodyOf, startHarness } from "../../test-support/harness.ts";

const LARGE = Buffer.alloc(6_000_000);

test("F-03, F-04 beside 512 streams, 600 idle readers and 20,000 requests another is answered in 1 s", async () => {
  await using harness = await startHarness((message, response) => {
    if (message.url === "/events") response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    else response.end(message.url === "/large" ? LARGE : "hello");
  });
  const clients: Socket[] = [];
  const open = async (path: string): Promise<void> => {
    clients.push(await stalled(harness.port, requestText(`GET ${path}`)));
  };
  try {
    for (let index = 0; index < 512; index += 64) await Promise.all(Array.from({ length: 64 }, () => open("/events")));
    for (let index = 0; index < 600; index += 60) await Promise.all(Array.from({ length: 60 }, () => open("/large")));
    // What the kernel's buffers hold is answered already, however little of it was read; most stand still.
    const lasting = async (): Promise<number> => Number(/use="lasting"\} (\d+)/.exec(await harness.metrics())?.[1]);
    await until(async () => (await lasting()) >= 900);
    const pipelining = connect(harness.port, "127.0.0.1");
    clients.push(pipelining);
    let answered = 0;
    pipelining.on("data", (text) => (answered += String(text).split("hello").length - 1));
    pipelining.write(requestText("GET /small").repeat(20_000));
    const times: number[] = [];
    while (times.length < 7) {
      const began = performance.now();
      assert.equal(bodyOf(await harness.get("/other")), "hello");
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    assert.ok((times[3] ?? 0) < 1_000, `${times}`);
    while (answered < 2_000) await once(pipelining, "data");
  } finally {
    for (const socket of clients) socket.destroy();
  }
});
