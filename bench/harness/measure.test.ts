import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effort, Pair, Running } from "./measure.ts";
import { bareRow, measurePairs, QUICK, rowOf } from "./measure.ts";

const EFFORT: Effort = { ...QUICK, rounds: 4, instances: 2, connections: 4, warmUp: 100, windowSeconds: 0.5 };
const BARE_PORT = 1;
const OURS_PORT = 2;
const OTHER_PORT = 3;

/** Servers whose processor time is known: a request costs as many microseconds as is said, and lasts 10 ms. */
class World {
  readonly log: string[] = [];
  readonly #used = new Map<string, number>();
  #open = "";
  #sent = 0;

  server(name: string, port: number, micros: number, instance = 1): Running {
    const key = `${port}/${instance}`;
    this.#used.set(key, 0);
    const server = { name, port, helper: { ask: <Answer>() => this.#asked<Answer>(key, micros) } };
    return server;
  }

  /** What a server used; the load's requests since it was opened are its own. */
  #asked<Answer>(key: string, micros: number): Promise<Answer> {
    const used = (this.#used.get(key) ?? 0) + this.#sent * micros;
    this.#used.set(key, used);
    this.#sent = 0;
    const answer: Answer = JSON.parse(String(used));
    return Promise.resolve(answer);
  }

  readonly load = {
    open: async (name: string, port: number, connections: number): Promise<void> => {
      assert.equal(this.#open, "", "one server at a time");
      this.#open = `${name} at ${port}`;
      this.#sent = 0;
      this.log.push(`${this.#open} by ${connections}`);
    },
    run: async (requests: number): Promise<number> => {
      this.#sent += requests;
      return requests / 100;
    },
    runAll: async (): Promise<number> => 1,
    close: async (): Promise<void> => {
      this.#open = "";
    },
  };
}

test("pairs are measured in turns, bare first; instances of one name take a round each, in one row", async () => {
  const world = new World();
  const bare = world.server("node:http", BARE_PORT, 10);
  const pairs: readonly Pair[] = [
    { name: "ours", requests: "ours 1", bare, server: world.server("ours", OURS_PORT, 11, 1) },
    { name: "ours", requests: "ours 2", bare, server: world.server("ours", OURS_PORT, 13, 2) },
    { name: "other", bare, server: world.server("other", OTHER_PORT, 20) },
  ];
  const figures = await measurePairs(world.load, pairs, EFFORT);
  const rounds = world.log.slice(pairs.length * 2);
  const round = (instance: number): readonly string[] => [
    `ours ${instance} at 1 by 4`,
    `ours ${instance} at 2 by 4`,
    "other at 1 by 4",
    "other at 3 by 4",
  ];
  assert.deepEqual(rounds, [1, 2, 1, 2].flatMap(round));
  assert.deepEqual(figures.map(rowOf), [
    { name: "ours", rate: 100, cpuMicros: 12, addedMicros: 2, ofBare: 0.839 },
    { name: "other", rate: 100, cpuMicros: 20, addedMicros: 10, ofBare: 0.5 },
  ]);
  assert.deepEqual(bareRow("node:http", figures), {
    name: "node:http",
    rate: 100,
    cpuMicros: 10,
    addedMicros: null,
    ofBare: null,
  });
});

test("what is sent before a window begins is not paid for in it", async () => {
  const world = new World();
  const bare = world.server("node:http", BARE_PORT, 10);
  const figures = await measurePairs(world.load, [{ name: "ours", bare, server: world.server("ours", OURS_PORT, 15) }], EFFORT);
  const windows = figures.flatMap((one) => one.windows);
  assert.equal(windows.length, EFFORT.rounds);
  for (const { bare: beneath, server } of windows) assert.deepEqual([beneath.micros, server.micros], [10, 15]);
});
