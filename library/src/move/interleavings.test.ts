/**
 * Two replicas, a mover that is killed and begun again, and every call to the stores in an order that a seed draws. Not
 * one session is lost, not one that ended lives, not one change is undone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import type { MaybePromise, SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { Dice, HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { moveSessions } from "./mover.ts";
import { moving } from "./moving-store.ts";

const clock = { now: () => START };
const RUNS = 150;
const OWNERS = ["a", "b"];

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

/** What users did, and what they were told. */
class World {
  readonly dice: Dice;
  readonly sessions = new Map<string, { readonly owner: string; edits: string[]; seen: number; isEnded: boolean }>();
  /** How many were told that they were the first to set a marker. */
  readonly firsts = new Map<string, number>();
  #count = 0;

  constructor(dice: Dice) {
    this.dice = dice;
  }

  #any(): string | undefined {
    return this.dice.of([...this.sessions.keys()], undefined);
  }

  /** One thing that one user does by one replica. */
  async act(store: SessionStore): Promise<void> {
    const id = this.#any();
    const drawn = this.dice.below(100);
    if (id === undefined || drawn < 20) await this.#login(store);
    else if (drawn < 60) await this.#edit(store, id);
    else if (drawn < 75) await this.#touch(store, id);
    else if (drawn < 80) await this.#logout(store, id);
    else if (drawn < 83) await this.#logoutEverywhere(store, this.dice.of(OWNERS, "a"));
    else if (drawn < 93) await this.#look(store, id);
    else await this.#mark(store, `k${this.dice.below(6)}`);
  }

  async #login(store: SessionStore): Promise<void> {
    const owner = this.dice.of(OWNERS, "a");
    const row = sampleRow({ owner, lease: this.dice.chance(30) ? "held" : null, body: "" });
    assert.equal(await store.put(row, "absent"), true);
    this.sessions.set(row.id, { owner, edits: [], seen: START, isEnded: false });
  }

  async #edit(store: SessionStore, id: string): Promise<void> {
    const known = this.sessions.get(id);
    const wasEnded = known?.isEnded;
    const row = await store.get(id);
    assert.ok(row && known, `${id} is gone`);
    if (wasEnded) assert.notEqual(row.ended, null, `${id} lives again`);
    if (row.ended !== null) return;
    const edit = String(this.#count++);
    const written = await store.put(
      { ...row, version: row.version + 1 + this.dice.below(9), body: `${row.body},${edit}` },
      row.version,
    );
    if (written) known.edits.push(edit);
    if (written) assert.ok(!wasEnded, `${id} was changed after it ended`);
  }

  async #touch(store: SessionStore, id: string): Promise<void> {
    const seen = START + this.#count++;
    const known = this.sessions.get(id);
    if ((await store.touch(id, seen)) && known) known.seen = Math.max(known.seen, seen);
  }

  async #look(store: SessionStore, id: string): Promise<void> {
    const known = this.sessions.get(id);
    const [wasEnded, seen] = [known?.isEnded, known?.seen ?? 0];
    const row = await store.get(id);
    assert.ok(row, `${id} is gone`);
    if (wasEnded) assert.notEqual(row.ended, null, `${id} lives again`);
    if (row.ended === null) assert.ok(row.seen >= seen, `${id} was touched`);
    const listed = await store.list({ owner: known?.owner ?? "" }, 1_000, START);
    if (wasEnded) assert.ok(!listed.some((one) => one.id === id), `${id} is listed`);
    assert.equal(new Set(listed.map((one) => one.id)).size, listed.length);
  }

  async #logout(store: SessionStore, id: string): Promise<void> {
    await store.end({ id }, "logout", START);
    const known = this.sessions.get(id);
    if (known) known.isEnded = true;
  }

  async #logoutEverywhere(store: SessionStore, owner: string): Promise<void> {
    const those = [...this.sessions.values()].filter((one) => one.owner === owner);
    await store.end({ owner }, "admin", START);
    for (const one of those) one.isEnded = true;
  }

  async #mark(store: SessionStore, key: string): Promise<void> {
    const isFirst = await store.mark(key, START + HOUR, START);
    this.firsts.set(key, (this.firsts.get(key) ?? 0) + Number(isFirst));
    assert.equal(await store.marked(key, START), "", key);
  }

  /** What every process sees from now on. */
  async judge(to: SessionStore): Promise<void> {
    for (const [id, { edits, isEnded, owner, seen }] of this.sessions) {
      const row = await to.get(id);
      if (isEnded && row === undefined) continue;
      assert.ok(row, `${id} is lost`);
      if (isEnded) assert.notEqual(row.ended, null, `${id} lives again`);
      if (row.ended !== null) continue;
      const { lease } = row;
      assert.deepEqual([row.owner, row.body.split(",").slice(1).toSorted()], [owner, edits.toSorted()]);
      assert.ok(row.seen >= seen && (lease === null || lease === "held"), JSON.stringify(row));
    }
    for (const [key, count] of this.firsts) {
      assert.equal(count, 1, `${key}: ${count} were the first`);
      assert.equal(await to.marked(key, START), "", key);
    }
  }
}

async function users(world: World, stores: readonly SessionStore[], acts: number): Promise<void> {
  const one = async (): Promise<void> => {
    for (let act = 0; act < acts; act++) await world.act(world.dice.of(stores, stores[0] ?? memory()));
  };
  await Promise.all([one(), one(), one(), one()]);
}

async function play(seed: number): Promise<void> {
  const world = new World(new Dice(seed));
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
    await Promise.all([users(world, [order.over(from), a], 4), users(world, [a], 2)]);
    const killed = { isKilled: false };
    mover(killed).catch(() => undefined);
    await users(world, [a, b], 1 + dice.below(5));
    killed.isKilled = true;
    const [report] = await Promise.all([mover(), users(world, [a, b], 6)]);
    assert.deepEqual([report.outcome === "done" || report.outcome === "done before", report.proof.differences], [true, []]);
    // Some serve the new one alone.
    await users(world, [a, b, order.over(to)], 4);
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
