/** The store suite: `list`. */
import assert from "node:assert/strict";
import type { SessionRow, SessionStore } from "../../contracts.ts";
import type { Case } from "./case.ts";
import { HOUR, START, sampleRow } from "./rows.ts";

async function putAll(store: SessionStore, changes: readonly Partial<SessionRow>[]): Promise<readonly SessionRow[]> {
  const rows = changes.map((change) => sampleRow(change));
  for (const row of rows) assert.equal(await store.put(row, "absent"), true);
  return rows;
}
const plain = (rows: readonly SessionRow[]): SessionRow[] => rows.map((row) => ({ ...row }));
const NEVER = { renewAt: null } as const;

/** `list`. */
export const listCases: readonly Case[] = [
  {
    name: "S-44 list by owner: that owner's live sessions, newest first",
    async run({ store }) {
      const [b, c, a] = await putAll(store, [
        { owner: "o", created: START + 2 },
        { owner: "o", created: START + 1, kind: "token" },
        { owner: "o", created: START + 3, body: "{}" },
        { owner: "O" },
        {},
      ]);
      const [ended] = await putAll(store, [{ owner: "o" }]);
      await store.end({ id: ended?.id ?? "" }, "logout", START);
      assert.deepEqual(plain(await store.list({ owner: "o" }, 10, START)), [a, b, c]);
      assert.deepEqual(await store.list({ owner: "nobody" }, 10, START), []);
    },
  },
  {
    name: "F-24 list by a session of the provider: its live sessions, and no other's",
    async run({ store }) {
      const theirs = { issuer: "i", sid: "s" };
      const both = await putAll(store, [
        { ...theirs, owner: "o", created: START + 1 },
        { ...theirs, owner: "p", created: START + 2 },
      ]);
      await putAll(store, [
        { issuer: "i", sid: "t" },
        { issuer: "j", sid: "s" },
        { issuer: "i", sid: null },
        { ...theirs, expires: START },
      ]);
      const [ended] = await putAll(store, [theirs]);
      await store.end({ id: ended?.id ?? "" }, "logout", START);
      const found = plain(await store.list(theirs, 10, START));
      assert.deepEqual(
        found.toSorted((a, b) => a.created - b.created),
        both,
      );
      assert.equal((await store.list(theirs, 1, START)).length, 1);
      assert.deepEqual(await store.list({ issuer: "is", sid: "" }, 10, START), []);
    },
  },
  {
    name: "S-44 a token, which counts as seen until its end, hides and outlives no session of its owner",
    async run({ store }) {
      const end = START + 2160 * HOUR;
      const changes = [
        { owner: "o", created: START, expires: START + 24 * HOUR },
        { owner: "o", created: START + 1, kind: "token", seen: end, expires: end },
      ] as const;
      const [session, token] = await putAll(store, changes);
      assert.deepEqual(plain(await store.list({ owner: "o" }, 10, START + 2)), [token, session]);
      assert.equal((await store.end({ owner: "o" }, "admin", START + 2)).length, 2);
    },
  },
  {
    name: "list by owner leaves out what has expired by the told time",
    async run({ store }) {
      const [, later] = await putAll(store, [
        { owner: "o", expires: START + 5 },
        { owner: "o", expires: START + 6 },
      ]);
      assert.equal((await store.list({ owner: "o" }, 10, START)).length, 2);
      assert.deepEqual(plain(await store.list({ owner: "o" }, 10, START + 5)), [later]);
    },
  },
  {
    name: "list answers with at most as many as asked for, the first of the order",
    async run({ store }) {
      const changes = Array.from({ length: 12 }, (_, n) => ({ owner: "o", created: START + n, renewAt: START + n }));
      const rows = await putAll(store, changes);
      assert.deepEqual(plain(await store.list({ owner: "o" }, 3, START)), [...rows].reverse().slice(0, 3));
      assert.deepEqual(plain(await store.list({ renewBefore: START + HOUR }, 3, START)), rows.slice(0, 3));
      assert.deepEqual(await store.list({ owner: "o" }, 0, START), []);
    },
  },
  {
    name: "S-24 list by renewBefore: what is due, the most urgent first; nothing ended, expired or without tokens",
    async run({ store }) {
      const due = { renewAt: START + 1 };
      const [second, first] = await putAll(store, [{ renewAt: START + 4 }, { renewAt: START + 3, owner: "o" }]);
      await putAll(store, [{ renewAt: START + 5 }, NEVER, { ...due, expires: START }]);
      const [ended] = await putAll(store, [due]);
      await store.end({ id: ended?.id ?? "" }, "refresh-lost", START);
      assert.deepEqual(plain(await store.list({ renewBefore: START + 5 }, 10, START)), [first, second]);
    },
  },
  {
    name: "list follows what a put changed",
    async run({ store }) {
      const [row] = await putAll(store, [{ owner: "a", renewAt: START + 1 }]);
      assert.ok(row);
      const changed = { ...row, owner: "b", renewAt: START + 100, version: 2 };
      await store.put(changed, 1);
      assert.deepEqual(await store.list({ owner: "a" }, 10, START), []);
      assert.deepEqual(await store.list({ renewBefore: START + 50 }, 10, START), []);
      assert.deepEqual(plain(await store.list({ owner: "b" }, 10, START)), [changed]);
      assert.deepEqual(plain(await store.list({ renewBefore: START + 101 }, 10, START)), [changed]);
      await store.put({ ...changed, owner: null, renewAt: null, version: 3 }, 2);
      assert.deepEqual(await store.list({ owner: "b" }, 10, START), []);
      assert.deepEqual(await store.list({ renewBefore: START + 101 }, 10, START), []);
    },
  },
];
