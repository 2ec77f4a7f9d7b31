/** The store suite: `close`, and what a store says of itself. */
import assert from "node:assert/strict";
import type { SessionStore } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { Case } from "./case.ts";
import { START, sampleRow } from "./rows.ts";

const CALLS: { readonly [method: string]: (store: SessionStore) => unknown } = {
  get: (store) => store.get("x"),
  getMany: (store) => (store.getMany === undefined ? store.get("x") : store.getMany(["x"])),
  put: (store) => store.put(sampleRow(), "absent"),
  "put by version": (store) => store.put(sampleRow(), 1),
  touch: (store) => store.touch("x", START),
  "end by id": (store) => store.end({ id: "x" }, "logout", START),
  "end by owner": (store) => store.end({ owner: "x" }, "logout", START),
  "end by sid": (store) => store.end({ issuer: "x", sid: "x" }, "logout", START),
  list: (store) => store.list({ owner: "x" }, 1, START),
  "list by renewBefore": (store) => store.list({ renewBefore: START }, 1, START),
  mark: (store) => store.mark("x", START + 1, START),
  marked: (store) => store.marked("x", START),
  sweep: (store) => store.sweep(1, START),
  now: (store) => (store.now === undefined ? store.get("x") : store.now()),
};

/** What a clock says that counts milliseconds since 1970. */
const [EARLIEST, LATEST] = [Date.UTC(2020), Date.UTC(2120)];
/** How long a clock may stand still, milliseconds. */
const STILL = 10_000;

async function timeOf(handle: SessionStore): Promise<number> {
  assert.ok(handle.now, "every handle has the server's clock, or none");
  const time: unknown = await handle.now();
  assert.ok(typeof time === "number" && time > EARLIEST && time < LATEST, `${String(time)} is no time in milliseconds`);
  return time;
}

/** `close`, and what the store says of itself. */
export const closingCases: readonly Case[] = [
  {
    name: "SE-16 after close every call throws ERR_STORE_UNAVAILABLE; a second close does nothing",
    async run({ store }) {
      await store.put(sampleRow(), "absent");
      await store.close();
      await store.close();
      for (const [method, call] of Object.entries(CALLS)) {
        const unavailable = (error: unknown): boolean =>
          error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE" && error.status === 503;
        await assert.rejects(async () => call(store), unavailable, method);
      }
    },
  },
  {
    name: "a handle that closes takes nothing from the others",
    async run({ handles, store }) {
      const row = sampleRow();
      await store.put(row, "absent");
      for (const handle of handles.slice(1).reverse()) await handle.close();
      assert.equal(await store.touch(row.id, START + 1), true);
      assert.equal((await store.get(row.id))?.seen, START + 1);
    },
  },
  {
    name: "the store says what it can do, truly",
    async run({ store }) {
      assert.notEqual(store.name, "");
      assert.equal(store.capabilities.watch, store.watch !== undefined);
    },
  },
  {
    name: "S-67 a development secret is the one that was made first, for all handles",
    async run({ handles, store }) {
      // Only stores of one machine.
      if (store.developmentSecret === undefined) return;
      const first = store.developmentSecret(() => "the first");
      assert.equal(first, "the first");
      for (const handle of handles)
        assert.equal(
          handle.developmentSecret?.(() => "another"),
          first,
        );
    },
  },
  {
    name: "S-39 now is the time of the server: the same for all handles, and it goes on",
    async run({ handles, store }) {
      // Only stores that have one.
      if (store.now === undefined) return;
      const first = await timeOf(store);
      for (const handle of handles) {
        const [before, time, after] = [await timeOf(store), await timeOf(handle), await timeOf(store)];
        assert.ok(before <= time && time <= after, `${before}, another handle ${time}, ${after}`);
      }
      const began = performance.now();
      while ((await timeOf(store)) === first) assert.ok(performance.now() - began < STILL, "the clock stands still");
    },
  },
];
