import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { freshPaths } from "../../test-support/stores/sqlite-paths.ts";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite.ts";
import { overStore } from "../testing/over-store.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { playCase, storeCases, storeSuite } from "../testing/store-suite/store-suite.ts";
import { handOver } from "./hand-over.ts";
import { moveSessions } from "./mover.ts";
import { moving } from "./moving-store.ts";

/** Later than the suite, so that no marker of ours is among those that it sweeps. */
const clock = { now: () => START + 100 * HOUR };
const freshPath = freshPaths();

/** Two files, and what moves between them: each handle has connections of its own. */
function twoFiles(wrap: (store: SessionStore, from: SessionStore, to: SessionStore) => SessionStore = (store) => store) {
  const [first, second] = [freshPath(), freshPath()];
  const make = (): SessionStore => {
    const [from, to] = [sqlite(first), sqlite(second)];
    return wrap(moving({ from, to, clock }), from, to);
  };
  return { make, stores: () => [sqlite(first), sqlite(second)] as const };
}

/** Begins the move of nothing. */
async function begun(stores: () => readonly [SessionStore, SessionStore]): Promise<void> {
  const [from, to] = stores();
  const { outcome } = await moveSessions({ from, to, alone: true, clock });
  assert.equal(outcome, "done");
  await from.close();
  await to.close();
}

storeSuite("moving, before the move begins", {
  make() {
    const { make } = twoFiles();
    return { store: make(), another: make };
  },
  rows: 50,
});

describe("moving, after the move", () => {
  // Markers stand in both, until they expire.
  for (const one of storeCases.filter(({ name }) => !/^SE-17/.test(name))) {
    test(one.name, async () => {
      const { make, stores } = twoFiles();
      await begun(stores);
      const known = async (): Promise<SessionStore> => {
        const store = make();
        await store.marked("known", START);
        return store;
      };
      await playCase(one, { make: async () => ({ store: await known(), another: known }), rows: 50 });
    });
  }
});

/** New rows begin in the old store, and are handed over at once while the suite goes on. */
const restless = (store: SessionStore, from: SessionStore, to: SessionStore): SessionStore =>
  overStore(store, {
    async put(row, condition) {
      if (condition !== "absent") return store.put(row, condition);
      const written = await from.put(row, condition);
      // A case may be over, and the store closed, before it is.
      void handOver({ from, to, clock }, row.id).catch(() => undefined);
      return written;
    },
    ...(store.watch === undefined ? {} : { watch: store.watch.bind(store) }),
  });

describe("moving, while every row is being handed over", () => {
  // A row that was moved stands in both until it expires, and the version of one that ended while locked is another.
  const counts = ({ name }: { readonly name: string }): boolean => /sweep|swept|survey|^end takes every reason/.test(name);
  for (const one of storeCases.filter((each) => !counts(each))) {
    test(one.name, async () => {
      const { make, stores } = twoFiles(restless);
      await begun(stores);
      await playCase(one, { make: () => ({ store: make(), another: make }), rows: 50 });
    });
  }
});

test("what both stores can is said of it, and watch only if both tell", async () => {
  const capabilities = { shared: true, durable: true, watch: false, expires: true };
  const deaf = overStore(memory(), { capabilities });
  const store = moving({ from: deaf, to: memory(), clock });
  assert.deepEqual(store.capabilities, { shared: false, durable: false, watch: false, expires: false });
  assert.equal(store.watch, undefined);
  const telling = moving({ from: memory(), to: memory(), clock });
  assert.equal(telling.capabilities.watch, true);
  await Promise.all([store.close(), telling.close()]);
});

test("moving refuses one store twice, and options that do not exist", () => {
  const one = memory();
  assert.throws(() => moving({ from: one, to: one }), /takes two stores, and these are one/);
  assert.throws(() => Reflect.apply(moving, undefined, [{ from: one, to: memory(), too: 1 }]), /too is no option/);
});

test("SE-12 a touch that comes while a row is handed over goes along", async () => {
  const [from, to] = [memory(), memory()];
  const row = sampleRow({ owner: "o" });
  await from.put(row, "absent");
  const touching = overStore(to, {
    async put(copy, condition) {
      await from.touch(row.id, START + 5);
      return to.put(copy, condition);
    },
  });
  const left = await handOver({ from, to: touching, clock }, row.id);
  assert.deepEqual([left?.ended !== null, left?.reason], [true, null]);
  assert.deepEqual({ ...(await to.get(row.id)) }, { ...row, seen: START + 5 });
});

test("SE-12 of two movers that begin at once both go into the same store, and say that all arrived", async () => {
  const [from, to] = [memory(), memory()];
  const store = moving({ from, to, clock });
  const row = sampleRow({ owner: "o" });
  await from.put(row, "absent");
  const options = { from, to, alone: true, clock };
  const slow = overStore(from, {
    scan: (position, limit) => from.scan?.(position, limit) ?? { rows: [], markers: [], next: null },
    async mark(key, until, now, value) {
      if (key === "move:began") assert.equal((await moveSessions(options)).outcome, "done");
      const first = await from.mark(key, until, now, value);
      // Who did not know yet is led to the same store.
      assert.equal(await store.get(sampleRow().id), undefined);
      return first;
    },
  });
  assert.equal((await moveSessions({ ...options, from: slow })).outcome, "done");
  assert.equal((await moveSessions(options)).outcome, "done before");
  assert.deepEqual({ ...(await store.get(row.id)) }, row);
  await assert.rejects(moveSessions({ ...options, to: memory() }), /being moved to another store than this/);
  await store.close();
});

test("SE-12 a row that another store does not give back as it got it is not handed over", async () => {
  const [from, to] = [memory(), memory()];
  const row = sampleRow({ owner: "Zoë" });
  await from.put(row, "absent");
  const mends = overStore(to, { put: (copy, condition) => to.put({ ...copy, owner: "Zoe" }, condition) });
  await assert.rejects(handOver({ from, to: mends, clock }, row.id), /has another owner\. It stays in the old store/);
  const store = moving({ from, to: mends, clock });
  assert.deepEqual({ ...(await store.get(row.id)) }, row);
  await store.close();
});
