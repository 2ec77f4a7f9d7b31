import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outage } from "./journal.ts";
import { type Struck, strikeAll } from "./outages.ts";

/** Does nothing, and says what it would have done. */
const nothing = (failing = false): Struck => ({
  store: {
    restart: async () => "restart",
    failover: () => (failing ? Promise.reject(new Error("it does not come back")) : Promise.resolve("failover")),
  },
  rotation: { next: async () => "rotation" },
  balancer: { reload: async () => undefined },
});
const never = new AbortController().signal;

test("SE-16 each kind of outage comes, the secret in both phases, however late it is", async () => {
  const outages: Outage[] = [];
  await strikeAll(nothing(), outages, { pause: 0, late: AbortSignal.abort(), over: never });
  assert.deepEqual(
    outages.map(({ kind }) => kind),
    ["rotation", "restart", "reload", "rotation", "failover"],
  );
});

test("a run that is over has no more outages, and one that cannot be mended ends it", async () => {
  const outages: Outage[] = [];
  await strikeAll(nothing(), outages, { pause: 0, late: never, over: AbortSignal.abort() });
  assert.deepEqual(outages, []);
  const broken = strikeAll(nothing(true), outages, { pause: 0, late: never, over: never });
  await assert.rejects(broken, /does not come back/);
});
