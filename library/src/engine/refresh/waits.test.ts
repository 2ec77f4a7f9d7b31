import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { scriptedProvider } from "../../../test-support/refresh/scripted-provider.ts";
import type { AuditEvent, SessionStore } from "../../contracts.ts";
import { sessionPolicy } from "../../core/policy.ts";
import { memory } from "../../stores/memory.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { createBackground } from "../lifecycle/background.ts";
import { Endings } from "../lifecycle/endings.ts";
import type { FlightResult } from "./single-flight.ts";
import { SingleFlight } from "./single-flight.ts";
import { WaitBudget } from "./wait-budget.ts";
import { Waits } from "./waits.ts";

const ROW = sampleRow();
const LATER = { kind: "unavailable", retryAfter: 1_000 };

let clock: ManualClock;
let store: SessionStore;
let endings: Endings;
let waits: Waits;
let events: AuditEvent[];

beforeEach(async () => {
  clock = manualClock(ROW.created);
  store = memory();
  await store.put(ROW, "absent");
  events = [];
  const background = createBackground((event) => events.push(event));
  endings = new Endings({ store, clock, policy: sessionPolicy({}, false), background });
  waits = new Waits({ clock, endings, report: (event) => events.push(event) });
});

afterEach(async () => {
  endings.close();
  await store.close();
});

/** A request that may wait so long. Answers what it was told so far. */
function ask(flight: SingleFlight, most: number | WaitBudget): () => FlightResult | null {
  let told: FlightResult | null = null;
  const budget = typeof most === "number" ? new WaitBudget(most, clock) : most;
  void waits.for(flight, budget, ROW).then((landing) => {
    told = landing;
  });
  return () => told;
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await turns(5);
}

test("F-35 a request that has waited its time is told to come again, once; the others wait on", async () => {
  const flight = new SingleFlight(ROW.id, undefined, clock.monotonic());
  const [short, long, longest] = [ask(flight, 1_000), ask(flight, 1_200), ask(flight, 9_000)];
  await pass(999);
  assert.deepEqual([short(), long()], [null, null]);
  await pass(1);
  assert.deepEqual([short(), long()], [LATER, null]);
  await pass(200);
  assert.deepEqual([long(), longest()], [LATER, null]);
  assert.deepEqual(events, [{ name: "refresh.slow", level: "warn", sessionId: ROW.id }]);
  // A logout is heard of for as long as a request waits.
  await store.end({ id: ROW.id }, "admin", clock.now());
  await pass(5_500);
  assert.deepEqual(longest(), { kind: "ended", reason: "admin" });
});

test("F-35 who comes later waits for the rest of what the provider has for its answer", async () => {
  const provider = { ...scriptedProvider(), requestTimeout: 4_000 };
  await pass(500);
  const flight = new SingleFlight(ROW.id, provider, clock.monotonic());
  await pass(3_000);
  const late = ask(flight, 60_000);
  await pass(999);
  assert.equal(late(), null);
  await pass(1);
  assert.deepEqual(late(), LATER);
  assert.deepEqual(events, [{ name: "refresh.slow", level: "warn", sessionId: ROW.id, provider: "default" }]);
  const tooLate = ask(flight, 60_000);
  await pass(0);
  assert.deepEqual(tooLate(), LATER);
});

test("F-71 with the last that waits all watching and every timer goes, and comes back with the next", async () => {
  const flight = new SingleFlight(ROW.id, undefined, clock.monotonic());
  const first = ask(flight, 1_000);
  const second = ask(flight, 2_000);
  await pass(0);
  assert.equal(clock.sleeping, 2, "one timer, and the look at the session");
  await pass(1_000);
  assert.deepEqual(first(), LATER);
  assert.equal(clock.sleeping, 2);
  await pass(1_000);
  assert.deepEqual(second(), LATER);
  assert.equal(clock.sleeping, 0);
  const [third, fourth] = [ask(flight, 1_000), ask(flight, 1_000)];
  await pass(0);
  assert.equal(clock.sleeping, 2);
  waits.finish(flight, { kind: "refreshed", row: ROW });
  await pass(0);
  assert.deepEqual([third(), fourth()], Array(2).fill({ kind: "refreshed", row: ROW }));
  assert.equal(clock.sleeping, 0);
  assert.deepEqual(await flight.result, { kind: "refreshed", row: ROW });
});

test("F-71 who was told of the end is told of nothing else, and others wait as long as they may", async () => {
  const flight = new SingleFlight(ROW.id, undefined, clock.monotonic());
  const ended = ask(flight, 1_000);
  const patient = ask(new SingleFlight("another", undefined, clock.monotonic()), 3_000);
  await pass(0);
  endings.tell(ROW.id, "logout");
  waits.finish(flight, { kind: "refreshed", row: ROW });
  const quick = new SingleFlight("third", undefined, clock.monotonic());
  ask(quick, 9_000);
  waits.finish(quick, { kind: "refreshed", row: ROW });
  await pass(2_000);
  assert.deepEqual([ended(), patient(), events], [{ kind: "ended", reason: "logout" }, null, []]);
  await pass(1_000);
  assert.deepEqual(patient(), LATER);
  assert.equal(clock.sleeping, 0);
});

test("F-35 a request that waits twice may wait as long as once; what its handler does between is free", async () => {
  const budget = new WaitBudget(1_000, clock);
  const flight = new SingleFlight(ROW.id, undefined, clock.monotonic());
  const first = ask(flight, budget);
  await pass(600);
  waits.finish(flight, { kind: "refreshed", row: ROW });
  await pass(5_000);
  const second = ask(new SingleFlight(ROW.id, undefined, clock.monotonic()), budget);
  await pass(399);
  assert.deepEqual([first()?.kind, second()], ["refreshed", null]);
  await pass(1);
  assert.deepEqual(second(), LATER);
});
