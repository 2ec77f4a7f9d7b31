import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "../../testing/manual-clock.ts";
import { WaitBudget } from "./wait-budget.ts";

test("F-46 F-35 all waits of a request share one limit: between them is free, those at once count once", () => {
  const clock = manualClock();
  clock.advance(5_000);
  const budget = new WaitBudget(1_000, clock);
  assert.equal(budget.begin(), 1_000);
  clock.advance(100);
  assert.equal(budget.begin(), 900, "beside the first");
  clock.advance(100);
  budget.end();
  clock.advance(100);
  assert.equal(budget.begin(), 700);
  budget.end();
  budget.end();
  clock.advance(60_000);
  assert.equal(budget.begin(), 700, "the handler's own time");
  clock.advance(800);
  budget.end();
  assert.equal(budget.begin(), 0, "never less than none");
});
