/** The store over PGlite, a PostgreSQL inside of the process. Own process: it takes hundreds of megabytes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import { freshSchema, quietStore } from "../../test-support/stores/postgres-schemas.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { storeSuite } from "../testing/store-suite/store-suite.ts";
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

storeSuite("postgres by PGlite", {
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
  // Without a text that begins with a byte order mark: see below.
  seed: 4,
  rows: 12,
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
