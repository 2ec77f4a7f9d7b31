import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { REQUIRE_USER, view } from "../../../test-support/requests.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { manualClock } from "../../testing/manual-clock.ts";

let world: RefreshWorld;
afterEach(() => world.close());

/** What was not caught while the work ran: it would end a process that listens for nothing. */
async function unhandledIn(work: () => Promise<void>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const note = (reason: unknown): void => void found.push(reason);
  process.on("unhandledRejection", note);
  try {
    await work();
    await world.quiet();
  } finally {
    process.off("unhandledRejection", note);
  }
  return found;
}

test("S-08 F-71 a refresh without randomness for its pause fails for all that wait; the next is as any", async () => {
  let fails = false;
  const entropy = {
    bytes: (length: number): Uint8Array => {
      if (fails) throw new Error("no randomness");
      return systemEntropy.bytes(length);
    },
  };
  world = refreshWorld(2, { entropy });
  const [here, there] = [world.replica(0), world.replica(1)];
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const first = here.ask(cookie);
  await world.quiet();
  fails = true;
  const unhandled = await unhandledIn(async () => {
    const second = await there.ask(cookie);
    assert.equal(second.decision.kind, "unavailable");
  });
  fails = false;
  assert.deepEqual(unhandled, []);
  const third = there.ask(cookie);
  await world.quiet();
  world.provider.calls[0]?.answer(world.refreshed(1));
  await world.quiet();
  world.clock.advance(250);
  assert.equal((await first).decision.kind, "proceed");
  assert.equal((await third).decision.kind, "proceed");
});

test("F-71 a refresh whose turn cannot be told fails for those who wait, and the next one is as any", async () => {
  const clock = manualClock();
  let fails = false;
  const cpu = (): number => {
    if (fails) throw new Error("no processor time to be read");
    return 0;
  };
  world = refreshWorld(1, {}, Object.assign(clock, { cpu }));
  const cookie = await world.signIn();
  clock.advance(LIFETIME);
  fails = true;
  const unhandled = await unhandledIn(async () => {
    const asked = await world.replica().ask(cookie);
    assert.equal(asked.decision.kind, "unavailable");
  });
  fails = false;
  assert.deepEqual(unhandled, []);
  const asked = world.replica().ask(cookie);
  await world.quiet();
  world.provider.calls[0]?.answer(world.refreshed(1));
  assert.equal((await asked).decision.kind, "proceed");
});

test("F-35 S-45 a handler that asks for a token late hears of a logout at once, despite a silent provider", async () => {
  world = refreshWorld(2);
  const [here, there] = [world.replica(0), world.replica(1)];
  const cookie = await world.signIn();
  const exchange = await here.auth.engine.open(view(cookie));
  assert.equal((await exchange.admit(REQUIRE_USER)).kind, "proceed");
  world.clock.advance(LIFETIME);
  const waiting = here.ask(cookie);
  await world.quiet();
  assert.equal(world.provider.calls.length, 1);
  const id = exchange.session.id ?? "";
  assert.equal(await there.auth.sessions.end(id, "admin"), true);
  assert.equal((await waiting).decision.kind, "refuse");
  const told: unknown[] = [];
  exchange.session.accessToken().catch((error: unknown) => told.push(error));
  await world.quiet();
  world.clock.advance(500);
  await world.quiet();
  assert.deepEqual(
    told.map((error) => Reflect.get(Object(error), "code")),
    ["ERR_SESSION_ENDED"],
  );
});

test("F-71 of refreshes that are answered together one is written in each round of the event loop", async () => {
  const clock = manualClock();
  const rounds: (() => void)[] = [];
  const inRounds = { yield: () => new Promise<void>((resolve) => rounds.push(resolve)) };
  world = refreshWorld(1, {}, Object.assign(clock, inRounds));
  const cookies = [await world.signIn(), await world.signIn(), await world.signIn()];
  clock.advance(LIFETIME);
  const answered: string[] = [];
  for (const cookie of cookies)
    void world
      .replica()
      .ask(cookie)
      .then(({ decision }) => answered.push(decision.kind));
  await world.quiet();
  assert.equal(world.provider.calls.length, 3);
  for (const call of world.provider.calls) {
    call.answer(world.refreshed(1));
  }
  for (const written of [0, 1, 2]) {
    await world.quiet();
    assert.deepEqual([rounds.length, answered.length], [written + 1, written]);
    rounds[written]?.();
  }
  await world.quiet();
  assert.deepEqual(answered, ["proceed", "proceed", "proceed"]);
  // None stands in the way when the world ends.
  Object.assign(clock, { yield: () => Promise.resolve() });
});
