/** The suite's cases of `scan` catch stores that would lose something in a move. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndReason, Marker, ScanPage, SessionRow, SessionStore } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../over-store.ts";
import type { StoreUnderTest } from "./case.ts";
import { START } from "./rows.ts";
import { scanCases } from "./scans.ts";
import { playCase } from "./store-suite.ts";

type Change = (store: SessionStore) => Partial<SessionStore>;
type Scan = NonNullable<SessionStore["scan"]>;

/** A right store that can be looked through, with what is wrong in it. */
function over(change: Change = () => ({})): StoreUnderTest {
  const store = memory();
  const scan: Scan = (position, limit) => store.scan?.(position, limit) ?? { rows: [], markers: [], next: null };
  return { store: overStore(store, { scan, ...change(store) }) };
}

/** Spoils the pages of a scan. */
const pages =
  (spoil: (page: ScanPage, limit: number) => ScanPage): Change =>
  (store) => ({
    async scan(position, limit) {
      const page = await store.scan?.(position, limit);
      assert.ok(page);
      return spoil(page, limit);
    },
  });

/** Scans that a move would lose something by, and endings that it would tell of. */
const SCANS: { readonly [mistake: string]: Change } = {
  "scans live rows alone": pages((page) => ({ ...page, rows: page.rows.filter(({ ended }) => ended === null) })),
  "scans what has not expired": pages((page) => ({ ...page, rows: page.rows.filter(({ expires }) => expires > START) })),
  "scans no markers": pages((page) => ({ ...page, markers: [] })),
  "scans markers without their values": pages((page) => ({
    ...page,
    markers: page.markers.map((one) => ({ ...one, value: "" })),
  })),
  "scans no more rows of a page than asked for": pages((page, limit) => ({ ...page, rows: page.rows.slice(0, limit) })),
  "scans one page": pages((page) => ({ ...page, next: null })),
  "gives no page an end": (store) => ({
    async scan(_, limit) {
      const rows: SessionRow[] = [];
      const markers: Marker[] = [];
      for (let position: string | null = null; ; ) {
        const page: ScanPage | undefined = await store.scan?.(position, limit);
        rows.push(...(page?.rows ?? []));
        markers.push(...(page?.markers ?? []));
        position = page?.next ?? null;
        if (position === null) return { rows, markers, next: null };
      }
    },
  }),
  "reads texts without what follows a line": pages((page) => ({
    ...page,
    rows: page.rows.map((row) => ({ ...row, owner: row.owner?.split("\n")[0] ?? null })),
  })),
};

for (const [mistake, change] of Object.entries(SCANS)) {
  test(`the suite catches a store that ${mistake}`, async () => {
    const scans = scanCases;
    const played = await Promise.allSettled(scans.map((one) => playCase(one, { make: () => over(change) })));
    assert.ok(played.some(({ status }) => status === "rejected"));
  });
}

test("SE-12 the suite catches a store that tells of an ending without a reason", async () => {
  const listeners = new Set<(ended: { readonly id: string; readonly reason: EndReason }) => void>();
  const change: Change = (store) => ({
    async put(row, condition) {
      const written = await store.put(row, condition);
      if (written && row.ended !== null) for (const tell of listeners) tell({ id: row.id, reason: row.reason ?? "admin" });
      return written;
    },
    watch(listener, gap) {
      listeners.add(listener);
      return store.watch?.(listener, gap) ?? (() => undefined);
    },
  });
  const [one] = scanCases.filter(({ name }) => name.startsWith("SE-12"));
  assert.ok(one);
  await playCase(one, { make: () => over() });
  await assert.rejects(playCase(one, { make: () => over(change) }), /told of sessions that had not ended so/);
});
