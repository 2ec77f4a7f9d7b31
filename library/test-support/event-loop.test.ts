/** What is waited for has happened, and what never comes fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { turns, until } from "./event-loop.ts";

test("after so many turns all has run that needed no more of them, and nothing later", async () => {
  let passed = 0;
  const counting = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) {
      await turns();
      passed += 1;
    }
  };
  const all = counting();
  await turns(3);
  assert.ok(passed === 2 || passed === 3, `${passed} of 3`);
  await all;
  assert.equal(passed, 5);
});

test("until waits for what becomes true, and for nothing that is", async () => {
  let looks = 0;
  await until(() => {
    looks += 1;
    return looks === 4;
  });
  assert.equal(looks, 4);
  await until(() => true);
});

test("until names what never came", async (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => {
    now += 40_000;
    return now;
  });
  await assert.rejects(
    until(() => now < 0),
    /it never came to that: \(\) => now < 0/,
  );
});
