/**
 * Two replicas, a mover that is killed and begun again, and every call to the stores in an order that a seed draws. Not
 * one session is lost, not one that ended lives, not one change is undone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { act, MovedUsers } from "../../test-support/move/moved-users.ts";
import type { MaybePromise, SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { Dice, START } from "../testing/store-suite/rows.ts";
import { moveSessions } from "./mover.ts";
import { moving } from "./moving-store.ts";

const clock = { now: () => START };
const RUNS = 150;

/** Calls wait until they are drawn. */
class Order {
  readonly #dice: Dice;
  readonly #waiting: (() => void)[] = [];
  isOver = false;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** The same store, as one process sees it; from when it is killed on, none of its calls goes through. */
  over(store: SessionStore, process: { isKilled: boolean } = { isKilled: false }): SessionStore {
    const { scan } = store;
    const turn = <A extends readonly unknown[], R>(call: (...args: A) => MaybePromise<R>) => {
      return async (...args: A): Promise<R> => {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        if (process.isKilled) return new Promise(() => {});
        const answer = await call(...args);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        return process.isKilled ? new Promise(() => {}) : answer;
      };
    };
    return overStore(store, {
      get: turn(store.get.bind(store)),
      put: turn(store.put.bind(store)),
      touch: turn(store.touch.bind(store)),
      end: turn(store.end.bind(store)),
      list: turn(store.list.bind(store)),
      mark: turn(store.mark.bind(store)),
      marked: turn(store.marked.bind(store)),
      ...(scan === undefined ? {} : { scan: turn(scan.bind(store)) }),
    });
  }

  /** Lets one call after another through, until it is over. */
  async run(): Promise<void> {
    while (!this.isOver) {
      const [next] = this.#waiting.splice(this.#dice.below(this.#waiting.length), 1);
      next?.();
      await setImmediate();
    }
  }
}

async function play(seed: number): Promise<void> {
  const world = new MovedUsers(new Dice(seed));
  const { dice } = world;
  const order = new Order(dice);
  const [from, to] = [memory(), memory()];
  const replica = (): SessionStore => moving({ from: order.over(from), to: order.over(to), clock });
  const [a, b] = [replica(), replica()];
  const mover = (process?: { isKilled: boolean }): ReturnType<typeof moveSessions> =>
    moveSessions({ from: order.over(from, process), to: order.over(to, process), clock, page: 1 + dice.below(4), alone: true });
  const running = order.run();
  try {
    // Some replicas serve both stores already, some the old one alone.
    await Promise.all([act(world, [order.over(from), a], 4), act(world, [a], 2)]);
    const killed = { isKilled: false };
    mover(killed).catch(() => undefined);
    await act(world, [a, b], 1 + dice.below(5));
    killed.isKilled = true;
    const [report] = await Promise.all([mover(), act(world, [a, b], 6)]);
    assert.deepEqual([report.outcome === "done" || report.outcome === "done before", report.proof.differences], [true, []]);
    // Some serve the new one alone.
    await act(world, [a, b, order.over(to)], 4);
    await world.judge(to);
  } finally {
    order.isOver = true;
    await running;
    await Promise.all([a.close(), b.close()]);
  }
}

test("SE-12 S-42 in whatever order calls come, a move loses no session, no change and no ending", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), (seed) => play(seed)),
    { numRuns: RUNS },
  );
});
