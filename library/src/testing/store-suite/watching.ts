/** The store suite: `watch`. */
import assert from "node:assert/strict";
import type { EndReason, SessionRow, SessionStore } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { Case, CaseContext } from "./case.ts";
import { START, sampleRow } from "./rows.ts";

/** How long an ending may take to be told, in milliseconds. */
const SOON = 1_000;

interface Told {
  readonly id: string;
  readonly reason: EndReason;
}

/** What one listener heard. */
interface Ear {
  readonly told: readonly Told[];
  /** Resolves when an ending of this session was told; rejects if that takes too long. */
  hears(id: string): Promise<void>;
  stop(): void;
}

function listen(store: SessionStore): Ear {
  assert.ok(store.watch, "a store that says watch has it");
  const told: Told[] = [];
  const waiting = new Map<string, () => void>();
  const stop = store.watch(({ id, reason }) => {
    told.push({ id, reason });
    waiting.get(id)?.();
  });
  return {
    told,
    stop,
    hears: (id) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`an ending was not told within ${SOON} ms`)), SOON);
        const heard = (): void => {
          clearTimeout(late);
          resolve();
        };
        if (told.some((ended) => ended.id === id)) heard();
        else waiting.set(id, heard);
      }),
  };
}

async function put(store: SessionStore, changes: Partial<SessionRow> = {}): Promise<SessionRow> {
  const row = sampleRow(changes);
  assert.equal(await store.put(row, "absent"), true);
  return row;
}

/** Ends a fresh session and waits until the ear has heard of it: what it did not hear until then it was not told. */
async function fence(store: SessionStore, ear: Ear): Promise<Told> {
  const { id } = await put(store);
  await store.end({ id }, "admin", START);
  await ear.hears(id);
  return { id, reason: "admin" };
}

const byId = (a: Told, b: Told): number => (a.id < b.id ? -1 : 1);

/** A case for stores that can push; every handle plays the one that ends. */
function watching(name: string, run: (context: CaseContext, ender: SessionStore) => Promise<void>): Case {
  return {
    name,
    async run(context) {
      if (!context.store.capabilities.watch) return;
      for (const ender of context.handles) await run(context, ender);
    },
  };
}

/** `watch`, of stores that say they can. */
export const watchingCases: readonly Case[] = [
  watching(
    "LO-10 watch tells of each session that ended, by id, owner or sid, on any handle, once, with its reason",
    async ({ store }, ender) => {
      const ear = listen(store);
      const rows = [await put(ender), await put(ender, { owner: "a" }), await put(ender, { owner: "a" })];
      const provider = await put(ender, { owner: "b", issuer: "i", sid: "s" });
      const spared = await put(ender, { owner: "a" });
      const [first] = rows;
      assert.ok(first);
      await ender.end({ id: first.id }, "logout", START);
      await ender.end({ id: first.id }, "admin", START);
      await ender.end({ owner: "a", except: spared.id }, "elsewhere", START);
      await ender.end({ issuer: "i", sid: "s" }, "provider", START);
      for (const { id } of [...rows, provider]) await ear.hears(id);
      const last = await fence(ender, ear);
      const ended = rows.map(({ id }): Told => ({ id, reason: id === first.id ? "logout" : "elsewhere" }));
      const expected: readonly Told[] = [...ended, { id: provider.id, reason: "provider" }, last];
      assert.deepEqual(ear.told.toSorted(byId), expected.toSorted(byId));
      ear.stop();
      await ender.end({ id: spared.id }, "logout", START);
    },
  ),
  watching("watch tells of an ending on condition, and of nothing that is refused or is no ending", async ({ store }, ender) => {
    const row = await put(ender, { owner: "a" });
    const ended = { ...row, version: 3, owner: null, body: "", ended: START, reason: "replaced" } as const;
    const ear = listen(store);
    assert.equal(await ender.put({ ...row, version: 2, body: "{}" }, 1), true);
    assert.equal(await ender.put(ended, 1), false);
    assert.equal(await ender.touch(row.id, START + 1), true);
    assert.deepEqual(await ender.end({ owner: "nobody" }, "logout", START), []);
    const first = await fence(ender, ear);
    assert.deepEqual(ear.told, [first]);
    assert.equal(await ender.put(ended, 2), true);
    await ear.hears(row.id);
    assert.equal(await ender.put({ ...ended, version: 4 }, 3), false);
    assert.deepEqual(ear.told, [first, { id: row.id, reason: "replaced" }, await fence(ender, ear)]);
    ear.stop();
  }),
  watching("watch tells every listener, each from when it began until it is stopped", async ({ store }, ender) => {
    const before = await put(ender);
    await ender.end({ id: before.id }, "logout", START);
    const first = listen(store);
    const both = await put(ender);
    const second = listen(store);
    await ender.end({ id: both.id }, "logout", START);
    await Promise.all([first.hears(both.id), second.hears(both.id)]);
    first.stop();
    first.stop();
    const last = await fence(ender, second);
    const told = { id: both.id, reason: "logout" } as const;
    assert.deepEqual(first.told, [told]);
    assert.deepEqual(second.told, [told, last]);
    second.stop();
    // And again, after a while without a listener.
    await ender.end({ id: (await put(ender)).id }, "logout", START);
    const third = listen(store);
    const heard = await fence(ender, third);
    assert.deepEqual(third.told, [heard]);
    third.stop();
  }),
  watching("watch tells the others what one listener throws at", async ({ store }, ender) => {
    assert.ok(store.watch);
    const stop = store.watch(() => {
      throw new Error("a listener's own");
    });
    const ear = listen(store);
    assert.deepEqual(ear.told, [await fence(ender, ear)]);
    stop();
    ear.stop();
  }),
  watching("watch goes on while the store is swept", async ({ store }, ender) => {
    const ear = listen(store);
    const told: Told[] = [];
    for (let round = 0; round < 3; round += 1) {
      told.push(await fence(ender, ear));
      await ender.sweep(1_000, START + 3_600_000);
    }
    assert.deepEqual(ear.told, told);
    ear.stop();
  }),
  {
    name: "SE-16 after close watch throws, and stopping does nothing",
    async run({ store }) {
      if (!store.capabilities.watch) return;
      const ear = listen(store);
      await store.close();
      ear.stop();
      assert.throws(
        () => listen(store),
        (error) => error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE",
      );
    },
  },
];
