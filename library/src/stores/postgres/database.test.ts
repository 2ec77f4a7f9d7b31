import assert from "node:assert/strict";
import { test } from "node:test";
import { scriptedPool, withCode } from "../../../test-support/stores/scripted-pool.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { START, sampleRow } from "../../testing/store-suite/rows.ts";
import { type PostgresOptions, postgres } from "../postgres.ts";

const NOTHING = { rows: [], rowCount: 0 };

/** What a store that fails by these codes, one after another, comes to. */
async function failing(codes: readonly string[]) {
  const told: string[] = [];
  const pool = scriptedPool(async (_query, number) => {
    const code = codes[number];
    if (code !== undefined) throw withCode(code);
    return { rows: [["v"]], rowCount: 1 };
  });
  const store = postgres({ pool, onWarning: (message) => told.push(message) });
  const outcome = await Promise.resolve(store.marked("k", START)).catch((error: unknown) => error);
  return { outcome: outcome instanceof CoatcheckError ? outcome.code : outcome, asked: pool.asked, told };
}

test("SE-16 what PostgreSQL says is an outage, or for somebody to mend", async () => {
  for (const code of ["53300", "57P01", "57P02", "57P03", "57014", "08006", "08P01", "25006", "58030", "XX000", "ECONNREFUSED"])
    assert.equal((await failing([code])).outcome, "ERR_STORE_UNAVAILABLE", code);
  for (const code of ["22021", "23514", "42501", "42P01", "42703"])
    assert.equal((await failing([code])).outcome, "ERR_STORE_INVALID", code);
});

test("SE-12 what the server undid because of others is run again, three times at most", async () => {
  assert.equal((await failing(["40P01", "40001", "40001"])).outcome, "v");
  const four = await failing(["40001", "40001", "40001", "40001", "40001"]);
  assert.deepEqual([four.outcome, four.asked.length], ["ERR_STORE_UNAVAILABLE", 4]);
  assert.equal((await failing(["08006"])).asked.length, 1);
});

test("a prepared statement that the connection does not have turns names off for good, with one warning", async () => {
  for (const code of ["26000", "42P05"]) {
    const { outcome, asked, told } = await failing([code]);
    assert.deepEqual([outcome, asked.map(({ name }) => name?.split("_", 2).join("_"))], ["v", ["coatcheck_marked", undefined]]);
    assert.equal(told.length, 1);
    assert.match(told[0] ?? "", /about half the rate/);
  }
  assert.equal((await failing(["26000", "26000"])).outcome, "ERR_STORE_UNAVAILABLE", "without a name it is another fault");
});

test("F-12 a client that never answers is an outage, and so is one that throws at once", async () => {
  const silent = scriptedPool(() => new Promise(() => undefined));
  const store = postgres({ pool: silent, queryTimeout: 50 });
  await assert.rejects(async () => store.marked("k", START), { code: "ERR_STORE_UNAVAILABLE", message: /within 50 ms/ });
  assert.equal(silent.asked[0]?.query_timeout, 50);
  const rude = postgres({
    pool: {
      query() {
        throw new Error("Cannot use a pool after calling end on the pool");
      },
    },
  });
  await assert.rejects(async () => rude.marked("k", START), { code: "ERR_STORE_UNAVAILABLE" });
});

test("numbers are asked for as texts, statement by statement: the parsers of the process are the app's", async () => {
  const pool = scriptedPool(async () => NOTHING);
  await postgres({ pool }).get("x");
  assert.equal(pool.asked[0]?.types?.getTypeParser()("7"), "7");
});

test("texts that PostgreSQL cannot keep are refused before it sees them; a look-up finds none of them", async () => {
  const pool = scriptedPool(async () => NOTHING);
  const store = postgres({ pool });
  for (const odd of ["a\0b", "\ud800", "a\udc00"]) {
    const row = sampleRow({ owner: odd });
    const calls = [
      async () => store.put(row, "absent"),
      async () => store.put(row, 1),
      async () => store.end({ owner: odd }, "logout", START),
      async () => store.list({ owner: odd }, 1, START),
      async () => store.mark(odd, START, START),
      async () => store.mark("k", START, START, odd),
    ];
    for (const call of calls) await assert.rejects(call, { code: "ERR_STORE_INVALID", message: /NUL or half a character/ });
    assert.equal(await store.get(odd), undefined);
    assert.equal(await store.touch(odd, START), false);
  }
  assert.deepEqual(pool.asked, []);
});

test("F-58 options that mean nothing are refused, and those that do not exist", () => {
  const pool = { query: async () => NOTHING };
  const bad: readonly (readonly [options: object, message: RegExp])[] = [
    [{}, /takes a Pool of pg/],
    [{ pool: {} }, /takes a Pool of pg/],
    [{ pool, schema: "A" }, /small letters/],
    [{ pool, migrate: "yes" }, /migrate \}\) is true or false/],
    [{ pool, notify: 1 }, /notify \}\) is true or false/],
    [{ pool, listen: {} }, /listen \}\) takes a function/],
    [{ pool, onWarning: 7 }, /onWarning \}\) takes a function/],
    [{ pool, queryTimeout: 1 }, /queryTimeout is 1 ms; it can be from 50ms to 10m/],
    [{ pool, partitions: "day" }, /partitions \}\) is not built yet\. .* ten million expired sessions a day/],
    [{ pool, shema: "a" }, /shema is no option. Did you mean schema\?/],
  ];
  for (const [options, message] of bad)
    assert.throws(() => Reflect.apply(postgres, undefined, [options]), { name: "TypeError", message });
  const good: PostgresOptions = { pool, queryTimeout: "2s" };
  assert.equal(postgres(good).name, "postgres");
});
