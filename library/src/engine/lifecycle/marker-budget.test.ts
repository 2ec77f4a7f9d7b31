import assert from "node:assert/strict";
import { test } from "node:test";
import { MarkerBudget } from "./marker-budget.ts";

const MINUTE = 60_000;

test("F-46 markers take room for an hour, counted by the minute", () => {
  let now = 0;
  const budget = new MarkerBudget(3, { monotonic: () => now });
  assert.equal(budget.take(), true);
  now = MINUTE - 1;
  assert.equal(budget.take(), true);
  now = 30 * MINUTE;
  assert.deepEqual([budget.take(), budget.take()], [true, false]);
  now = 60 * MINUTE;
  assert.equal(budget.take(), false, "the first minute may not be over for an hour yet");
  now = 61 * MINUTE;
  assert.deepEqual([budget.take(), budget.take(), budget.take()], [true, true, false]);
  now = 91 * MINUTE;
  assert.deepEqual([budget.take(), budget.take()], [true, false]);
});

test("F-46 no room at all is none for the first", () => assert.equal(new MarkerBudget(0, { monotonic: () => 0 }).take(), false));
