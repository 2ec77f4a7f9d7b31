/** How fast one process refreshes, and how many at a time, as docs/refresh.md tells it (RF-09, F-71). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { ProviderLimits } from "./provider-limits.ts";

/** A process whose refreshes take so much of the processor; `null`: its clock cannot tell. */
function processOf(cost: number | null) {
  const manual = manualClock();
  let used = 0;
  let begun = 0;
  const limits = new ProviderLimits(cost === null ? manual : { ...manual, cpu: () => used });
  return {
    limits,
    begun: (): number => begun,
    refresh: async (): Promise<void> => {
      begun += 1;
      used += cost ?? 0;
    },
    /** How many begin within so many milliseconds. */
    async begin(milliseconds: number): Promise<number> {
      const before = begun;
      for (let passed = 0; passed < milliseconds; passed++) {
        manual.advance(1);
        await turns();
      }
      return begun - before;
    },
  };
}

for (const [what, cost, rate] of [
  ["whose cost is unknown", null, 200],
  ["that cost nothing", 0, 500],
  ["that cost 0.8 ms", 0.8, 250],
  ["that cost more than a fifth of a processor has for them", 10, 125],
] as const) {
  test(`F-46 F-71 refreshes ${what} begin ${rate} a second`, async () => {
    const { limits, refresh, begin } = processOf(cost);
    await begin(1_000);
    const all = Array.from({ length: 3_000 }, () => limits.of("default").run(refresh));
    // What one of them costs is known when some have begun.
    await begin(4_000);
    const begun = await begin(1_000);
    assert.ok(Math.abs(begun - rate) <= rate / 20, `${begun} in a second`);
    while ((await begin(1_000)) > 0);
    await Promise.all(all);
  });
}

test("F-46 RF-09 a silent provider has 64 requests at a time, and another one has turns of its own", async () => {
  const { limits, refresh, begin, begun } = processOf(null);
  const answer = Promise.withResolvers<void>();
  const waiting = (): Promise<void> => refresh().then(() => answer.promise);
  const slow = Array.from({ length: 100 }, () => limits.of("slow").run(waiting));
  await begin(2_000);
  assert.equal(begun(), 64);
  const other = Array.from({ length: 10 }, () => limits.of("other").run(refresh));
  await begin(1_000);
  assert.equal(begun(), 64 + 10);
  answer.resolve();
  await begin(1_000);
  assert.equal(begun(), 100 + 10);
  await Promise.all([...slow, ...other]);
});
