import assert from "node:assert/strict";
import { test } from "node:test";
import { steadily, within } from "./steady.ts";

/** This process gets no turn for so many milliseconds. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test("what fails while its process stood still is tried again", async () => {
  let attempts = 0;
  const attempt = async (): Promise<string> => {
    if (++attempts > 2) return "done";
    standStill(200);
    throw new Error("too slow");
  };
  assert.equal(await steadily(attempt), "done");
  assert.equal(attempts, 3);
});

test("what fails although its process stood still each time fails in the end", async () => {
  const attempt = async (): Promise<never> => {
    standStill(120);
    throw new Error("wrong");
  };
  await assert.rejects(steadily(attempt), /wrong/);
});

test("what fails by itself fails at once", async () => {
  await steadily(async () => {
    let attempts = 0;
    const failing = async (): Promise<never> => {
      attempts++;
      throw new Error("wrong");
    };
    await assert.rejects(steadily(failing), /wrong/);
    assert.equal(attempts, 1);
  });
});

test("a limit of running time is no limit of standing still, and it is one", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const told = within(500, promise, "nothing came");
  standStill(1_000);
  setImmediate(() => resolve("came"));
  assert.equal(await told, "came");
  await assert.rejects(within(50, new Promise(() => {}), "nothing came"), /nothing came after 50 ms/);
});
