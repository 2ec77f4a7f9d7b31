/** Cases of the store suite: endings, and that nothing comes back from them. */
import assert from "node:assert/strict";
import type { EndTarget, SessionRow, SessionStore } from "../../contracts.ts";
import { END_REASONS } from "../../core/row-columns.ts";
import type { Case } from "./case.ts";
import { emptiedRow, HOUR, ODD_TEXTS, START, sampleRow } from "./rows.ts";

const FULL = {
  previousHash: "p".repeat(43),
  previousUntil: START + 5,
  owner: "o",
  issuer: "i",
  sid: "s",
  renewAt: START + 6,
  tokenExpires: START + 7,
  lease: "held",
} as const;

async function putAll(store: SessionStore, changes: readonly Partial<SessionRow>[]): Promise<readonly SessionRow[]> {
  const rows = changes.map((change) => sampleRow(change));
  for (const row of rows) assert.equal(await store.put(row, "absent"), true);
  return rows;
}

/** Ends a target among rows and checks that exactly the first `count` ended. */
async function endsFirst(store: SessionStore, rows: readonly SessionRow[], count: number, target: EndTarget): Promise<void> {
  const expected = rows.slice(0, count).map(({ id }) => id);
  assert.deepEqual([...(await store.end(target, "elsewhere", START + 1))].sort(), expected.sort());
  for (const [n, row] of rows.entries()) {
    const now = n < count ? emptiedRow(row, "elsewhere", START + 1) : row;
    assert.deepEqual({ ...(await store.get(row.id)) }, now);
  }
  assert.deepEqual(await store.end(target, "admin", START + 2), []);
}

