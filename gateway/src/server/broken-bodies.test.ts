/** Connections whose request is answered before its body is there, which may then never come, or come and be wrong. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { dial, requestText, until } from "../../test-support/connection.ts";
import { echo, startHarness } from "../../test-support/harness.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";

for (const [how, rest] of [
  ["turns out to be malformed", "lo\r\nZZ\r\n"],
  ["breaks off", ""],
] as const) {
  test(`F-08 a body that ${how} after its answer gets no second answer`, async () => {
    await using upstream = await rawUpstream(() => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
    await using harness = await startHarness(echo, { upstream: { url: upstream.url } });
    const text = `${requestText("POST /", "Transfer-Encoding: chunked")}5\r\nhel`;
    using broken = dial(harness.port, text, { allowHalfOpen: true });
    await broken.until(/early$/);
    broken.socket.end(rest);
    assert.deepEqual((await broken.closed()).match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200"]);
  });
}

test("F-08 a slow reader has all its answers, also if the last one closes over a body that is not read", async () => {
  const large = "x".repeat(400_000);
  await using harness = await startHarness((_message, response) => void response.end(large));
  const socket = connect(harness.port, "127.0.0.1");
  const gone = once(socket, "close");
  let failure: unknown;
  socket.on("error", (error) => {
    failure = error;
  });
  socket.pause();
  socket.write(requestText("GET /") + requestText("POST /%zz", "Content-Length: 900000") + "y".repeat(100_000));
  await until(async () => /outcome="malformed"\} 1/.test(await harness.metrics()));
  // What still comes finds the connection closed, or not.
  for (let part = 0; part < 5; part++) {
    socket.write("y".repeat(100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  let said = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    said += text;
  });
  socket.resume();
  await gone;
  assert.equal(failure, undefined);
  assert.equal(said.split(large).length, 2, `${said.length} characters came`);
  assert.deepEqual(said.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 400"]);
});
