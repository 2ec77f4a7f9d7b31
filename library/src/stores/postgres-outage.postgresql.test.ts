import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { turns, until } from "../../test-support/event-loop.ts";
import { freshSchema, quietStore } from "../../test-support/stores/postgres-schemas.ts";
import { connectionTo, type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import type { SessionStore } from "../contracts.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

const OUTAGE = { code: "ERR_STORE_UNAVAILABLE", status: 503 } as const;

const callsOf = (store: SessionStore, id: string): readonly (() => Promise<unknown>)[] => [
  async () => store.get(id),
  async () => store.put(sampleRow(), "absent"),
  async () => store.put(sampleRow({ id, version: 2 }), 1),
  async () => store.touch(id, START),
  async () => store.end({ owner: "o" }, "logout", START),
  async () => store.list({ owner: "o" }, 1, START),
  async () => store.mark("k", START + HOUR, START),
  async () => store.marked("k", START),
  async () => store.sweep(10, START),
];

/** Asks until there is an answer. */
async function answers(store: SessionStore): Promise<void> {
  for (;;) {
    try {
      await store.marked("k", START);
      return;
    } catch {
      await turns();
    }
  }
}

/** A schema with its tables, which take longer to make than the limit of the store that is tested. */
async function madeSchema(): Promise<string> {
  const schema = freshSchema();
  const store = quietStore({ pool: server.pool(), schema });
  await store.get("x");
  await store.close();
  return schema;
}

/** Connects until the server takes it. */
async function connects(): Promise<void> {
  for (;;) {
    const client = server.client();
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await turns();
    }
  }
}

/** The process that carries out a statement of the store, once it waits for a lock. */
async function waitingProcess(schema: string): Promise<number> {
  for (;;) {
    const [row] = await server.sql(
      "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'",
      [schema],
    );
    if (typeof row?.[0] === "number") return row[0];
  }
}

/** A transaction of somebody else's that holds the row until it is let go. */
async function holding(schema: string, id: string) {
  const holder = server.client();
  holder.on("error", () => undefined);
  await holder.connect();
  await holder.query("BEGIN");
  await holder.query(`SELECT 1 FROM ${schema}.sessions WHERE id = $1 FOR UPDATE`, [id]);
  return holder;
}

test("SE-16 a connection of the pool that is cut while nobody uses it does not end the process", async () => {
  // As an app makes it, without a listener of its own.
  const pool = new pg.Pool(connectionTo(server.folder));
  const store = quietStore({ pool, schema: freshSchema() });
  const again = quietStore({ pool, schema: freshSchema() });
  await store.marked("k", START);
  await again.marked("k", START);
  assert.equal(pool.listenerCount("error"), 1);
  const removed = new Promise<void>((resolve) => pool.once("remove", () => resolve()));
  await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'idle'", []);
  await removed;
  await answers(store);
  await store.close();
  await pool.end();
});

test("S-05, SE-16 a stopped server is an outage in every call; the store goes on when it is back", async () => {
  const schema = freshSchema();
  const store = quietStore({ pool: server.pool(), schema, listen: () => server.client() });
  const row = sampleRow({ owner: "o" });
  await store.put(row, "absent");
  await server.stop();
  for (const call of callsOf(store, row.id)) await assert.rejects(call, OUTAGE);
  // One that starts meanwhile.
  const late = quietStore({ pool: server.pool(), schema });
  await assert.rejects(async () => late.get(row.id), OUTAGE);
  await server.start();
  await answers(store);
  for (const each of [store, late]) assert.deepEqual({ ...(await each.get(row.id)) }, row);
  assert.equal(await store.put({ ...row, version: 2 }, 1), true);
  await Promise.all([store.close(), late.close()]);
});

test("SE-16 a process of the server that is killed amid a statement undoes it, and the store goes on", async () => {
  const schema = freshSchema();
  const store = quietStore({ pool: server.pool(), schema });
  const row = sampleRow({ owner: "o" });
  await store.put(row, "absent");
  const holder = await holding(schema, row.id);
  const cut = new Promise<void>((resolve) => holder.once("end", () => resolve()));
  const ending = assert.rejects(async () => store.end({ owner: "o" }, "logout", START), OUTAGE);
  process.kill(await waitingProcess(schema), "SIGKILL");
  await ending;
  // The server ends all its processes over it, and takes no connection until it has recovered.
  await cut;
  await connects();
  await answers(store);
  assert.deepEqual({ ...(await store.get(row.id)) }, row);
  assert.deepEqual(await store.end({ owner: "o" }, "logout", START), [row.id]);
  await store.close();
});

test("SE-16 a connection that an operator ends is an outage of its statement alone", async () => {
  const schema = freshSchema();
  const store = quietStore({ pool: server.pool(), schema });
  const [row, other] = [sampleRow(), sampleRow()];
  for (const each of [row, other]) await store.put(each, "absent");
  const holder = await holding(schema, row.id);
  const put = assert.rejects(async () => store.put({ ...row, version: 2 }, 1), OUTAGE);
  const pid = await waitingProcess(schema);
  assert.equal(await store.put({ ...other, version: 2 }, 1), true);
  await server.sql("SELECT pg_terminate_backend($1)", [pid]);
  await put;
  await holder.query("ROLLBACK");
  await holder.end();
  assert.equal(await store.put({ ...row, version: 2 }, 1), true);
  await store.close();
});