/** `end`, and that nothing comes back from it. */
export const endingCases: readonly Case[] = [
  {
    name: "S-42 an ended session stays, emptied; a second end does nothing; others are untouched",
    async run({ store }) {
      const rows = await putAll(store, [FULL, FULL, {}]);
      await endsFirst(store, rows, 1, { id: rows[0]?.id ?? "" });
    },
  },
  {
    name: "end takes every reason, and ends anonymous rows and token rows too",
    async run({ store, stored }) {
      for (const reason of END_REASONS) {
        const row = sampleRow({ kind: "token" });
        await store.put(row, "absent");
        assert.deepEqual(await store.end({ id: row.id }, reason, START), [row.id]);
        assert.deepEqual(await stored(row.id), emptiedRow(row, reason, START));
      }
    },
  },
  {
    name: "end answers nothing for what is not stored",
    async run({ store }) {
      await putAll(store, [{ issuer: "i" }, { sid: "s" }, {}]);
      const targets = [
        { id: sampleRow().id },
        { owner: "nobody" },
        { owner: "" },
        { issuer: "i", sid: "s" },
        { issuer: "", sid: "" },
      ];
      for (const target of targets) assert.deepEqual(await store.end(target, "admin", START), []);
    },
  },
  {
    name: "S-44 end by owner ends all of that owner, and no other's",
    async run({ store }) {
      const rows = await putAll(store, [
        { owner: "a" },
        { owner: "a", issuer: "i", sid: "s" },
        { owner: "A" },
        { owner: "b" },
        {},
      ]);
      await endsFirst(store, rows, 2, { owner: "a" });
    },
  },
  {
    name: "S-44 end by owner spares one where asked",
    async run({ store }) {
      const rows = await putAll(store, [{ owner: "a" }, { owner: "a" }, { owner: "a" }, { owner: "b" }]);
      await endsFirst(store, rows, 2, { owner: "a", except: rows[2]?.id ?? "" });
    },
  },
  {
    name: "end by the provider's sid ends sessions of that issuer only",
    async run({ store }) {
      const foreign = [{ issuer: "j", sid: "s" }, { issuer: "i", sid: "t" }, { issuer: "i" }, { sid: "s" }];
      const rows = await putAll(store, [{ issuer: "i", sid: "s" }, { issuer: "i", sid: "s" }, ...foreign]);
      await endsFirst(store, rows, 2, { issuer: "i", sid: "s" });
    },
  },
  {
    name: "issuer and sid are two values, however they are cut",
    async run({ store }) {
      const others = [
        { issuer: "ab", sid: "c" },
        { issuer: "abc", sid: "" },
        { issuer: "", sid: "abc" },
        { issuer: "a:", sid: "bc" },
      ];
      const rows = await putAll(store, [{ issuer: "a", sid: "bc" }, ...others]);
      await endsFirst(store, rows, 1, { issuer: "a", sid: "bc" });
    },
  },
  {
    name: "odd owners, issuers and sids are told apart",
    async run({ store }) {
      for (const odd of ODD_TEXTS) await putAll(store, [{ owner: odd }, { issuer: odd, sid: odd }]);
      for (const odd of ODD_TEXTS) {
        assert.equal((await store.end({ owner: odd }, "admin", START)).length, 1, JSON.stringify(odd));
        assert.equal((await store.end({ issuer: odd, sid: odd }, "admin", START)).length, 1, JSON.stringify(odd));
      }
    },
  },
  {
    name: "owners, issuers, sids and keys of a thousand characters are told apart by their last one",
    async run({ store }) {
      // Nothing repeats in it that a store could make shorter.
      const long = Array.from({ length: 999 }, (_, n) => String.fromCodePoint(33 + ((n * n * 31 + n * 7) % 90))).join("");
      const [one, other] = [`${long}1`, `${long}2`];
      await putAll(store, [{ owner: one }, { issuer: one, sid: one }]);
      assert.deepEqual(await store.end({ owner: other }, "admin", START), []);
      assert.equal((await store.end({ owner: one }, "admin", START)).length, 1);
      assert.deepEqual(await store.end({ issuer: one, sid: other }, "admin", START), []);
      assert.equal((await store.end({ issuer: one, sid: one }, "admin", START)).length, 1);
      assert.equal(await store.mark(one, START + 1, START), true);
      assert.equal(await store.mark(other, START + 1, START), true);
      assert.equal(await store.mark(one, START + 1, START), false);
    },
  },
  {
    name: "end follows a row to its new owner and sid",
    async run({ store }) {
      const [row] = await putAll(store, [{ owner: "a", issuer: "i", sid: "s" }]);
      assert.ok(row);
      assert.equal(await store.put({ ...row, owner: "b", sid: "t", version: 2 }, 1), true);
      assert.deepEqual(await store.end({ owner: "a" }, "admin", START), []);
      assert.deepEqual(await store.end({ issuer: "i", sid: "s" }, "admin", START), []);
      assert.deepEqual(await store.end({ issuer: "i", sid: "t" }, "admin", START), [row.id]);
    },
  },
  {
    name: "SE-12 nothing resurrects an ended session",
    async run({ handles, store, stored }) {
      const [row] = await putAll(store, [FULL]);
      assert.ok(row);
      await store.end({ id: row.id }, "logout", START + 1);
      const ended = await stored(row.id);
      for (const late of handles) {
        for (const version of [row.version, ended.version, ended.version + 1]) {
          assert.equal(await late.put({ ...row, version: version + 1 }, version), false);
        }
        assert.equal(await late.put(row, "absent"), false);
        assert.equal(await late.touch(row.id, START + HOUR), false);
      }
      assert.deepEqual(await stored(row.id), ended);
      assert.deepEqual(await store.list({ owner: "o" }, 10, START), []);
      assert.deepEqual(await store.list({ renewBefore: START + HOUR }, 10, START), []);
    },
  },
  {
    name: "SE-12 however writes and an ending race, the session is ended and stays so",
    async run({ store, handle, writers, stored }) {
      for (let round = 0; round < 8; round += 1) {
        const [row] = await putAll(store, [{ owner: "a", version: 1 }]);
        assert.ok(row);
        const write = async (n: number): Promise<unknown> => {
          if (n === writers >> 1) return handle(n).end(round % 2 ? { owner: "a" } : { id: row.id }, "logout", START);
          return n % 3 ? handle(n).put({ ...row, version: 2, owner: "a" }, 1) : handle(n).touch(row.id, START + n);
        };
        await Promise.all(Array.from({ length: writers }, (_, n) => write(n)));
        const { ended, body, owner } = await stored(row.id);
        assert.deepEqual({ ended, body, owner }, { ended: START, body: "", owner: null });
      }
    },
  },
  {
    name: "S-42 of many who end the same sessions each ending is told to one",
    async run({ store, handle, writers }) {
      const rows = await putAll(
        store,
        Array.from({ length: 5 }, () => ({ owner: "a" })),
      );
      const ends = Array.from({ length: writers }, async (_, n) => handle(n).end({ owner: "a" }, "elsewhere", START));
      const told = (await Promise.all(ends)).flat();
      assert.deepEqual(told.sort(), rows.map(({ id }) => id).sort());
    },
  },
];
