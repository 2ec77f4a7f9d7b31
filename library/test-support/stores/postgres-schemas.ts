/** Stores on schemas of their own, on one server that all tests of a file share. */
import type { SessionStore } from "../../src/contracts.ts";
import { type PostgresOptions, type PostgresPool, postgres } from "../../src/stores/postgres.ts";
import type { StoreUnderTest } from "../../src/testing/store-suite/case.ts";
import type { PostgresServer } from "./postgres-server.ts";

/** What a store is opened with; its pool and its schema are told. */
type StoreOptions = Omit<PostgresOptions, "pool" | "schema">;

/** A pool that its test has to end. */
interface EndingPool extends PostgresPool {
  end(): Promise<void>;
}

/** How the pools of a suite's two handles are made, by default straight to the server. */
interface SuiteOptions {
  readonly pool?: () => EndingPool;
  readonly store?: StoreOptions;
}

let schemas = 0;
/** A name that no other test has. */
export const freshSchema = (): string => `test_${process.pid}_${++schemas}`;

/** A store that warns nobody: the server of the tests keeps nothing through a power failure. */
export const quietStore = (options: PostgresOptions): SessionStore => postgres({ onWarning: () => undefined, ...options });

/** What {@link storeSuite} is given: two handles with a pool each, both ready. */
export async function onSchema(server: PostgresServer, options: SuiteOptions = {}): Promise<StoreUnderTest> {
  const { pool = () => server.pool(), store: given = { listen: () => server.client() } } = options;
  const schema = freshSchema();
  const pools: EndingPool[] = [];
  const open = async () => {
    const own = pool();
    pools.push(own);
    const store = quietStore({ pool: own, schema, ...given });
    // The first call waits until tables and push stand.
    await store.marked("opened", 0);
    return store;
  };
  return {
    store: await open(),
    another: open,
    async dispose() {
      await Promise.all(pools.map((own) => own.end()));
      await server.sql(`DROP SCHEMA ${schema} CASCADE`);
    },
  };
}
