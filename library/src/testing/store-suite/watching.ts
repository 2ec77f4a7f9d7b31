/** The store suite: `watch`. */
import assert from "node:assert/strict";
import type { SessionRow, SessionStore } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { Case, CaseContext } from "./case.ts";
import { HOUR, START } from "./rows.ts";
import { Stage, stored } from "./stage.ts";

/** How many sessions end in one call. */
const MANY = 120;

/** A case for stores that can push; every handle plays the one that ends. */
function watching(name: string, run: (stage: Stage, ender: SessionStore, context: CaseContext) => Promise<void>): Case {
  return {
    name,
    async run(context) {
      if (!context.store.capabilities.watch) return;
      const stage = new Stage(context.store);
      for (const ender of context.handles) await run(stage, ender, context);
      stage.judge();
    },
  };
}

/** `watch`, of stores that say they can. */
export const watchingCases: readonly Case[] = [
  watching(
    "LO-10 watch tells of each session that ended, by id, owner or sid, on any handle, with its reason",
    async (stage, ender) => {
      const ear = stage.listen();
      const [first, ...others] = [await stored(ender), await stored(ender, { owner: "a" }), await stored(ender, { owner: "a" })];
      const provider = await stored(ender, { owner: "b", issuer: "i", sid: "s" });
      const spared = await stored(ender, { owner: "a" });
      assert.ok(first);
      stage.ends("logout", first);
      stage.ends("elsewhere", ...others);
      stage.ends("provider", provider);
      await ender.end({ id: first.id }, "logout", START);
      await ender.end({ id: first.id }, "admin", START);
      await ender.end({ owner: "a", except: spared.id }, "elsewhere", START);
      await ender.end({ issuer: "i", sid: "s" }, "provider", START);
      for (const { id } of [first, ...others, provider]) await ear.hears(id);
      await stage.fence(ear, ender);
      ear.stop();
      stage.ends("logout", spared);
      await ender.end({ id: spared.id }, "logout", START);
    },
  ),
  watching("PX-05 watch tells of what ends right after it was called", async (stage, ender) => {
    const rows = [await stored(ender), await stored(ender, { owner: "a" })] as const;
    stage.ends("logout", ...rows);
    const ear = stage.listen();
    await Promise.all([ender.end({ id: rows[0].id }, "logout", START), ender.end({ owner: "a" }, "logout", START)]);
    for (const { id } of rows) await ear.hears(id);
    ear.stop();
  }),
  watching("PX-05 watch tells of each of many that end in one call", async (stage, ender) => {
    const rows: SessionRow[] = [];
    for (let n = 0; n < MANY; n += 1) rows.push(await stored(ender, { owner: "many" }));
    stage.ends("elsewhere", ...rows);
    const ear = stage.listen();
    await stage.fence(ear, ender);
    await ender.end({ owner: "many" }, "elsewhere", START);
    await Promise.all(rows.map(({ id }) => ear.isTold(id)));
    ear.stop();
  }),
  watching("watch tells of an ending on condition, and of nothing that is refused or is no ending", async (stage, ender) => {
    const row = await stored(ender, { owner: "a" });
    const ended = { ...row, version: 3, owner: null, body: "", ended: START, reason: "replaced" } as const;
    const ear = stage.listen();
    assert.equal(await ender.put({ ...row, version: 2, body: "{}" }, 1), true);
    assert.equal(await ender.put(ended, 1), false);
    assert.equal(await ender.touch(row.id, START + 1), true);
    assert.deepEqual(await ender.end({ owner: "nobody" }, "logout", START), []);
    await stage.fence(ear, ender);
    assert.ok(!ear.told.includes(row.id));
    stage.ends("replaced", row);
    assert.equal(await ender.put(ended, 2), true);
    await ear.isTold(row.id);
    assert.equal(await ender.put({ ...ended, reason: "admin", version: 4 }, 3), false);
    await stage.fence(ear, ender);
    ear.stop();
  }),
  watching("watch tells every listener until it is stopped, and again after a while without one", async (stage, ender) => {
    const first = stage.listen();
    const both = await stored(ender);
    const second = stage.listen();
    stage.ends("logout", both);
    await ender.end({ id: both.id }, "logout", START);
    await Promise.all([first.hears(both.id), second.hears(both.id)]);
    await stage.fence(first, ender);
    first.stop();
    first.stop();
    const last = await stage.fence(second, ender);
    assert.ok(!first.told.includes(last), "a listener that was stopped is told no more");
    second.stop();
    const alone = await stored(ender);
    stage.ends("logout", alone);
    await ender.end({ id: alone.id }, "logout", START);
    const third = stage.listen();
    await stage.fence(third, ender);
    third.stop();
    assert.ok(!second.told.includes(alone.id));
  }),
  watching("watch tells the others what one listener throws at", async (stage, ender, { store }) => {
    assert.ok(store.watch);
    const throws = (): never => {
      throw new Error("a listener's own");
    };
    const stop = store.watch(throws, throws);
    const ear = stage.listen();
    await stage.fence(ear, ender);
    stop();
    ear.stop();
  }),
  watching("watch goes on while the store is swept", async (stage, ender) => {
    const ear = stage.listen();
    for (let round = 0; round < 3; round += 1) {
      await stage.fence(ear, ender);
      await ender.sweep(1_000, START + HOUR);
    }
    ear.stop();
  }),
  {
    name: "SE-16 after close watch throws, and stopping does nothing",
    async run({ store }) {
      if (!store.capabilities.watch) return;
      const stage = new Stage(store);
      const ear = stage.listen();
      await store.close();
      ear.stop();
      assert.throws(
        () => stage.listen(),
        (error) => error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE",
      );
    },
  },
];
