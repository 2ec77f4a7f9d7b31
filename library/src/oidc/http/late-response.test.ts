import assert from "node:assert/strict";
import { test } from "node:test";
import { turns, until } from "../../../test-support/event-loop.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import type { Look } from "./late-response.ts";
import { GRACE, passed } from "./late-response.ts";

/** A wait whose clock and turns the test holds. */
function waiting(limit: number, arrived: () => boolean = () => false, way: Partial<Pick<Look, "held" | "since">> = {}) {
  const clock = manualClock();
  const done = new AbortController();
  const seen = { turns: 0, state: "waiting" };
  const look: Look = {
    clock,
    signal: done.signal,
    arrived,
    ...way,
    turn: async () => {
      seen.turns += 1;
      await turns();
    },
  };
  const end = passed(limit, look).then(
    () => {
      seen.state = "late";
    },
    () => {
      seen.state = "done";
    },
  );
  return { clock, done, seen, end };
}

test("the limit is not the end: the sockets are read first, and then it is late", async () => {
  const { clock, seen, end } = waiting(1_000);
  clock.advance(1_000);
  await end;
  assert.deepEqual([seen.state, seen.turns > 1], ["late", true]);
});

test("what arrives while a late response is looked for ends the waiting", async () => {
  const { clock, seen, done, end } = waiting(1_000);
  clock.advance(1_000);
  await turns();
  assert.equal(seen.state, "waiting");
  done.abort();
  await end;
  assert.equal(seen.state, "done");
});

test("a head that is here gives the body some time, and no more", async () => {
  const { clock, seen, end } = waiting(1_000, () => true);
  clock.advance(1_000);
  await until(() => clock.sleeping > 0);
  assert.equal(seen.state, "waiting");
  clock.advance(GRACE);
  await end;
  assert.equal(seen.state, "late");
});

test("a limit noticed far too late tells of a standstill, after which an answer on its way has a moment", async () => {
  const { clock, seen, end } = waiting(1_000);
  clock.advance(60_000);
  await until(() => clock.sleeping > 0);
  assert.deepEqual([seen.state, seen.turns], ["waiting", 0]);
  clock.advance(GRACE);
  await end;
  assert.equal(seen.state, "late");
});

test("RF-03 what has not left when the limit is noticed does not leave any more", async () => {
  for (const late of [1_000, 60_000]) {
    const { clock, seen, end } = waiting(1_000, () => false, { held: () => true });
    clock.advance(late);
    await end;
    assert.deepEqual([seen.state, seen.turns], ["late", 0]);
  }
});

test("RF-05 what left only after a standstill has the whole limit for its answer", async () => {
  const { clock, seen, end } = waiting(1_000, () => false, { held: () => false, since: () => 100 });
  clock.advance(60_000);
  await until(() => clock.sleeping > 0);
  clock.advance(899);
  await turns();
  assert.deepEqual([seen.state, seen.turns], ["waiting", 0]);
  clock.advance(1);
  await end;
  assert.equal(seen.state, "late");
});
