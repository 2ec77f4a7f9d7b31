import assert from "node:assert/strict";
import { test } from "node:test";
import { FLAWS } from "./clients/flaws.ts";
import { MANNERS, planOf } from "./plan.ts";

test("a seed plays again exactly", () => {
  for (let index = 0; index < 50; index++) assert.deepEqual(planOf(7, index), planOf(7, index));
  assert.notDeepEqual(planOf(7, 1), planOf(8, 1));
  assert.notDeepEqual(planOf(7, 1).requests, planOf(7, 2).requests);
});

test("a quick run draws every way to answer, and everything that can be wrong with a request", () => {
  const requests = Array.from({ length: 12_000 }, (_, index) => planOf(1, index).requests).flat();
  const rare = new Set(["rough/stall", "rough/stall-in-body"]);
  const manners = new Set(requests.map(({ kind, manner }) => `${kind}/${manner}`));
  assert.deepEqual(
    [...MANNERS.keys()].filter((name) => !manners.has(name) && !rare.has(name)),
    [],
  );
  const flaws = new Set(requests.map(({ flaw }) => flaw));
  assert.deepEqual(
    FLAWS.map(({ name }) => name).filter((name) => !flaws.has(name)),
    [],
  );
});
