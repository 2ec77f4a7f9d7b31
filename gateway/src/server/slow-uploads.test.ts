import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { PUBLIC, startRig, statusOf } from "../../testing/rig.ts";

const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;

test("F-04 an upload that trickles is 408 and gives its upstream's connection back; one that keeps the rate takes as long as it likes", async () => {
  const aborted = Promise.withResolvers<void>();
  const rig = await startRig(
    (message, response) => {
      message.on("error", () => aborted.resolve());
      message.resume().once("end", () => response.end("whole"));
    },
    { config: { limits: { bodyIdle: "1s", bodyRate: 100, shutdown: "200ms" } } },
  );
  /** Sends `amount` bytes ten times a second until it is answered or `length` is through. */
  const upload = async (amount: number, length: number): Promise<string> => {
    const socket = connect(rig.port, "127.0.0.1");
    socket.on("error", () => {}).write(post("/", length));
    let sent = 0;
    const timer = setInterval(() => {
      const now = Math.min(amount, length - sent);
      sent += now;
      if (now > 0) socket.write("x".repeat(now));
    }, 100);
    const [said] = await once(socket, "data");
    clearInterval(timer);
    socket.destroy();
    return String(said);
  };
  try {
    const [slow, fair] = await Promise.all([upload(1, 1_000), upload(40, 1_000)]);
    assert.equal(statusOf(slow), 408, slow);
    assert.equal(statusOf(fair), 200, fair);
    await aborted.promise;
    assert.ok(rig.log.some((line) => /"event":"client.too-slow","reason":"body"/.test(line)));
  } finally {
    await rig.close();
  }
});

test("F-04 an upload that is here as a whole and waits for the upstream is no slow one: it is answered, however long that takes", async () => {
  const held = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const rig = await startRig(
    (message, response) => {
      if (message.url === "/holds") {
        arrived.resolve();
        held.promise.then(() => response.end("held"));
      } else message.resume().once("end", () => response.end("whole"));
    },
    { config: { limits: { bodyIdle: "1s" } }, upstream: { connections: 1 } },
  );
  try {
    const first = connect(rig.port, "127.0.0.1").on("error", () => {});
    first.write(`GET /holds HTTP/1.1\r\nHost: ${PUBLIC}\r\n\r\n`);
    await arrived.promise;
    const second = connect(rig.port, "127.0.0.1").on("error", () => {});
    second.write(`${post("/", 5)}hello`);
    const answer = once(second, "data").then(([said]) => String(said));
    const cut = once(second, "close").then(() => "cut off");
    // Past `bodyIdle`, on the clock that the sockets go by.
    setTimeout(() => held.resolve(), 2_500);
    assert.equal(statusOf(await Promise.race([answer, cut])), 200);
    first.destroy();
    second.destroy();
  } finally {
    await rig.close();
  }
});