test("F-12 a statement that waits for too long is an outage, and frees its place", async () => {
  const schema = await madeSchema();
  const store = quietStore({ pool: server.pool({ max: 2 }), schema, queryTimeout: 200 });
  await answers(store);
  const row = sampleRow();
  await store.put(row, "absent");
  const holder = await holding(schema, row.id);
  const late = { ...OUTAGE, message: "PostgreSQL did not answer within 200 ms." };
  await Promise.all([0, 1, 2, 3].map(() => assert.rejects(async () => store.touch(row.id, START + 1), late)));
  await assert.rejects(async () => store.put({ ...row, version: 2 }, 1), late);
  // Reads wait for nobody, nor do writes of other rows.
  assert.deepEqual({ ...(await store.get(row.id)) }, row);
  assert.equal(await store.put(sampleRow(), "absent"), true);
  await holder.query("ROLLBACK");
  await holder.end();
  // The outcome of a write that nobody waited for is unknown: here the server still carries it out.
  let version = 1;
  while (version === 1) version = (await store.get(row.id))?.version ?? 0;
  assert.equal(await store.put({ ...row, version: 3 }, 2), true);
  await store.close();
});

test("SE-16 a pool without a free connection is an outage, for waiting look-ups too", async () => {
  const pool = server.pool({ max: 1 });
  const store = quietStore({ pool, schema: await madeSchema(), queryTimeout: 200 });
  await answers(store);
  const taken = await pool.connect();
  const ids = Array.from({ length: 2_000 }, (_, n) => `id${n}`);
  await Promise.all(ids.map((id) => assert.rejects(async () => store.get(id), OUTAGE)));
  taken.release();
  await answers(store);
  assert.equal(await store.get("x"), undefined);
  await store.close();
});

test("SE-16 too many connections to the server are an outage", async () => {
  const schema = freshSchema();
  await server.sql(`CREATE ROLE ${schema} LOGIN CONNECTION LIMIT 0`);
  const store = quietStore({ pool: server.pool({ user: schema }), schema });
  await assert.rejects(
    async () => store.get("x"),
    (error: Error) => {
      assert.ok(error.cause instanceof Error);
      return "code" in error.cause && error.cause.code === "53300" && "code" in error && error.code === OUTAGE.code;
    },
  );
  await store.close();
});

test("a gap is told when the listening connection was cut, and endings are heard again", async () => {
  const schema = freshSchema();
  const store = quietStore({ pool: server.pool(), schema, listen: () => server.client() });
  const row = sampleRow();
  await store.put(row, "absent");
  const told: string[] = [];
  let gaps = 0;
  assert.ok(store.watch);
  const stop = store.watch(
    ({ id, reason }) => told.push(`${id} ${reason}`),
    () => (gaps += 1),
  );
  const cut = await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' || $1 || '%'", [
    schema,
  ]);
  assert.deepEqual(cut, [[true]]);
  await until(() => gaps === 1);
  await store.end({ id: row.id }, "logout", START);
  await until(() => told.length === 1);
  assert.deepEqual(told, [`${row.id} logout`]);
  stop();
  await store.close();
});

test("without a connection to listen on a store says so; with notify: false it tells nobody of its endings", async () => {
  const schema = freshSchema();
  const silent = quietStore({ pool: server.pool(), schema, notify: false });
  assert.equal(silent.watch, undefined);
  assert.equal(silent.capabilities.watch, false);
  const listener = quietStore({ pool: server.pool(), schema, listen: () => server.client() });
  const rows = [sampleRow({ owner: "o" }), sampleRow(), sampleRow()] as const;
  for (const row of rows) await listener.put(row, "absent");
  const told: string[] = [];
  const stop = listener.watch?.(({ id }) => told.push(id));
  await silent.end({ owner: "o" }, "logout", START);
  const ended = { ...rows[1], version: 2, ended: START, reason: "admin", body: "" } as const;
  assert.equal(await silent.put(ended, 1), true);
  await listener.end({ id: rows[2].id }, "logout", START);
  await until(() => told.length > 0);
  assert.deepEqual(told, [rows[2].id]);
  stop?.();
  await Promise.all([silent.close(), listener.close()]);
});

test("stores of different options share one connection, and each statement is its own", async () => {
  const schema = freshSchema();
  const pool = server.pool({ max: 1 });
  const rows = [sampleRow({ owner: "o" }), sampleRow({ owner: "o" })] as const;
  for (const [index, notify] of [true, false].entries()) {
    const store = quietStore({ pool, schema, notify });
    const row = rows[index === 0 ? 0 : 1];
    assert.equal(await store.put(row, "absent"), true);
    assert.deepEqual(await store.end({ id: row.id }, "logout", START), [row.id]);
    await store.close();
  }
});

test("the pool is the app's: closing the store leaves it open, and ends the connection that listened", async () => {
  const schema = freshSchema();
  const pool = server.pool();
  const store = quietStore({ pool, schema, listen: () => server.client() });
  await store.get("x");
  await store.close();
  await store.close();
  assert.deepEqual((await pool.query("SELECT 1 AS one")).rows, [{ one: 1 }]);
  const listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' || $1 || '%'";
  assert.deepEqual(await server.sql(listening, [schema]), [["0"]]);
});
