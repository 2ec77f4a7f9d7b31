/** What comes of a refresh whose write meets others, or a store that was away. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { SECRET } from "../../../test-support/origin.ts";
import type { SessionRow } from "../../contracts.ts";
import { parseBody, serializeBody } from "../../core/record.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { type Change, type Committed, commit, retryUntilStored } from "./write-result.ts";

const OLD = randomBytes(32).toString("base64url");
const keyring = createKeyring([SECRET, OLD]);
const older = createKeyring(OLD);
const LEASE = "ours.1000.first";
const holding = (tokens: string): string => JSON.stringify({ format: 1, tokens });
/** As a refresh does: new tokens, and the lease is given back. */
const change: Change = (row) => ({ ...row, version: row.version + 1, lease: null, body: holding("new") });
const next = (row: SessionRow, changes: Partial<SessionRow>): SessionRow => ({ ...row, version: row.version + 1, ...changes });

interface Case {
  readonly what: string;
  /** What another wrote since the lease was taken. */
  readonly since: (row: SessionRow) => SessionRow | null;
  readonly hasNewTokens?: boolean;
  readonly kind: Committed["kind"];
  /** When it is written again after a failure. */
  readonly again?: Committed["kind"];
}

const CASES: readonly Case[] = [
  { what: "nothing was written", since: (row) => row, kind: "stored" },
  { what: "another column was written", since: (row) => next(row, { seen: row.seen + 1 }), kind: "stored" },
  { what: "the row is gone", since: () => null, kind: "ended" },
  { what: "the session ended", since: (row) => next(row, { ended: row.created, reason: "logout", body: "" }), kind: "ended" },
  { what: "the lease is another's", since: (row) => next(row, { lease: "theirs.1000.first" }), kind: "superseded" },
  {
    what: "the lease is another's, which knows of new tokens",
    since: (row) => next(row, { lease: "theirs.1000.first" }),
    hasNewTokens: true,
    kind: "superseded",
  },
  {
    what: "the lease was given back with nothing in hand",
    since: (row) => next(row, { lease: null }),
    hasNewTokens: true,
    kind: "stored",
  },
  { what: "the same, and there is nothing new to write", since: (row) => next(row, { lease: null }), kind: "superseded" },
  {
    what: "another has written other tokens",
    since: (row) => next(row, { lease: null, body: holding("theirs") }),
    hasNewTokens: true,
    kind: "superseded",
  },
  {
    what: "ours was written, and its answer lost",
    since: (row) => next(row, { lease: null, body: holding("new") }),
    hasNewTokens: true,
    kind: "superseded",
    again: "stored",
  },
];

for (const { what, since, hasNewTokens = false, kind, again = kind } of CASES) {
  const prepare = async () => {
    const clock = manualClock();
    const store = memory();
    const row = sampleRow({ lease: LEASE, body: holding("old") });
    await store.put(row, "absent");
    const after = since(row);
    const there = overStore(store, { ...(after === null ? { get: () => undefined, put: () => false } : {}) });
    if (after !== null && after !== row) assert.equal(await store.put(after, row.version), true);
    return { clock, store: there, held: { row, lease: LEASE, hasNewTokens } };
  };

  test(`F-46 a refresh is written while it is wanted: ${what}`, async () => {
    const { store, held } = await prepare();
    assert.equal((await commit(held, change, { store, keyring })).kind, kind);
    const row = await store.get(held.row.id);
    if (kind === "stored") assert.deepEqual([row?.lease, row?.body], [null, holding("new")]);
  });

  test(`F-46 a refresh is offered until the store answers: ${what}`, async () => {
    const { clock, store, held } = await prepare();
    let failures = 0;
    const troubled = overStore(store, {
      get: (id) => {
        if (failures++ < 3) throw new Error("the store is away");
        return store.get(id);
      },
    });
    const entropy = { bytes: (size: number) => new Uint8Array(size) };
    const settled = retryUntilStored(held, change, { store: troubled, clock, entropy, keyring }, new AbortController().signal);
    let waited = 0;
    for (; failures < 4; waited += 5) {
      clock.advance(5);
      await turns(5);
    }
    assert.equal((await settled)?.kind, again);
    assert.equal(waited, 25 + 50 + 100 + 200, "half of 50 ms by this chance, then twice as long each time");
  });
}

test("F-46 at the end of the process it is offered once more, and given up", async () => {
  const closing = new AbortController();
  closing.abort();
  let asked = 0;
  const store = overStore(memory(), {
    get: () => {
      asked += 1;
      throw new Error("the store is away");
    },
  });
  const options = { store, keyring, clock: manualClock(), entropy: { bytes: (size: number) => new Uint8Array(size) } };
  assert.equal(await retryUntilStored({ row: sampleRow(), lease: LEASE }, change, options, closing.signal), null);
  assert.equal(asked, 1);
});

test("F-46 what another request wrote into the body meanwhile stays beside what a refresh writes", async () => {
  const store = memory();
  const row = sampleRow({ lease: LEASE, body: JSON.stringify({ format: 1, tokens: "old" }) });
  await store.put(row, "absent");
  await store.put(next(row, { body: JSON.stringify({ format: 1, tokens: "old", data: { basket: 1 } }) }), row.version);
  const over: Change = (fresh, body) => next(fresh, { lease: null, body: serializeBody({ ...body, tokens: "new" }) });
  assert.equal((await commit({ row, lease: LEASE }, over, { store, keyring })).kind, "stored");
  const stored = await store.get(row.id);
  assert.ok(stored);
  const { tokens, data } = parseBody(stored);
  assert.deepEqual([stored.lease, tokens, data], [null, "new", { basket: 1 }]);
});

test("CR-08 RF-04 an edit that sealed the same tokens anew does not make a late result obsolete", async () => {
  const sealed = (by: typeof keyring, tokens: string): string => holding(by.seal("tokens", tokens, "late"));
  const row = sampleRow({ id: "late", lease: LEASE, body: sealed(older, "old") });
  for (const [meanwhile, kind] of [
    ["old", "stored"],
    ["theirs", "superseded"],
  ] as const) {
    const store = memory();
    await store.put(row, "absent");
    await store.put(next(row, { lease: null, body: sealed(keyring, meanwhile) }), row.version);
    assert.equal((await commit({ row, lease: LEASE, hasNewTokens: true }, change, { store, keyring })).kind, kind, meanwhile);
  }
});

for (const [name, byte, part] of [
  ["half of it at the least", 0, 0.5],
  ["three quarters in the middle", 0x80, 0.75],
] as const) {
  test(`F-46 a result is offered after pauses that double from 50 ms to five seconds, by chance ${name}`, async () => {
    const slept: number[] = [];
    const clock = { ...manualClock(), sleep: async (ms: number) => void slept.push(ms) };
    const row = sampleRow({ lease: LEASE, body: holding("old") });
    const store = overStore(memory(), {
      get: () => {
        if (slept.length < 10) throw new Error("the store is away");
        return undefined;
      },
    });
    const entropy = { bytes: () => Uint8Array.of(byte, 0) };
    const settled = await retryUntilStored(
      { row, lease: LEASE },
      change,
      { store, clock, entropy, keyring },
      new AbortController().signal,
    );
    assert.equal(settled?.kind, "ended");
    assert.deepEqual(
      slept,
      [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000].map((pause) => pause * part),
    );
  });
}
