/** The store suite: `get`, `put` and `touch`. */
import assert from "node:assert/strict";
import type { SessionRow } from "../../contracts.ts";
import { isKept } from "../../core/hot-rows.ts";
import type { Case, CaseContext } from "./case.ts";
import { Dice, HOUR, ODD_TEXTS, START, sampleRow } from "./rows.ts";

const LEASED = { owner: "o", issuer: "i", sid: "s", renewAt: START + 5, tokenExpires: START + 9, lease: "held" } as const;

async function incrementUntilStored({ handle }: CaseContext, id: string, writer: number): Promise<void> {
  const store = handle(writer);
  for (;;) {
    const row = await store.get(id);
    assert.ok(row);
    const next = { ...row, version: row.version + 1, body: String(Number(row.body) + 1) };
    if (await store.put(next, row.version)) return;
  }
}

/** `get`, `put` and `touch`. */
export const writeCases: readonly Case[] = [
  {
    name: "get answers undefined for what is not stored",
    async run({ store }) {
      for (const id of [sampleRow().id, ...ODD_TEXTS]) assert.equal(await store.get(id), undefined);
    },
  },
  {
    name: "put absent stores every column, and every handle reads it",
    async run({ handles, seed, rows }) {
      const dice = new Dice(seed);
      for (let n = 0; n < rows; n += 1) {
        const row = dice.row();
        assert.equal(await handles[0].put(row, "absent"), true);
        for (const store of handles) assert.deepEqual({ ...(await store.get(row.id)) }, row, `seed ${seed}, row ${n}`);
      }
    },
  },
  {
    name: "put by version stores every column",
    async run({ store, seed, rows, stored }) {
      const dice = new Dice(seed);
      for (let n = 0; n < rows; n += 1) {
        const first = { ...dice.row(), ended: null, reason: null };
        const second = { ...dice.row(), id: first.id };
        await store.put(first, "absent");
        assert.equal(await store.put(second, first.version), true);
        const expected = { ...second, seen: Math.max(first.seen, second.seen) };
        assert.deepEqual(await stored(first.id), expected, `seed ${seed}, row ${n}`);
      }
    },
  },
  {
    name: "a row that changed is another object; a store that caches rows returns the same one until then",
    async run({ store }) {
      const row = sampleRow();
      await store.put(row, "absent");
      // A row that is read once may not be worth caching.
      await store.get(row.id);
      const first = await store.get(row.id);
      assert.ok(first !== undefined);
      if (isKept(store.capabilities, first)) assert.equal(await store.get(row.id), first);
      const changes = [
        () => store.put({ ...row, version: row.version + 1, secretHash: "another", body: "other" }, row.version),
        () => store.touch(row.id, row.seen + 1),
        () => store.end({ id: row.id }, "logout", START),
      ];
      const handed: (SessionRow | undefined)[] = [first];
      for (const change of changes) {
        await change();
        const next = await store.get(row.id);
        assert.ok(!handed.includes(next));
        handed.push(next);
      }
    },
  },
  {
    name: "put absent is refused where a row is: live, expired or ended",
    async run({ store, stored }) {
      for (const change of [{}, { expires: START - HOUR }, { ended: START, reason: "logout", body: "" }] as const) {
        const row = sampleRow(change);
        assert.equal(await store.put(row, "absent"), true);
        assert.equal(await store.put({ ...row, body: "other", version: 9 }, "absent"), false);
        assert.deepEqual(await stored(row.id), row);
      }
    },
  },
  {
    name: "SE-12 put by version never inserts, and is refused for any other version",
    async run({ store, stored }) {
      const row = sampleRow({ version: 5 });
      assert.equal(await store.put(row, 5), false);
      assert.equal(await store.get(row.id), undefined);
      await store.put(row, "absent");
      for (const other of [0, 1, 4, 6, -5]) assert.equal(await store.put({ ...row, version: 6 }, other), false);
      assert.deepEqual(await stored(row.id), row);
      assert.equal(await store.put({ ...row, version: 6 }, 5), true);
      assert.equal((await stored(row.id)).version, 6);
    },
  },
  {
    name: "SE-12 of many writers of a new row one wins, and its row is stored",
    async run({ handle, writers, stored }) {
      const row = sampleRow();
      const puts = Array.from({ length: writers }, async (_, n) => handle(n).put({ ...row, body: String(n) }, "absent"));
      const winners = (await Promise.all(puts)).flatMap((won, n) => (won ? [String(n)] : []));
      assert.deepEqual(winners, [(await stored(row.id)).body]);
    },
  },
  {
    name: "SE-12 of many writers of one version one wins, and its row is stored",
    async run({ store, handle, writers, stored }) {
      const row = sampleRow();
      await store.put(row, "absent");
      const put = (n: number): SessionRow => ({ ...row, version: 2, body: String(n) });
      const puts = Array.from({ length: writers }, async (_, n) => handle(n).put(put(n), 1));
      const winners = (await Promise.all(puts)).flatMap((won, n) => (won ? [String(n)] : []));
      assert.deepEqual(winners, [(await stored(row.id)).body]);
    },
  },
  {
    name: "SE-12 no update is lost among many writers who read, change and try again",
    async run(context) {
      const row = sampleRow({ body: "0" });
      await context.store.put(row, "absent");
      await Promise.all(Array.from({ length: context.writers }, (_, n) => incrementUntilStored(context, row.id, n)));
      const { body, version } = await context.stored(row.id);
      assert.deepEqual({ body, version }, { body: String(context.writers), version: 1 + context.writers });
    },
  },
  {
    name: "S-22 touch writes seen alone, and raises no version",
    async run({ store, stored }) {
      const row = sampleRow(LEASED);
      await store.put(row, "absent");
      assert.equal(await store.touch(row.id, START + 7), true);
      assert.deepEqual(await stored(row.id), { ...row, seen: START + 7 });
    },
  },
  {
    name: "S-22 touch never moves seen back",
    async run({ store, handle, writers, stored }) {
      const row = sampleRow();
      await store.put(row, "absent");
      await Promise.all(Array.from({ length: writers }, async (_, n) => handle(n).touch(row.id, START + writers - n)));
      assert.equal(await store.touch(row.id, START - HOUR), true);
      assert.deepEqual(await stored(row.id), { ...row, seen: START + writers });
    },
  },
  {
    name: "touch answers false where no row is, and stores none",
    async run({ store }) {
      const { id } = sampleRow();
      assert.equal(await store.touch(id, START), false);
      assert.equal(await store.get(id), undefined);
    },
  },
  {
    name: "S-22 put by version keeps the later seen, so that it never undoes a touch",
    async run({ store, stored }) {
      const row = sampleRow();
      await store.put(row, "absent");
      await store.touch(row.id, START + 50);
      assert.equal(await store.put({ ...row, version: 2, body: "a" }, 1), true);
      assert.deepEqual(await stored(row.id), { ...row, version: 2, body: "a", seen: START + 50 });
      assert.equal(await store.put({ ...row, version: 3, seen: START + 60 }, 2), true);
      assert.equal((await stored(row.id)).seen, START + 60);
    },
  },
  {
    name: "a row that was handed out or taken in is not changed afterwards",
    async run({ store, stored }) {
      const given = { ...sampleRow({ owner: "o" }) };
      const { id } = given;
      await store.put(given, "absent");
      given.owner = "changed by the caller";
      const before = await store.get(id);
      assert.ok(before);
      const copy = { ...before };
      await store.touch(id, START + 5);
      await store.put({ ...copy, version: 2, body: "new" }, 1);
      await store.end({ id }, "admin", START + 6);
      assert.deepEqual({ ...before }, copy);
      assert.equal(before.owner, "o");
      assert.equal((await stored(id)).reason, "admin");
    },
  },
  {
    name: "S-16 get still answers with an expired row: the caller judges it",
    async run({ store, stored }) {
      const row = sampleRow({ created: START - HOUR, expires: START - 1 });
      await store.put(row, "absent");
      assert.deepEqual(await stored(row.id), row);
    },
  },
];
