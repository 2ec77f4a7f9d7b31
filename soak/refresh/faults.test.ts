import assert from "node:assert/strict";
import { test } from "node:test";
import { randomOf } from "../random.ts";
import { nextPlan } from "./faults.ts";
import { lifeOf, secretOf } from "./provider/messages.ts";

const lease = { length: 5_000, margin: 1_000 };
const plansOf = (seed: number) => {
  const random = randomOf(seed, "faults");
  return Array.from({ length: 400 }, () => nextPlan(random, lease, 3_000));
};

test("a seed decides the faults, and another seed decides others", () => {
  assert.deepEqual(plansOf(7), plansOf(7));
  assert.notDeepEqual(plansOf(7), plansOf(8));
  assert.notEqual(randomOf(7, "faults").next(), randomOf(7, "provider").next());
});

test("RF-03 faults come every few seconds: kills, and stops shorter and longer than a lease, some aimed", () => {
  const plans = plansOf(1);
  const parts = {
    kills: plans.filter(({ kind }) => kind === "kill"),
    shorter: plans.filter(({ kind, duration }) => kind === "stop" && duration < lease.length),
    longer: plans.filter(({ kind, duration }) => kind === "stop" && duration > lease.length),
    aimed: plans.filter(({ aimed }) => aimed),
    byChance: plans.filter(({ aimed }) => !aimed),
  };
  for (const [name, part] of Object.entries(parts)) assert.ok(part.length > plans.length / 8, name);
  assert.ok(plans.every(({ pause }) => pause >= 1_500 && pause < 4_500));
});

test("a client secret names the life that shows it", () => {
  assert.deepEqual(lifeOf(secretOf("00ff", "b12")), { secret: "00ff", life: "b12" });
});
