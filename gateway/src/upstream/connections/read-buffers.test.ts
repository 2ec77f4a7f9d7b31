import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { get } from "node:http";
import { test } from "node:test";
import { PUBLIC, startHarness } from "../../../test-support/harness.ts";
import { bufferToFill, giveBack, isAlone, isHandedOn, takeInHand, taken } from "./read-buffers.ts";

/** What a connection reads, as undici gets it. */
function readOf(length: number): Buffer {
  const read = taken(bufferToFill(), length);
  takeInHand(read);
  return read;
}

test("F-50 a large read is handed on as it is, and its buffer is used again once it was given back", () => {
  const buffer = bufferToFill();
  const piece = taken(buffer, 100_000);
  assert.equal(piece.buffer, buffer.buffer);
  takeInHand(piece);
  assert.equal(isAlone(piece, false), true);
  assert.equal(isAlone(piece, false), false, "asked once, given back once");
  assert.notEqual(bufferToFill().buffer, buffer.buffer, "not before");
  giveBack(piece);
  assert.equal(bufferToFill().buffer, buffer.buffer);
  assert.notEqual(bufferToFill().buffer, buffer.buffer, "given back once, used once");
});

test("F-50 a body of known length that ends with the read is alone behind its head; one in chunks is not", () => {
  const read = readOf(65_800);
  assert.equal(isAlone(read.subarray(264), false), false, "what lies before may be a piece that is on its way");
  assert.equal(isAlone(read.subarray(264), true), true);
});

test("F-50 a part of a read never gives its buffer back: the rest of it may be another response's", () => {
  const read = readOf(200_000);
  assert.equal(isAlone(read.subarray(0, 199_999), true), false, "the next answer may have begun");
  assert.equal(isAlone(Buffer.from(read), true), false, "a copy");
  takeInHand(taken(bufferToFill(), 200_000));
  assert.equal(isAlone(read, true), false, "another read was taken apart meanwhile");
  const small = readOf(1_000);
  assert.equal(isAlone(small, true), false);
});

test("F-50 small reads are copied, and a body of 64 KiB comes in one read with its head", () => {
  const buffer = bufferToFill();
  assert.ok(buffer.length >= 2 * 65_536);
  assert.notEqual(taken(buffer, 1_000).buffer, buffer.buffer);
  assert.deepEqual([isHandedOn(1_000), isHandedOn(65_536)], [false, true]);
});

/** A body that no other has, and no other place in it looks like. */
function bodyOf(index: number): Buffer {
  const body = Buffer.alloc(index % 4 < 2 ? 3_000_000 + index * 7_919 : 65_536 + index);
  for (let at = 0; at + 8 <= body.length; at += 8) {
    body.writeUInt32LE(index, at);
    body.writeUInt32LE(at, at + 4);
  }
  return body;
}
const digest = (parts: readonly Buffer[]): string => createHash("sha256").update(Buffer.concat(parts)).digest("hex");

test("F-50 large answers arrive byte for byte, chunked or not, to quick and slow readers, some broken off", async () => {
  const bodies = Array.from({ length: 12 }, (_, index) => bodyOf(index));
  await using harness = await startHarness((message, response) => {
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
      get({ host: "127.0.0.1", port: harness.port, path: `/${index}`, headers, agent: false }, (answer) => {
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
});
