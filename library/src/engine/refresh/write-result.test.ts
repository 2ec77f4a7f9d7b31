/** What comes of a refresh whose write meets others, or a store that was away. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { SECRET } from "../../../test-support/origin.ts";
import type { SessionRow, SessionStore } from "../../contracts.ts";
import { parseBody, serializeBody } from "../../core/record.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { type Change, retryUntilStored, type Written, writeWithLease } from "./write-result.ts";

const OLD = randomBytes(32).toString("base64url");
const keyring = createKeyring([SECRET, OLD]);
const older = createKeyring(OLD);
const announce = (): void => undefined;
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
  readonly kind: Written["kind"];
  /** When it is written again after a failure. */
  readonly again?: Written["kind"];
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
    assert.equal((await writeWithLease(held, change, { store, keyring })).kind, kind);
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
    const settled = retryUntilStored(
      held,
      change,
      { store: troubled, clock, announce, entropy, keyring },
      new AbortController().signal,
    );
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
  const options = { store, keyring, clock: manualClock(), announce, entropy: { bytes: (size: number) => new Uint8Array(size) } };
  assert.equal(await retryUntilStored({ row: sampleRow(), lease: LEASE }, change, options, closing.signal), null);
  assert.equal(asked, 1);
});

test("F-46 what another request wrote into the body meanwhile stays beside what a refresh writes", async () => {
  const store = memory();
  const row = sampleRow({ lease: LEASE, body: JSON.stringify({ format: 1, tokens: "old" }) });
  await store.put(row, "absent");
  await store.put(next(row, { body: JSON.stringify({ format: 1, tokens: "old", data: { basket: 1 } }) }), row.version);
  const over: Change = (fresh, body) => next(fresh, { lease: null, body: serializeBody({ ...body, tokens: "new" }) });
  assert.equal((await writeWithLease({ row, lease: LEASE }, over, { store, keyring })).kind, "stored");
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
    assert.equal(
      (await writeWithLease({ row, lease: LEASE, hasNewTokens: true }, change, { store, keyring })).kind,
      kind,
      meanwhile,
    );
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
      { store, clock, announce, entropy, keyring },
      new AbortController().signal,
    );
    assert.equal(settled?.kind, "ended");
    assert.deepEqual(
      slept,
      [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000].map((pause) => pause * part),
    );
  });
}

/** A store whose writes take effect and are not acknowledged, as often as `fails` says. */
function unconfirmed(real: SessionStore, fails: number) {
  const asked: string[] = [];
  const confirm = <T>(call: string, answer: T): T => {
    asked.push(call);
    if (asked.length <= fails) throw new Error("no replica has it in time");
    return answer;
  };
  const store = overStore(real, {
    put: async (given, condition) => confirm("put", await real.put(given, condition)),
    end: async (target, reason, now) => confirm("end", await real.end(target, reason, now)),
  });
  return { store, asked };
}

async function retried(over: Change, fails: number) {
  const clock = manualClock();
  const real = memory();
  const row = sampleRow({ lease: LEASE, body: holding("old") });
  await real.put(row, "absent");
  const { store, asked } = unconfirmed(real, fails);
  const holder = { row, lease: LEASE, hasNewTokens: true };
  await assert.rejects(writeWithLease(holder, over, { store, keyring }), /no replica/);
  const entropy = { bytes: (size: number) => new Uint8Array(size) };
  const settled = retryUntilStored(holder, over, { store, clock, announce, entropy, keyring }, new AbortController().signal);
  for (let tries = 0; tries < 200 && asked.length <= fails; tries += 1) {
    clock.advance(50);
    await turns(5);
  }
  return { committed: await settled, asked, stored: await real.get(row.id) };
}

test("SE-12 a result that is read back counts once it was written again: no failover takes it then", async () => {
  const { committed, asked, stored } = await retried(change, 3);
  assert.deepEqual(asked, ["put", "put", "put", "put"]);
  assert.ok(committed?.kind === "stored");
  assert.deepEqual({ ...stored }, { ...committed.row });
  assert.deepEqual([stored?.lease, stored?.body], [null, holding("new")]);
});

test("SE-12 an ending by a refusal that is read back counts once an end was acknowledged", async () => {
  const ending: Change = (row) => ({
    ...next(row, { ended: row.created, reason: "provider", lease: null }),
    body: holding("old"),
  });
  const { committed, asked, stored } = await retried(ending, 3);
  assert.deepEqual(asked, ["put", "end", "end", "end"]);
  assert.equal(committed?.kind, "ended");
  assert.equal(stored?.reason, "provider");
});

test("SE-12 an ending of another reason that is read back is theirs to confirm", async () => {
  const real = memory();
  const row = sampleRow({ lease: LEASE, body: holding("old") });
  await real.put(row, "absent");
  await real.end({ id: row.id }, "logout", row.created);
  const { store, asked } = unconfirmed(real, 0);
  const ending: Change = (fresh) => next(fresh, { ended: fresh.created, reason: "provider" });
  const entropy = { bytes: (size: number) => new Uint8Array(size) };
  const closing = new AbortController();
  closing.abort();
  const committed = await retryUntilStored(
    { row, lease: LEASE },
    ending,
    { store, clock: manualClock(), announce, entropy, keyring },
    closing.signal,
  );
  assert.deepEqual([committed?.kind, asked], ["ended", []]);
});

test("RF-03 an ending by a refusal whose lease was taken over is dropped: whoever holds it asks again", async () => {
  const store = memory();
  const row = sampleRow({ lease: LEASE, body: holding("old") });
  await store.put(row, "absent");
  await store.put(next(row, { lease: "theirs.1000.first" }), row.version);
  const ending: Change = (fresh) => next(fresh, { ended: fresh.created, reason: "provider", lease: null, body: "" });
  const entropy = { bytes: (size: number) => new Uint8Array(size) };
  const closing = new AbortController();
  closing.abort();
  const options = { store, clock: manualClock(), announce, entropy, keyring };
  assert.equal((await retryUntilStored({ row, lease: LEASE }, ending, options, closing.signal))?.kind, "superseded");
  assert.equal((await store.get(row.id))?.ended, null);
});
