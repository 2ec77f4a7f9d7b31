import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionRow, SessionStore } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { answering } from "./answering.ts";
import { playCase, storeCases } from "./store-suite.ts";

type Answers = Pick<SessionStore, "get" | "put" | "touch" | "end" | "list" | "mark" | "marked" | "sweep" | "close">;

/** A store that is right, as methods that can be replaced one by one. */
function right(store: SessionStore): Answers {
  return {
    get: (id) => store.get(id),
    put: (row, condition) => store.put(row, condition),
    touch: (id, seen) => store.touch(id, seen),
    end: (target, reason, now) => store.end(target, reason, now),
    list: (query, limit, now) => store.list(query, limit, now),
    mark: (key, until, now, value) => store.mark(key, until, now, value),
    marked: (key, now) => store.marked(key, now),
    sweep: (limit, now) => store.sweep(limit, now),
    close: () => store.close(),
  };
}

async function versionOf(store: SessionStore, id: string): Promise<number | "absent"> {
  return (await store.get(id))?.version ?? "absent";
}

/** Mistakes that stores of this kind have had, each in one method. */
const MISTAKES: { readonly [mistake: string]: (store: SessionStore) => Partial<Answers> } = {
  "put inserts where nothing is": (store) => ({
    put: async (row, condition) => store.put(row, (await store.get(row.id)) === undefined ? "absent" : condition),
  }),
  "put overwrites whatever is there": (store) => ({
    put: async (row) => store.put(row, await versionOf(store, row.id)),
  }),
  "put reads, waits and writes": (store) => ({
    async put(row, condition) {
      if ((await versionOf(store, row.id)) !== condition) return false;
      for (let tries = 0; tries < 20; tries += 1) if (await store.put(row, await versionOf(store, row.id))) return true;
      return false;
    },
  }),
  "put says that it wrote when it did not": (store) => ({
    put: async (row, condition) => (await store.put(row, condition)) || true,
  }),
  "get changes what it handed out": (store) => {
    const handed = new Map<string, SessionRow>();
    return {
      async get(id) {
        const row = await store.get(id);
        if (row === undefined) return undefined;
        const own = Object.assign(handed.get(id) ?? {}, row);
        handed.set(id, own);
        return own;
      },
    };
  },
  "get says that it keeps rows, and copies them": (store) => ({
    capabilities: { ...store.capabilities, keepsRows: true },
    async get(id) {
      const row = await store.get(id);
      return row === undefined ? undefined : { ...row };
    },
  }),
  "touch raises the version": (store) => ({
    async touch(id, seen) {
      const row = await store.get(id);
      return row === undefined ? false : store.put({ ...row, seen, version: row.version + 1 }, row.version);
    },
  }),
  "touch answers true where nothing is": (store) => ({ touch: async (id, seen) => (await store.touch(id, seen)) || true }),
  "touch does nothing": (store) => ({ touch: async (id) => (await store.get(id))?.ended === null }),
  "end leaves nothing behind": (store) => ({
    async end(target, reason, now) {
      const ids = await store.end(target, reason, now);
      await store.sweep(ids.length, Number.MAX_SAFE_INTEGER);
      return ids;
    },
  }),
  "end spares nobody": (store) => ({
    end: (target, reason, now) => store.end("owner" in target ? { owner: target.owner } : target, reason, now),
  }),
  "end forgets the sid": (store) => ({ end: (target, reason, now) => ("sid" in target ? [] : store.end(target, reason, now)) }),
  "end answers no ids": (store) => ({ end: async (target, reason, now) => (await store.end(target, reason, now)).slice(1) }),
  "end tells another reason": (store) => ({ end: (target, _reason, now) => store.end(target, "logout", now) }),
  "list knows no limit": (store) => ({ list: (query, _limit, now) => store.list(query, 1_000, now) }),
  "list shows what expired": (store) => ({ list: (query, limit) => store.list(query, limit, 0) }),
  "list is in another order": (store) => ({
    list: async (query, limit, now) => [...(await store.list(query, limit, now))].reverse(),
  }),
  "every mark is the first": (store) => ({
    async mark(...mark) {
      await store.mark(...mark);
      return true;
    },
  }),
  "a mark is never replaced": (store) => ({
    mark: async (key, until, now, value) => (await store.marked(key, now)) === undefined && store.mark(key, until, now, value),
  }),
  "marks stand for ever": (store) => ({
    mark: (key, _until, now, value) => store.mark(key, Number.MAX_SAFE_INTEGER, now, value),
  }),
  "marks have no value": (store) => ({ mark: (key, until, now) => store.mark(key, until, now) }),
  "sweep takes all at once": (store) => ({ sweep: (_limit, now) => store.sweep(1_000_000, now) }),
  "sweep takes what lives": (store) => ({ sweep: (limit, now) => store.sweep(limit, now + 1) }),
  "sweep takes nothing": () => ({ sweep: () => 0 }),
  "close closes nothing": () => ({ close: () => {} }),
};

test("the suite passes a store that is right, through whatever wraps it", async () => {
  for (const one of storeCases) {
    await playCase(one, { rows: 20, make: () => ({ store: wrapped(memory(), {}) }) });
  }
});

for (const [mistake, change] of Object.entries(MISTAKES)) {
  test(`the suite catches a store in which ${mistake}`, async () => {
    const make = () => {
      const store = memory();
      return { store: wrapped(store, change(store)) };
    };
    const played = await Promise.allSettled(storeCases.map((one) => playCase(one, { rows: 20, writers: 6, make })));
    assert.ok(played.some(({ status }) => status === "rejected"));
  });
}

function wrapped(store: SessionStore, change: Partial<Answers>): SessionStore {
  return { name: "wrapped", capabilities: { ...store.capabilities, watch: false }, ...right(store), ...change };
}

test("F-12 the suite's stores have to answer: a promise that is never settled rejects by the call's name", async () => {
  const silent = answering(wrapped(memory(), { get: () => new Promise(() => undefined) }), 20);
  await assert.rejects(async () => silent.get("id"), /get did not answer within 20 ms/);
  const right = answering(memory());
  assert.equal(right.get("id"), undefined);
});
