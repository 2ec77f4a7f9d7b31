/**
 * Which endings that the store would not take are one and the same, which give way, and what they say of each other.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { endingsWith } from "../../../test-support/engine/unfinished-world.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { HOUR, sampleRow } from "../../testing/store-suite/rows.ts";

const NOW = manualClock().now();

test("F-46 one who shows a wrong secret for a session keeps no caller with the right one from ending it", async () => {
  const store = memory();
  const row = sampleRow({ expires: NOW + HOUR, secretHash: "right" });
  store.put(row, "absent");
  const { unfinished, announced, pass } = endingsWith({ store });
  for (const shown of ["wrong", "right", "right"])
    assert.equal(unfinished.end({ id: row.id, reason: "logout", shown }), true, shown);
  await pass(50);
  assert.deepEqual(announced, [{ id: row.id, reason: "logout", row, grantLivesOn: false }]);
});

test("F-46 an ending that took effect, and whose answer was lost, is said once, with the row as it was", async () => {
  const inner = memory();
  const row = sampleRow({ expires: NOW + HOUR, owner: "alice" });
  inner.put(row, "absent");
  let loses = true;
  const store = overStore(inner, {
    put(next, condition) {
      const done = inner.put(next, condition);
      if (!loses) return done;
      loses = false;
      throw new Error("its answer is lost");
    },
  });
  const { unfinished, announced, pass } = endingsWith({ store });
  unfinished.end({ id: row.id, reason: "logout" });
  await pass(50);
  assert.deepEqual(announced, []);
  await pass(100);
  assert.deepEqual(announced, [{ id: row.id, reason: "logout", row, grantLivesOn: false }]);
});

test("F-46 when one of two that wait to end a session gives way, the other still hears that it was said", async () => {
  const store = memory();
  const row = sampleRow({ expires: NOW + HOUR, secretHash: "right" });
  store.put(row, "absent");
  const { unfinished, announced, pass } = endingsWith({ store, most: 2 });
  unfinished.end({ id: row.id, reason: "logout", before: row });
  unfinished.end({ id: row.id, reason: "logout", before: row, shown: "right" });
  assert.equal(unfinished.end({ id: "another", reason: "admin" }), true, "the doubtful one gives way");
  store.end({ id: row.id }, "logout", NOW);
  unfinished.said(row.id);
  await pass(50);
  assert.deepEqual(announced, []);
});

test("F-46 four are tried at once, and the next one when one of them is done", async () => {
  const { unfinished, pass } = endingsWith();
  const begun: (() => void)[] = [];
  for (let n = 0; n < 10; n += 1) unfinished.again(`${n}`, () => new Promise<void>((resolve) => begun.push(resolve)));
  for (let n = 0; n < 20; n += 1) await pass(50);
  assert.equal(begun.length, 4);
  begun[0]?.();
  for (let n = 0; n < 20; n += 1) await pass(50);
  assert.equal(begun.length, 5);
});

const nothing = async (): Promise<void> => undefined;
const never = (): Promise<never> => new Promise(() => {});

test("F-46 what is not said to be doubtful has the room of one that is, which is not promised any more", () => {
  const { unfinished, count } = endingsWith({ most: 1 });
  assert.equal(unfinished.again("doubtful", nothing, { doubtful: true }), true);
  assert.equal(unfinished.again("certain", nothing), true);
  assert.equal(unfinished.again("doubtful", nothing, { doubtful: true }), false);
  assert.deepEqual([count("ending.held"), count("ending.dropped")], [2, 2]);
});

test("F-46 a doubtful one that is done makes no room for others", async () => {
  const { unfinished, pass, count } = endingsWith({ most: 1 });
  unfinished.again("doubtful", nothing, { doubtful: true });
  await pass(50);
  assert.equal(count("ending.completed"), 1);
  assert.deepEqual([unfinished.again("one", never), unfinished.again("two", never)], [true, false]);
});

test("F-46 one that gave way while it was tried ends without another try, and takes no successor along", async () => {
  const { unfinished, work, pass, count } = endingsWith({ most: 2 });
  const tried = Promise.withResolvers<void>();
  unfinished.again("doubtful", () => tried.promise, { doubtful: true });
  await pass(50);
  unfinished.again("one", nothing);
  unfinished.again("two", nothing);
  assert.equal(count("ending.dropped"), 1);
  await pass(50);
  assert.equal(count("ending.completed"), 2);
  assert.equal(unfinished.again("doubtful", never, { doubtful: true }), true);
  tried.reject(new Error("the store is away"));
  await work[0];
  await pass(0);
  assert.equal(count("ending.held"), 4);
  assert.equal(unfinished.again("doubtful", never, { doubtful: true }), true);
  assert.equal(count("ending.held"), 4, "it waits already");
});

test("F-46 what is refused at the end of the process takes no room", async () => {
  const { unfinished, work, pass, count } = endingsWith({ most: 1 });
  unfinished.again("doubtful", nothing, { doubtful: true });
  unfinished.close();
  assert.equal(unfinished.again("late", nothing), false);
  await Promise.all(work);
  await pass(0);
  assert.deepEqual([count("ending.completed"), count("ending.dropped")], [1, 1]);
});
