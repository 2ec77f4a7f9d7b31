import assert from "node:assert/strict";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { scriptedPool, withCode } from "../../../test-support/stores/scripted-pool.ts";
import type { SessionRow, SessionStore } from "../../contracts.ts";
import { START, sampleRow } from "../../testing/store-suite/rows.ts";
import { postgres } from "../postgres.ts";
import type { PostgresQuery, PostgresResult } from "./client.ts";
import { cellsOf, rowOf } from "./rows.ts";

/** The ids that a look-up asks for. */
const idsOf = ({ values = [] }: PostgresQuery): readonly unknown[] => (Array.isArray(values[0]) ? values[0] : [values[0]]);

const named = (query: PostgresQuery): string => query.name?.split("_")[1] ?? "";

/** A store on rows that the test has, whose answers it may hold back. */
async function ofRows(
  rows: readonly SessionRow[],
  answered: (query: PostgresQuery, answer: PostgresResult) => Promise<PostgresResult>,
) {
  const pool = scriptedPool((query) => {
    const found = rows.filter(({ id }) => idsOf(query).includes(id));
    return answered(query, { rows: found.map(cellsOf), rowCount: found.length });
  });
  const store: SessionStore = postgres({ pool });
  await store.get("started");
  pool.asked.length = 0;
  return { pool, store };
}

test("look-ups of one turn are one statement, the same id once; one that is alone is a plain one", async () => {
  const [a, b] = [sampleRow(), sampleRow()];
  const { pool, store } = await ofRows([a, b], async (_query, answer) => answer);
  const found = await Promise.all([store.get(a.id), store.get(b.id), store.get("none"), store.get(a.id)]);
  assert.deepEqual(found, [a, b, undefined, a]);
  assert.deepEqual(await store.get(b.id), b);
  assert.deepEqual(
    pool.asked.map((query) => [named(query), idsOf(query)]),
    [
      ["getAll", [a.id, b.id, "none"]],
      ["get", [b.id]],
    ],
  );
});

test("a statement has at most 256 ids, four are under way, and the rest follows when one has answered", async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const { pool, store } = await ofRows([], async (query, answer) => {
    if (named(query) === "get") return answer;
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    return answer;
  });
  const ids = Array.from({ length: 1_300 }, (_, n) => `id${n}`);
  const found = Promise.all(ids.map((id) => store.get(id)));
  await turns(3);
  assert.deepEqual(
    pool.asked.map((query) => idsOf(query).length),
    [256, 256, 256, 256],
  );
  const late = Promise.all([store.get("late"), store.get("later")]);
  await turns(3);
  assert.equal(pool.asked.length, 4);
  gates[2]?.resolve();
  await turns(3);
  assert.deepEqual(pool.asked.map((query) => idsOf(query).length).slice(4), [256]);
  for (const gate of gates) gate.resolve();
  await turns(3);
  for (const gate of gates) gate.resolve();
  assert.equal((await found).length, 1_300);
  await late;
  assert.deepEqual(pool.asked.flatMap(idsOf), [...ids, "late", "later"]);
});

test("S-05 a look-up that fails fails for all who waited for it; the next is asked again", async () => {
  let fails = true;
  const row = sampleRow();
  const { store } = await ofRows([row], async (_query, answer) => {
    if (fails && answer.rowCount === 1) throw withCode("57P01");
    return answer;
  });
  const waiting = [store.get(row.id), store.get("other"), store.get(row.id)];
  for (const one of waiting) await assert.rejects(async () => one, { code: "ERR_STORE_UNAVAILABLE" });
  fails = false;
  assert.deepEqual(await store.get(row.id), row);
});

test("a row that this release cannot read is unavailable to who asks for it, and to nobody else", async () => {
  const [good, odd] = [sampleRow(), sampleRow()];
  const { store } = await ofRows([good, odd], async (_query, { rows, rowCount }) => ({
    rows: rows.map((cells) => (cells[0] === odd.id ? cells.with(5, "robot") : cells)),
    rowCount,
  }));
  const [first, second] = [store.get(odd.id), store.get(good.id)];
  await assert.rejects(async () => first, { code: "ERR_RECORD_FORMAT" });
  assert.deepEqual(await second, good);
});

test("cells are read as each client hands them out, and nothing else is", () => {
  const row = sampleRow({ version: 2 ** 53 - 1, ended: START, reason: "admin", owner: "o" });
  const cells = cellsOf(row);
  assert.deepEqual({ ...rowOf(cells.map((cell) => (typeof cell === "number" ? String(cell) : cell))) }, row);
  assert.deepEqual({ ...rowOf(cells.map((cell) => (typeof cell === "number" ? BigInt(cell) : cell))) }, row);
  for (const [at, cell] of [
    [0, null],
    [0, 7],
    [4, "9007199254740993"],
    [4, null],
    [4, "x"],
    [6, 7],
    [15, "x"],
    [16, "bored"],
  ] as const)
    assert.throws(() => rowOf(cells.with(at, cell)), { code: "ERR_RECORD_FORMAT" }, `${at} ${cell}`);
});

test("S-22 touches are gathered: the latest of each session, by one statement; one alone is a plain one", async () => {
  const rows = [sampleRow(), sampleRow()] as const;
  const { pool, store } = await ofRows(rows, async (_query, answer) => answer);
  const touches = [store.touch(rows[0].id, 5), store.touch("none", 1), store.touch(rows[1].id, 2), store.touch(rows[0].id, 3)];
  assert.deepEqual(await Promise.all(touches), [true, false, true, true]);
  assert.equal(await store.touch(rows[1].id, 9), true);
  assert.deepEqual(
    pool.asked.map((query) => [named(query), query.values]),
    [
      [
        "touchAll",
        [
          [rows[0].id, "none", rows[1].id],
          [5, 1, 2],
        ],
      ],
      ["touch", [rows[1].id, 9]],
    ],
  );
});

test("a touch that fails fails for those who were gathered with it, once; closing writes what is gathered", async () => {
  const row = sampleRow();
  const { pool, store } = await ofRows([row], async (query, answer) => {
    if (idsOf(query).includes("bad")) throw withCode("57P01");
    return answer;
  });
  const failing = [store.touch(row.id, 1), store.touch("bad", 1)];
  for (const one of failing) await assert.rejects(async () => one, { code: "ERR_STORE_UNAVAILABLE" });
  assert.equal(pool.asked.length, 1);
  const last = store.touch(row.id, 2);
  await store.close();
  assert.equal(await last, true);
  await assert.rejects(async () => store.touch(row.id, 3), { code: "ERR_STORE_UNAVAILABLE" });
});

test("hundreds of touches go out at once, without the wait", async () => {
  const { pool, store } = await ofRows([], async (_query, answer) => answer);
  const touches = Array.from({ length: 256 }, (_, n) => store.touch(`id${n}`, n));
  await turns(1);
  assert.deepEqual(
    pool.asked.map((query) => idsOf(query).length),
    [256],
  );
  assert.equal((await Promise.all(touches)).length, 256);
});
