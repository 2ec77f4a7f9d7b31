/** Cases of the store suite: versions. */
import assert from "node:assert/strict";
import type { Case } from "./case.ts";
import { emptiedRow, START, sampleRow } from "./rows.ts";

const GREATEST = Number.MAX_SAFE_INTEGER;

/** Versions are whole numbers of up to 53 bits, which a store compares and does not count. */
export const versionCases: readonly Case[] = [
  {
    name: "SE-12 a put may raise the version by any step, and the next one asks for just that version",
    async run({ store, handle, stored }) {
      const row = sampleRow();
      await store.put(row, "absent");
      let version = row.version;
      for (const [n, step] of [1, 2 ** 20, 65_537, 2 ** 32, 3, 2 ** 45].entries()) {
        const next = { ...row, version: version + step, body: String(n) };
        assert.equal(await handle(n).put({ ...next, body: "late" }, version + 1), false);
        assert.equal(await handle(n).put(next, version), true);
        assert.equal(await handle(n).put({ ...next, body: "again" }, version), false);
        assert.deepEqual(await stored(row.id), next);
        version = next.version;
      }
    },
  },
  {
    name: "SE-12 versions up to 2^53 - 1 are told apart, and ending raises one to just that",
    async run({ store, stored }) {
      const row = sampleRow({ version: GREATEST - 3, owner: "o" });
      await store.put(row, "absent");
      for (const other of [GREATEST - 4, GREATEST - 2, GREATEST - 1]) {
        assert.equal(await store.put({ ...row, version: GREATEST, body: "late" }, other), false);
      }
      const next = { ...row, version: GREATEST - 2, body: "next" };
      assert.equal(await store.put(next, GREATEST - 3), true);
      const last = { ...row, version: GREATEST - 1, body: "last" };
      assert.equal(await store.put({ ...last, body: "late" }, GREATEST - 3), false);
      assert.equal(await store.put(last, GREATEST - 2), true);
      assert.deepEqual(await stored(row.id), last);
      assert.deepEqual(await store.end({ id: row.id }, "logout", START), [row.id]);
      assert.deepEqual(await stored(row.id), emptiedRow(last, "logout", START));
      assert.equal((await stored(row.id)).version, GREATEST);
    },
  },
  {
    name: "SE-12 an ending on condition takes any step, and the greatest version",
    async run({ store, stored }) {
      for (const [from, to] of [
        [1, 2 ** 20],
        [GREATEST - 1, GREATEST],
      ] as const) {
        const row = sampleRow({ version: from });
        await store.put(row, "absent");
        const ended = { ...emptiedRow(row, "replaced", START), version: to };
        assert.equal(await store.put(ended, from), true);
        assert.deepEqual(await stored(row.id), ended);
        assert.equal(await store.put({ ...row, version: to }, to), false);
      }
    },
  },
];
