/** The store suite: one-time markers. */
import assert from "node:assert/strict";
import type { Case } from "./case.ts";
import { HOUR, ODD_TEXTS, START, sampleRow } from "./rows.ts";

const UNTIL = START + HOUR;

/** `mark` and `marked`. */
export const markCases: readonly Case[] = [
  {
    name: "LO-10 a marker is set once: true for the first, false for the others",
    async run({ store, handles }) {
      assert.equal(await store.marked("k", START), undefined);
      assert.equal(await store.mark("k", UNTIL, START), true);
      for (const handle of handles) {
        assert.equal(await handle.mark("k", UNTIL, START), false);
        assert.equal(await handle.marked("k", START), "");
      }
      assert.equal(await store.marked("K", START), undefined);
    },
  },
  {
    name: "CB-02 of many callers that set a marker one is the first",
    async run({ handle, writers }) {
      const marks = Array.from({ length: writers }, async (_, n) => handle(n).mark("k", UNTIL, START, String(n)));
      assert.equal((await Promise.all(marks)).filter(Boolean).length, 1);
    },
  },
  {
    name: "a later call replaces the value and the end of a marker",
    async run({ store }) {
      await store.mark("k", UNTIL, START, "one");
      assert.equal(await store.marked("k", START), "one");
      assert.equal(await store.mark("k", UNTIL + HOUR, START, "two"), false);
      assert.equal(await store.marked("k", UNTIL), "two");
      assert.equal(await store.mark("k", START + 5, START), false);
      assert.equal(await store.marked("k", START + 4), "");
      assert.equal(await store.marked("k", START + 5), undefined);
    },
  },
  {
    name: "a marker is valid until its time; then the next call is the first again",
    async run({ store }) {
      await store.mark("k", UNTIL, START, "old");
      assert.equal(await store.marked("k", UNTIL - 1), "old");
      assert.equal(await store.marked("k", UNTIL), undefined);
      assert.equal(await store.mark("k", UNTIL + 1, UNTIL - 1, "still"), false);
      assert.equal(await store.mark("k", UNTIL + HOUR, UNTIL + 1, "new"), true);
      assert.equal(await store.marked("k", UNTIL + 1), "new");
    },
  },
  {
    name: "odd keys and values of markers are distinguished, and from sessions too",
    async run({ store }) {
      const row = sampleRow();
      await store.put(row, "absent");
      for (const odd of [...ODD_TEXTS, row.id]) assert.equal(await store.mark(odd, UNTIL, START, `v${odd}`), true, odd);
      for (const odd of [...ODD_TEXTS, row.id]) assert.equal(await store.marked(odd, START), `v${odd}`);
      assert.deepEqual({ ...(await store.get(row.id)) }, row);
      await store.end({ id: row.id }, "logout", START);
      assert.equal(await store.marked(row.id, START), `v${row.id}`);
    },
  },
];
