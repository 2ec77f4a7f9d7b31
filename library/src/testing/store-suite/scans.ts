/** The store suite: `scan`, and what a store needs besides to be moved to another one. */
import assert from "node:assert/strict";
import type { Marker, SessionRow, SessionStore } from "../../contracts.ts";
import type { Case, CaseContext } from "./case.ts";
import { Dice, emptiedRow, HOUR, ODD_TEXTS, START, sampleRow } from "./rows.ts";
import { Stage, stored } from "./stage.ts";

type Scan = NonNullable<SessionStore["scan"]>;

/** More pages than any store needs. */
const MOST_PAGES = 5_000;
const LIMIT = 10;

/** A case for stores that have it. `scan` asks one handle after another. */
function scans(name: string, run: (scan: Scan, context: CaseContext) => Promise<void>): Case {
  return {
    name,
    async run(context) {
      if (context.store.scan === undefined) return;
      let asked = 0;
      const scan: Scan = async (position, limit) => {
        const page = await context.handle(asked++).scan?.(position, limit);
        assert.ok(page, "every handle of a store that has scan has it");
        return page;
      };
      await run(scan, context);
    },
  };
}

interface Found {
  readonly rows: ReadonlyMap<string, SessionRow>;
  readonly markers: ReadonlyMap<string, Marker>;
  readonly pages: number;
}

/** Scans to the end. `between` is called before each page but the first. */
async function scanAll(scan: Scan, between: (page: number) => Promise<void> = async () => {}): Promise<Found> {
  const rows = new Map<string, SessionRow>();
  const markers = new Map<string, Marker>();
  let position: string | null = null;
  for (let pages = 1; ; pages++) {
    assert.ok(pages <= MOST_PAGES, "a scan that does not end");
    const page = await scan(position, LIMIT);
    for (const row of page.rows) rows.set(row.id, { ...row });
    for (const { key, until, value } of page.markers) markers.set(key, { key, until, value });
    if (page.next === null) return { rows, markers, pages };
    position = page.next;
    await between(pages);
  }
}

/** Rows that do not expire together: live, ended and expired ones. */
async function fill(context: CaseContext, count: number): Promise<readonly SessionRow[]> {
  const filled: SessionRow[] = [];
  for (let n = 0; n < count; n++) {
    const expires = START + HOUR + n * 90_000;
    const row = sampleRow(n % 5 === 0 ? { created: START - HOUR, expires: START - n } : { expires, owner: `o${n % 3}` });
    assert.equal(await context.handle(n).put(row, "absent"), true);
    if (n % 7 !== 1) filled.push(row);
    else {
      await context.handle(n).end({ id: row.id }, "logout", START);
      filled.push(emptiedRow(row, "logout", START));
    }
  }
  return filled;
}

/** `scan`, of stores that have it. */
export const scanCases: readonly Case[] = [
  scans("a scan of nothing finds nothing", async (scan) => {
    const { rows, markers } = await scanAll(scan);
    assert.deepEqual([rows.size, markers.size], [0, 0]);
  }),
  scans("a scan finds every row, live, ended or expired, and every marker, page by page", async (scan, context) => {
    const filled = await fill(context, 60);
    const marked = ODD_TEXTS.map((key, n) => ({ key, until: n % 5 === 0 ? START - 1 : START + HOUR + n, value: `v${key}` }));
    for (const { key, until, value } of marked) await context.store.mark(key, until, START - HOUR, value);
    const found = await scanAll(scan);
    assert.deepEqual(found.rows, new Map(filled.map((row) => [row.id, row])));
    assert.deepEqual(found.markers, new Map(marked.map((marker) => [marker.key, marker])));
    assert.ok(found.pages > 2, `${found.pages} pages`);
  }),
  scans("a scan gives rows of any shape as get does", async (scan, context) => {
    const dice = new Dice(context.seed);
    const drawn = Array.from({ length: context.rows }, () => dice.row());
    for (const row of drawn) await context.store.put(row, "absent");
    const { rows } = await scanAll(scan);
    assert.equal(rows.size, drawn.length, `seed ${context.seed}`);
    for (const row of drawn) assert.deepEqual(rows.get(row.id), row, `seed ${context.seed}`);
  }),
  scans("a scan misses nothing that stands throughout, whatever is written meanwhile", async (scan, context) => {
    const { handle, store } = context;
    const filled = await fill(context, 100);
    for (let n = 0; n < 40; n++) await store.mark(`k${n}`, START + HOUR, START);
    const live = filled.filter(({ ended, expires }) => ended === null && expires > START);
    const { rows, markers } = await scanAll(scan, async (page) => {
      const { id, version, body } = live[page % live.length] ?? sampleRow();
      await handle(page).touch(id, START + page);
      const now = await store.get(id);
      if (page % 3 === 0) await handle(page).end({ id }, "admin", START);
      else if (now?.ended === null) await store.put({ ...now, version: version + page + 1, body: `${body} ` }, now.version);
      if (page <= 50) for (let n = 0; n < 5; n++) await stored(handle(n), { expires: START + HOUR + n * page * 1_000 });
      if (page <= 50) await store.mark(`new ${page}`, START + HOUR, START);
    });
    for (const { id } of filled) assert.ok(rows.has(id), id);
    for (let n = 0; n < 40; n++) assert.ok(markers.has(`k${n}`), `k${n}`);
  }),
  {
    name: "SE-12 a row that is put as ended for no reason is kept so, has ended, and is not told",
    async run({ store, handle }) {
      // A store that moves others has such rows of its own.
      if (store.scan === undefined) return;
      const row = await stored(store, { owner: "o", issuer: "i", sid: "s", renewAt: START, seen: START });
      await handle(1).touch(row.id, START + 5);
      const stage = store.watch === undefined ? undefined : new Stage(store);
      const ear = stage?.listen();
      const gone = { ...row, version: 7, lease: "a", ended: START + 1, reason: null, body: "gone" };
      assert.equal(await handle(1).put(gone, row.version), true);
      assert.deepEqual({ ...(await store.get(row.id)) }, { ...gone, seen: START + 5 });
      assert.equal(await store.put({ ...row, version: 8 }, 7), false);
      assert.equal(await store.touch(row.id, START + 9), false);
      assert.deepEqual(await store.end({ owner: "o" }, "admin", START), []);
      assert.deepEqual(await store.end({ id: row.id }, "admin", START), []);
      assert.deepEqual(await store.list({ owner: "o" }, 9, START), []);
      if (stage === undefined || ear === undefined) return;
      await stage.fence(ear, store);
      ear.stop();
      stage.judge();
    },
  },
];
