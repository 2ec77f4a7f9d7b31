import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionRow, SessionStore } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../over-store.ts";
import { playCase, storeCases } from "./store-suite.ts";

type Change = (store: SessionStore) => Partial<SessionStore>;
type GetMany = NonNullable<SessionStore["getMany"]>;

/** `getMany` as it has to be. */
const many =
  (store: SessionStore): GetMany =>
  async (ids) => {
    const rows: (SessionRow | undefined)[] = [];
    for (const id of ids) rows.push(await store.get(id));
    return rows;
  };

/** A right store that reads many at once; with what is wrong in it. */
function over(change: Change = () => ({})) {
  const store = memory();
  return { store: overStore(store, { getMany: many(store), ...change(store) }) };
}

/** As a store does that compares some digits of a version alone. */
const blurred = (version: number, by: number): number => Math.floor(version / by);

/** A mistake in `getMany`. */
const spoilt =
  (spoil: (right: GetMany, store: SessionStore) => GetMany): Change =>
  (store) => ({ getMany: spoil(many(store), store) });

const ORDER = /^getMany answers each id/;
const HUNDREDS = /^getMany reads what any handle/;
const CLOCK = /^S-39 now is the time of the server/;
const STEPS = /^SE-12 a put may raise the version by any step/;
const GREATEST = /^SE-12 versions up to/;

/** Mistakes, and the case that shows them. */
const MISTAKES: { readonly [mistake: string]: readonly [RegExp, Change] } = {
  "getMany leaves out what is not stored": [
    ORDER,
    spoilt((right) => async (ids) => (await right(ids)).filter((row) => row !== undefined)),
  ],
  "getMany answers in an order of its own": [ORDER, spoilt((right) => async (ids) => right([...ids].sort()))],
  "getMany answers what is asked for twice once": [ORDER, spoilt((right) => (ids) => right([...new Set(ids)]))],
  "getMany answers live rows alone": [
    ORDER,
    spoilt((right) => async (ids) => (await right(ids)).map((row) => (row?.ended === null ? row : undefined))),
  ],
  "getMany reads five hundred at the most": [HUNDREDS, spoilt((right) => (ids) => right(ids.slice(0, 500)))],
  "getMany answers what it read before": [
    HUNDREDS,
    spoilt((right) => {
      const kept = new Map<string, SessionRow | undefined>();
      return async (ids) => {
        const rows = await right(ids);
        for (const [n, id] of ids.entries()) if (!kept.has(id)) kept.set(id, rows[n]);
        return ids.map((id) => kept.get(id));
      };
    }),
  ],
  "a version counts the writes": [
    STEPS,
    (store) => ({
      async put(row, condition) {
        if (condition === "absent") return store.put(row, condition);
        return store.put({ ...row, version: condition + 1 }, condition);
      },
    }),
  ],
  "the last digits of great versions are lost": [
    GREATEST,
    (store) => ({
      async put(row, condition) {
        const kept = await store.get(row.id);
        if (condition === "absent" || kept === undefined) return store.put(row, condition);
        const same = blurred(kept.version, 4) === blurred(condition, 4);
        return store.put(row, same ? kept.version : condition);
      },
    }),
  ],
  "the clock counts seconds": [CLOCK, () => ({ now: () => Math.floor(Date.now() / 1_000) })],
  "the clock is a text": [CLOCK, () => ({ now: async () => JSON.parse(`"${Date.now()}"`) })],
  "the clock goes back": [
    CLOCK,
    () => {
      let times = 0;
      return { now: () => Date.now() - ++times * 1_000 };
    },
  ],
  "an ending on condition is counted by one": [
    /^SE-12 an ending on condition takes any step/,
    (store) => ({
      async put(row, condition) {
        const counted = row.ended !== null && condition !== "absent" ? { ...row, version: condition + 1 } : row;
        return store.put(counted, condition);
      },
    }),
  ],
};

for (const [mistake, [shown, change]] of Object.entries(MISTAKES)) {
  test(`SE-12 the suite catches a store in which ${mistake}`, async () => {
    const [one, ...others] = storeCases.filter(({ name }) => shown.test(name));
    assert.ok(one !== undefined && others.length === 0);
    await playCase(one, { make: () => over() });
    await assert.rejects(playCase(one, { make: () => over(change) }));
  });
}

/** A store that frees by itself what has expired; the server's clock is far from the year of the suite. */
const expiring = (store: SessionStore): Partial<SessionStore> => ({
  capabilities: { ...store.capabilities, watch: false, expires: true },
  sweep: (_, now) => store.sweep(0, now),
});

test("SE-17 the suite passes a store that frees by itself what has expired, and sweeps nothing", async () => {
  for (const one of storeCases) await playCase(one, { rows: 20, make: () => over(expiring) });
});

/** Sweeps that lose what lives, or count wrongly. */
const SWEEPS: { readonly [mistake: string]: (store: SessionStore) => SessionStore["sweep"] } = {
  "deletes what lives": (store) => async (limit, now) => {
    await store.sweep(limit, now + 1);
    return 0;
  },
  "deletes what ended": (store) => async (_, now) => {
    for (const { id } of await store.list({ owner: "o" }, 100, 0)) await store.end({ id }, "admin", now);
    return 0;
  },
  "counts more than there was": (store) => async (limit, now) => (await store.sweep(limit, now)) * 2,
};

for (const [mistake, sweep] of Object.entries(SWEEPS)) {
  test(`SE-17 the suite catches a store that frees by itself, and whose sweep ${mistake}`, async () => {
    const make = () => over((store) => ({ ...expiring(store), sweep: sweep(store) }));
    const sweeps = storeCases.filter(({ name }) => name.startsWith("SE-17"));
    const played = await Promise.allSettled(sweeps.map((one) => playCase(one, { make })));
    assert.ok(played.some(({ status }) => status === "rejected"));
  });
}

/** What a database does to texts that it was not made for. */
const TEXTS: { readonly [mistake: string]: (text: string) => string } = {
  "drops a mark of the byte order": (text) => text.replace(/^\ufeff/, ""),
  "takes noncharacters for errors": (text) => text.replace(/[\ufffe\uffff]/g, "\ufffd"),
  "drops control characters": (text) => text.replace(/[\u0001\u001f\u007f\u0085]/g, ""),
  "composes what is decomposed": (text) => text.normalize(),
  "knows no case": (text) => text.toUpperCase(),
  "cuts at three hundred bytes less one": (text) => text.slice(0, 299),
};

for (const [mistake, spoil] of Object.entries(TEXTS)) {
  test(`SE-16 the suite catches a store that ${mistake}`, async () => {
    const make = () =>
      over((store) => ({
        mark: (key, until, now, value) => store.mark(spoil(key), until, now, value),
        marked: (key, now) => store.marked(spoil(key), now),
      }));
    const marks = storeCases.filter(({ name }) => /^odd keys|^LO-10 a marker/.test(name));
    assert.equal(marks.length, 2);
    const played = await Promise.allSettled(marks.map((one) => playCase(one, { make })));
    assert.ok(played.some(({ status }) => status === "rejected"));
  });
}
