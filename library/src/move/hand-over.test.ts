/** What comes between the steps of handing a session over, one thing at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionRow, SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { handOver } from "./hand-over.ts";
import { moveSessions } from "./mover.ts";
import { moving } from "./moving-store.ts";

const clock = { now: () => START };
const FULL = { owner: "o", issuer: "i", sid: "s", lease: "held", renewAt: START + 5, tokenExpires: START + 9 } as const;

/** The session is handed over, and this happens when its copy has been written and was not read back yet. */
async function meanwhile(happens: (from: SessionStore, to: SessionStore, row: SessionRow) => unknown) {
  const [from, to] = [memory(), memory()];
  const row = sampleRow({ ...FULL, version: 7 });
  await from.put(row, "absent");
  const interrupted = overStore(to, {
    async put(copy, condition) {
      const written = await to.put(copy, condition);
      if (condition === "absent" && copy.ended === null) await happens(from, to, row);
      return written;
    },
  });
  const left = await handOver({ from, to: interrupted, clock }, row.id);
  return { row, left, before: await from.get(row.id), after: await to.get(row.id) };
}

test("SE-12 a session is handed over with all that it had, its lease too, and leaves no more than a note", async () => {
  const { row, before, after } = await meanwhile(() => undefined);
  assert.deepEqual({ ...after }, row);
  assert.deepEqual([before?.ended, before?.reason, before?.owner, before?.lease], [START, null, null, null]);
});

test("S-44 a copy that ends by its user before the session is handed over ends the session", async () => {
  const { left, before, after } = await meanwhile((_, to) => to.end({ owner: "o" }, "elsewhere", START));
  assert.deepEqual([left?.reason, before?.reason, after?.reason], ["elsewhere", "elsewhere", "elsewhere"]);
});

test("S-42 a session that ends after it was copied ends its copy too, at a later version", async () => {
  const { row, left, after } = await meanwhile((from, _, { id }) => from.end({ id }, "logout", START));
  assert.deepEqual([left?.reason, after?.reason, after?.owner], ["logout", "logout", null]);
  assert.ok(Number(after?.version) > row.version);
});

test("S-42 an ended session replaces a copy that another process changed, at a later version still", async () => {
  const version = 2 ** 40;
  const { after } = await meanwhile(async (from, to, row) => {
    await to.put({ ...row, version }, row.version);
    await from.end({ id: row.id }, "logout", START);
  });
  assert.deepEqual([after?.reason, Number(after?.version) > version], ["logout", true]);
});

/** Both stores after a move of nothing, a process that has both, and what it is to be told by the new one alone. */
async function done() {
  const [from, to] = [memory(), memory()];
  assert.equal((await moveSessions({ from, to, clock, alone: true })).outcome, "done");
  return { from, to, store: moving({ from, to, clock }) };
}

test("CB-02 when the move is done, a marker of a process with the new store alone counts for the others", async () => {
  const { to, store } = await done();
  await to.mark("k", START + HOUR, START, "new");
  assert.equal(await store.marked("k", START), "new");
  assert.equal(await store.mark("k", START + HOUR, START), false);
  await store.close();
});

test("CB-02 of two who set a marker at once the first in the old store is the first in the new one too", async () => {
  const { from, to, store } = await done();
  const late = overStore(to, {
    async mark(key, until, now, value) {
      // The other one asks between the two calls of the first.
      if (key === "k") assert.equal(await store.mark("k", until, now), false);
      return to.mark(key, until, now, value);
    },
  });
  const first = moving({ from, to: late, clock });
  assert.equal(await first.mark("k", START + HOUR, START), true);
  assert.equal(await to.marked("k", START), "");
  await first.close();
  await store.close();
});

test("CB-02 a marker that was set before the move is set after it, by a process with the new store alone", async () => {
  const [from, to] = [memory(), memory()];
  await from.mark("k", START + HOUR, START, "one");
  await from.mark("over", START - 1, START - HOUR, "two");
  const { outcome, moved, proof } = await moveSessions({ from, to, clock, alone: true });
  assert.deepEqual([outcome, moved, proof.markers], ["done", 1, 1]);
  assert.deepEqual([await to.marked("k", START), await to.marked("over", START - HOUR)], ["one", undefined]);
  assert.equal(await to.mark("k", START + HOUR, START), false);
});

/** What the stores say while a move is under way. */
async function begun(from: SessionStore, to: SessionStore): Promise<void> {
  await from.mark("move:began", START + HOUR, START, "name");
  await to.mark("move:into:name", START + HOUR, START);
}

test("S-44 a copy of a session that has ended is in no list", async () => {
  let listed: readonly SessionRow[] | undefined;
  await meanwhile(async (from, to, { id }) => {
    await begun(from, to);
    const store = moving({ from, to, clock });
    assert.deepEqual(
      (await store.list({ owner: "o" }, 9, START)).map((row) => row.lease),
      ["held"],
    );
    await from.end({ id }, "logout", START);
    listed = await store.list({ owner: "o" }, 9, START);
  });
  assert.deepEqual(listed, []);
});

test("SE-12 a touch whose process ended before it went along is found by the comparison", async () => {
  const [from, to] = [memory(), memory()];
  const row = sampleRow(FULL);
  await from.put(row, "absent");
  const dying = overStore(to, {
    async put(copy, condition) {
      await from.touch(row.id, START + 5);
      return to.put(copy, condition);
    },
    touch: () => false,
  });
  await begun(from, to);
  await handOver({ from, to: dying, clock }, row.id);
  assert.equal((await to.get(row.id))?.seen, START);
  assert.equal((await moveSessions({ from, to, clock })).outcome, "done");
  assert.equal((await to.get(row.id))?.seen, START + 5);
});
