import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { get } from "node:http";
import { test } from "node:test";
import { PUBLIC, startRig } from "../../testing/rig.ts";
import { bufferFor, giveBack, isMuch, isTooLarge, isWholeRead, keepSpare, taken } from "./read-buffers.ts";

const LARGE = 262_144;

test("F-50 a large read is handed on as it is, and its buffer is used again once it was given back", () => {
  const buffer = bufferFor(true);
  assert.equal(buffer.length, LARGE);
  const piece = taken(buffer, 100_000);
  assert.equal(piece.buffer, buffer.buffer);
  assert.equal(isWholeRead(piece), true);
  assert.notEqual(bufferFor(true).buffer, buffer.buffer, "not before");
  giveBack(piece);
  giveBack(piece);
  assert.equal(bufferFor(true).buffer, buffer.buffer);
  assert.notEqual(bufferFor(true).buffer, buffer.buffer, "given back once, used once");
});

test("F-50 a part of a read never gives its buffer back: the rest of it may be somebody else's", () => {
  const piece = taken(bufferFor(true), 200_000);
  assert.equal(isWholeRead(piece.subarray(1)), false);
  assert.equal(isWholeRead(piece.subarray(0, 199_999)), false);
  assert.equal(isWholeRead(Buffer.from(piece)), false);
});

test("F-50 small reads are copied, and a connection that brings little has no large buffer", () => {
  const buffer = bufferFor(false);
  assert.equal(buffer.length, 65_536);
  const piece = taken(buffer, 1_000);
  assert.notEqual(piece.buffer, buffer.buffer);
  assert.equal(isWholeRead(piece), false);
  assert.deepEqual([isMuch(1_000), isMuch(65_536)], [false, true]);
  const large = bufferFor(true);
  assert.deepEqual([isTooLarge(buffer, 1_000), isTooLarge(large, 1_000), isTooLarge(large, 60_000)], [false, true, false]);
  keepSpare(large);
  assert.equal(bufferFor(true).buffer, large.buffer);
});

/** A body that no other has, and no other place in it looks like. */
function bodyOf(index: number): Buffer {
  const body = Buffer.alloc(3_000_000 + index * 7_919);
  for (let at = 0; at + 8 <= body.length; at += 8) {
    body.writeUInt32LE(index, at);
    body.writeUInt32LE(at, at + 4);
  }
  return body;
}
const digest = (parts: readonly Buffer[]): string => createHash("sha256").update(Buffer.concat(parts)).digest("hex");

test("F-50 large answers arrive byte for byte, in chunks or not, to quick readers and slow ones, side by side and broken off", async () => {
  const bodies = Array.from({ length: 12 }, (_, index) => bodyOf(index));
  const rig = await startRig((message, response) => {
    const index = Number(message.url?.slice(1));
    const body = bodies[index % 12] ?? Buffer.alloc(0);
    if (index % 2 === 0) response.setHeader("content-length", body.length);
    else response.setHeader("trailer", "x-sum").addTrailers({ "x-sum": "9" });
    // A head and a body in pieces that end anywhere.
    for (let at = 0; at < body.length; at += 301_007) response.write(body.subarray(at, at + 301_007));
    response.end();
  });
  const read = (index: number, slow: boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { host: PUBLIC };
      get({ host: "127.0.0.1", port: rig.port, path: `/${index}`, headers, agent: false }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => {
          parts.push(part);
          if (!slow) return;
          answer.pause();
          setImmediate(() => setImmediate(() => answer.resume()));
        });
        answer.on("end", () => resolve(digest(parts))).on("error", reject);
        if (index >= 100) answer.once("data", () => resolve(String(answer.destroy().destroyed)));
      }).on("error", reject);
    });
  try {
    for (let round = 0; round < 3; round++) {
      const said = await Promise.all([
        ...bodies.map((_, index) => read(index, (index + round) % 3 === 0)),
        ...[100, 101, 102].map((index) => read(index, false)),
      ]);
      assert.deepEqual(
        said.slice(0, 12),
        bodies.map((body) => digest([body])),
      );
    }
  } finally {
    await rig.close();
  }
});
