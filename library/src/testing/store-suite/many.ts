/** Cases of the store suite: `getMany`. */
import assert from "node:assert/strict";
import type { SessionStore } from "../../contracts.ts";
import type { Case, CaseContext } from "./case.ts";
import { HOUR, ODD_TEXTS, START, sampleRow } from "./rows.ts";
import { stored } from "./stage.ts";

/** More than a store reads in one go. */
const MANY = 700;

type GetMany = NonNullable<SessionStore["getMany"]>;

/** A case for stores that have it. */
function many(name: string, run: (getMany: GetMany, context: CaseContext) => Promise<void>): Case {
  return {
    name,
    async run(context) {
      const { store } = context;
      const { getMany } = store;
      if (getMany !== undefined) await run((ids) => getMany.call(store, ids), context);
    },
  };
}

/** `getMany`, of stores that have it. */
export const manyCases: readonly Case[] = [
  many("getMany answers each id as get does, in the order of the ids, also twice", async (getMany, { store }) => {
    const live = await stored(store, { owner: "o", body: '{"format":1,"n":1}' });
    const expired = await stored(store, { created: START - HOUR, expires: START - 1 });
    const { id: ended } = await stored(store, { owner: "o" });
    await store.end({ id: ended }, "logout", START);
    const ids = [ended, sampleRow().id, live.id, expired.id, live.id, ...ODD_TEXTS];
    const rows = await getMany(ids);
    assert.equal(rows.length, ids.length);
    for (const [n, id] of ids.entries()) assert.deepEqual({ ...rows[n] }, { ...(await store.get(id)) }, `id ${n}`);
    assert.deepEqual({ ...rows[2] }, live);
    assert.deepEqual([rows[1], rows[5]], [undefined, undefined]);
    assert.deepEqual(await getMany([]), []);
  }),
  many("getMany reads what any handle has written, of hundreds too", async (getMany, { handle }) => {
    const ids: string[] = [];
    for (let n = 0; n < MANY; n += 1) ids.push((await stored(handle(n), { body: String(n) })).id);
    const shuffled = ids.toReversed();
    assert.deepEqual(
      (await getMany(shuffled)).map((row) => row?.body),
      shuffled.map((_, n) => String(MANY - 1 - n)),
    );
    for (const [n, id] of ids.slice(0, 4).entries()) await handle(n).touch(id, START + n);
    assert.deepEqual(
      (await getMany(ids.slice(0, 4))).map((row) => row?.seen),
      [0, 1, 2, 3].map((n) => START + n),
    );
  }),
];
