import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "../testing/manual-clock.ts";
import { within } from "./within.ts";

const never = new Promise<string>(() => undefined);

test("what comes in time counts, and nothing sleeps on for it", async () => {
  const clock = manualClock();
  assert.equal(await within(clock, 100, Promise.resolve("work"), () => "late"), "work");
  await assert.rejects(
    within(clock, 100, Promise.reject(new Error("work")), () => "late"),
    /work/,
  );
  assert.equal(clock.sleeping, 0);
});

test("once the time is over the work counts no more: what is late answers, or throws", async () => {
  const clock = manualClock();
  const answered = within(clock, 100, never, () => "late");
  const thrown = within(clock, 100, never, () => {
    throw new Error("too late");
  });
  clock.advance(100);
  assert.equal(await answered, "late");
  await assert.rejects(thrown, /too late/);
});

test("a clock that fails sets no limit: the work counts", async () => {
  const clock = { sleep: () => Promise.reject(new Error("the clock")) };
  const { promise, resolve } = Promise.withResolvers<string>();
  const answered = within(clock, 100, promise, () => "late");
  // The clock has failed by then.
  setImmediate(() => resolve("work"));
  assert.equal(await answered, "work");
});

test("work that cannot be waited for leaves no unhandled rejection", async () => {
  const clock = manualClock();
  // Its `then` is called on the proxy, which is no promise.
  const work = new Proxy(Promise.resolve("work"), {});
  await assert.rejects(
    within(clock, 100, work, () => "late"),
    TypeError,
  );
  assert.equal(clock.sleeping, 0);
});
