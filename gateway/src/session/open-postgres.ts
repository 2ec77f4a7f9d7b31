/** Opens a store in PostgreSQL with a pool of the gateway's own. Loaded only where one is configured. */
import { readFileSync } from "node:fs";
import { checkServerIdentity } from "node:tls";
import { CoatcheckError, type SessionStore } from "coatcheck";
import { postgres } from "coatcheck/postgres";
import { omitUndefined } from "coatcheck/settings";
import pg from "pg";
import type { PostgresSetting } from "../config/kinds/postgres-address.ts";
import type { OpenServer } from "./place/open-server.ts";

/** How long a connection may take to be made, or to become free, in milliseconds. */
const CONNECT = 3_000;

/**
 * Opens the store, and resolves when it stands. A server that does not answer is waited for by the requests, not by the
 * start: it is told as a warning, unless it must answer. Closing the store closes the pool.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` for what an operator has to mend; `ERR_STORE_UNAVAILABLE` if it must
 * answer.
 */
export async function openPostgres(
  setting: PostgresSetting,
  { password, onWarning, mustAnswer }: OpenServer,
): Promise<SessionStore> {
  const { listen, schema, migrate, connections, cache: staleness } = setting;
  const current = (): string | undefined => password() ?? setting.password;
  const config: pg.ClientConfig = {
    host: setting.host,
    port: setting.port,
    database: setting.database,
    user: setting.user,
    ssl: tlsOf(setting),
    application_name: "coatcheck-gateway",
    connectionTimeoutMillis: CONNECT,
    keepAlive: true,
    // Without one at the start `pg` looks for it where libpq does.
    ...omitUndefined({ password: current() === undefined ? undefined : () => current() ?? "" }),
  };
  const pool = new pg.Pool({ ...config, max: connections });
  // A connection that is lost while nobody uses it: the next call opens another, and says so if it cannot.
  pool.on("error", () => undefined);
  const store = postgres({
    pool,
    schema,
    migrate,
    onWarning,
    ...omitUndefined({
      cache: staleness === undefined ? undefined : { staleness },
      listen: listen && (() => new pg.Client({ ...config, ...listen })),
    }),
  });
  const { close } = store;
  const opened = Object.assign(store, {
    async close() {
      await close.call(store);
      if (!pool.ended) await pool.end();
    },
  });
  try {
    await store.marked("start", Date.now());
  } catch (error) {
    if (mustAnswer || !(error instanceof CoatcheckError) || error.code !== "ERR_STORE_UNAVAILABLE") {
      await opened.close();
      throw error;
    }
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    onWarning(`PostgreSQL does not answer yet: ${why}. Requests that look users up are 503 until it does.`);
  }
  return opened;
}

function tlsOf({ tls, rootCertificate, host }: PostgresSetting): pg.ClientConfig["ssl"] {
  if (tls === "disable") return false;
  const ca = rootCertificate === undefined ? undefined : readCertificate(rootCertificate);
  // `verify-ca` asks who signed the certificate, and not whose name is in it.
  const named = tls === "verify-ca" ? () => undefined : checkServerIdentity;
  return { rejectUnauthorized: tls !== "no-verify", host, checkServerIdentity: named, ...omitUndefined({ ca }) };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const message = `The file ${path}, which sslrootcert of the store names, cannot be read.`;
    throw new CoatcheckError("ERR_STORE_INVALID", { message, cause });
  }
}
