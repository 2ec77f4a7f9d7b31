/** The store suite: `sweep`. */
import assert from "node:assert/strict";
import type { SessionRow, SessionStore, Survey } from "../../contracts.ts";
import type { Case, CaseContext } from "./case.ts";
import { HOUR, START, sampleRow } from "./rows.ts";

const NOW = START + HOUR;
const EXPIRED = { created: START - HOUR, expires: NOW - 1 } as const;
/** What must outlive every sweep: live, on the very edge, idle for long, and ended but not yet past its end. */
const STAYS: readonly Partial<SessionRow>[] = [
  {},
  { expires: NOW },
  { expires: NOW + 1, owner: "o", issuer: "i", sid: "s", renewAt: START - HOUR },
  { seen: START - 400 * HOUR, created: START - 400 * HOUR },
  { ended: START, reason: "logout", body: "" },
  { previousHash: "p".repeat(43), previousUntil: NOW - 5 },
];

async function fill(store: SessionStore, expired: number): Promise<readonly SessionRow[]> {
  const ended = { ended: START, reason: "logout", body: "" } as const;
  for (let n = 0; n < expired; n += 1) {
    await store.put(sampleRow(n % 3 ? { ...EXPIRED, owner: "o", issuer: "i", sid: "s" } : { ...EXPIRED, ...ended }), "absent");
    await store.mark(`gone ${n}`, NOW - 1, START);
  }
  const stays = STAYS.map((change) => sampleRow(change));
  for (const row of stays) await store.put(row, "absent");
  for (const until of [NOW, NOW + 1, NOW + 100 * HOUR]) await store.mark(`stays ${until}`, until, START, "value");
  return stays;
}

/** A store that frees by itself what has expired, when it likes, need not delete it when it is told to. */
const freesLater = (store: SessionStore): boolean => store.capabilities.expires === true;

/** Holds the count of deletions to what had expired; of a store that frees by itself it may be less. */
function deletes(store: SessionStore, deleted: number, expired: number): void {
  if (freesLater(store)) assert.ok(deleted <= expired, `${deleted} of ${expired}`);
  else assert.equal(deleted, expired);
}

async function nothingLost({ store }: CaseContext, stays: readonly SessionRow[]): Promise<void> {
  for (const row of stays) assert.deepEqual({ ...(await store.get(row.id)) }, row);
  for (const until of [NOW, NOW + 1, NOW + 100 * HOUR]) assert.equal(await store.marked(`stays ${until}`, until - 1), "value");
}

/** `sweep`. */
export const sweepCases: readonly Case[] = [
  {
    name: "SE-17 S-50 sweep deletes all that expired, in batches no larger than asked for",
    async run({ store }) {
      const gone: SessionRow[] = Array.from({ length: 20 }, () => sampleRow(EXPIRED));
      for (const row of gone) await store.put(row, "absent");
      for (let n = 0; n < 10; n += 1) await store.mark(`m${n}`, NOW - 1, START);
      const batches: number[] = [];
      for (;;) {
        const deleted = await store.sweep(7, NOW);
        assert.ok(deleted <= 7);
        if (deleted === 0) break;
        batches.push(deleted);
      }
      deletes(
        store,
        batches.reduce((sum, n) => sum + n, 0),
        30,
      );
      if (freesLater(store)) return;
      for (const { id } of gone) assert.equal(await store.get(id), undefined);
      for (let n = 0; n < 10; n += 1) assert.equal(await store.marked(`m${n}`, START), undefined);
    },
  },
  {
    name: "SE-17 S-51 sweep never deletes a live row, one in its grace, an ended one before its time, or a marker that is valid",
    async run(context) {
      const { store } = context;
      const stays = await fill(store, 12);
      deletes(store, await store.sweep(1_000, NOW), 24);
      assert.equal(await store.sweep(1_000, NOW), 0);
      await nothingLost(context, stays);
      // Before they expired all of the owner's would be listed, had they not been deleted.
      const listed = await store.list({ owner: "o" }, 10, freesLater(store) ? NOW : START);
      assert.deepEqual(
        listed.map(({ id }) => id),
        [stays[2]?.id],
      );
    },
  },
  {
    name: "SE-17 several may sweep at once: each deletion is counted once, nothing that lives is lost",
    async run(context) {
      const stays = await fill(context.store, 60);
      const sweepAll = async (handle: SessionStore): Promise<number> => {
        for (let total = 0; ; ) {
          const deleted = await handle.sweep(5, NOW);
          if (deleted === 0) return total;
          total += deleted;
        }
      };
      const totals = await Promise.all(Array.from({ length: 4 }, (_, n) => sweepAll(context.handle(n))));
      deletes(
        context.store,
        totals.reduce((sum, n) => sum + n, 0),
        120,
      );
      await nothingLost(context, stays);
    },
  },
  {
    name: "S-66 S-51 a survey deletes rows that were not seen since, no leased ones, and counts the others",
    async run({ store, stored }) {
      // Only stores that can.
      if (store.survey === undefined) return;
      const idle = Array.from({ length: 9 }, (_, n) => sampleRow({ seen: START - HOUR, expires: NOW + n * 90_000, owner: "o" }));
      const leased = sampleRow({ seen: START - HOUR, expires: NOW + HOUR, lease: "held" });
      const seen = Array.from({ length: 10 }, (_, n) => sampleRow({ seen: START, expires: NOW + 1 + n * 90_000 }));
      const live = [...seen, leased];
      const ended = { seen: START - HOUR, expires: NOW + HOUR, ended: START, reason: "logout", body: "" } as const;
      const dead = [sampleRow(ended), sampleRow(ended), sampleRow({ seen: START, expires: NOW - 1 })];
      for (const row of [...idle, ...live, ...dead]) await store.put(row, "absent");
      for (const [deleted, calls] of [
        [9, 2],
        [0, 2],
      ] as const) {
        const sum = { deleted: 0, live: 0, dead: 0 };
        let parts = 0;
        for (let from: number | null = 0; from !== null; parts++) {
          const part: Survey = await store.survey(from, 4, NOW, START - 1);
          sum.deleted += part.deleted;
          sum.live += part.live;
          sum.dead += part.dead;
          from = part.next;
        }
        assert.deepEqual(sum, { deleted, live: 11, dead: 3 });
        assert.ok(parts >= calls, String(parts));
      }
      for (const { id } of idle) assert.equal(await store.get(id), undefined);
      for (const row of [...live, ...dead]) assert.deepEqual(await stored(row.id), row);
      assert.deepEqual(await store.list({ owner: "o" }, 10, START), []);
    },
  },
  {
    name: "a swept id is free again, and a swept owner has nothing to end",
    async run({ store, stored }) {
      const row = sampleRow({ ...EXPIRED, owner: "o", issuer: "i", sid: "s", renewAt: START });
      await store.put(row, "absent");
      const deleted = await store.sweep(10, NOW);
      deletes(store, deleted, 1);
      if (deleted === 0) return;
      assert.deepEqual(await store.end({ owner: "o" }, "admin", NOW), []);
      assert.deepEqual(await store.end({ issuer: "i", sid: "s" }, "admin", NOW), []);
      assert.equal(await store.put(row, 1), false);
      assert.equal(await store.touch(row.id, NOW), false);
      assert.equal(await store.put(row, "absent"), true);
      assert.deepEqual(await stored(row.id), row);
    },
  },
];
