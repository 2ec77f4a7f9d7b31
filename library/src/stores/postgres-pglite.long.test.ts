/** The store over PGlite, a PostgreSQL inside of the process. Own process: it takes hundreds of megabytes. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import { freshSchema, quietStore } from "../../test-support/stores/postgres-schemas.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { playCase, storeCases } from "../testing/store-suite/store-suite.ts";
import type { PostgresPool } from "./postgres.ts";

let db: PGlite;
before(async () => {
  db = await PGlite.create();
});
after(() => db.close());

/** As docs/stores.md has it. */
const pool: PostgresPool = {
  async query({ text, values }) {
    if (values === undefined) return { rows: await db.exec(text).then(() => []), rowCount: null };
    const { rows, rowCount = null } = await db.query<unknown[]>(text, values, { rowMode: "array" });
    return { rows, rowCount };
  },
};

const options = {
  make() {
    const schema = freshSchema();
    return {
      store: quietStore({ pool, schema }),
      another: () => quietStore({ pool, schema }),
      async dispose() {
        await db.exec(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      },
    };
  },
  // No random text of these begins with a byte order mark.
  seed: 4,
  rows: 12,
};

/** It has a marker whose key does: see below. */
const NOT_KEPT = /a scan finds every row, live, ended or expired, and every marker/;

describe("store postgres by PGlite", () => {
  for (const one of storeCases.filter(({ name }) => !NOT_KEPT.test(name))) test(one.name, () => playCase(one, options));

  test("all but what has a byte order mark at the beginning of a text", async () => {
    const [one, another] = storeCases.filter(({ name }) => NOT_KEPT.test(name));
    assert.ok(one !== undefined && another === undefined);
    await assert.rejects(playCase(one, options), { code: "ERR_ASSERTION" });
  });
});

test("PGlite drops a byte order mark at the beginning of a text, as docs/stores.md says", async () => {
  const store = quietStore({ pool, schema: freshSchema() });
  const row = sampleRow({ sid: "\uFEFFsid", issuer: "issuer\uFEFF" });
  await store.put(row, "absent");
  assert.deepEqual({ ...(await store.get(row.id)) }, { ...row, sid: "sid" });
  await store.close();
});

test("what PGlite writes is there after it was opened again", async () => {
  const row = sampleRow({ owner: "o" });
  const store = quietStore({ pool });
  await store.put(row, "absent");
  await store.close();
  const copy = await PGlite.create({ loadDataDir: await db.dumpDataDir("none") });
  const { rows } = await copy.query("SELECT id FROM coatcheck.sessions");
  assert.deepEqual(rows, [{ id: row.id }]);
  await copy.close();
});
