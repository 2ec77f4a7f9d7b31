/** Each store that a gateway can have, opened as it is configured, on a server of the test's own. */
import assert from "node:assert/strict";
import type { SessionStore } from "coatcheck";
import { startPostgresProcess, TEST_USER } from "../../tools/suite/postgres-server.ts";
import { startRedis } from "../../tools/suite/redis-server.ts";
import type { TemporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { store as kind } from "../src/config/kinds/store-kind.ts";
import { openStore } from "../src/session/open-store.ts";
import { readKind } from "./read-kind.ts";

/** What it is started with: servers end with `open`, files lie in `folder`. */
export interface StoreGround {
  readonly open: AsyncDisposableStack;
  readonly folder: TemporaryFolder;
}

type Setting = Parameters<typeof openStore>[0];
const isSetting = (value: unknown): value is Setting => "kind" in Object(value);

/** The address of PostgreSQL on a socket in this folder. */
export const postgresAddress = (folder: string): string =>
  `postgres://${TEST_USER.user}@localhost/${TEST_USER.database}?host=${encodeURIComponent(folder)}`;

/** By the names that people read. */
export const EVERY_STORE: readonly (readonly [name: string, address: (ground: StoreGround) => Promise<string>])[] = [
  ["memory", async () => "memory:"],
  ["SQLite", async ({ folder }) => `sqlite:${folder.file("every-store.db")}`],
  ["PostgreSQL", async ({ open }) => postgresAddress(open.use(await startPostgresProcess()).folder)],
  ["Redis", async ({ open }) => `redis://127.0.0.1:${open.use(await startRedis()).port}`],
];

/** Opens the store at an address, as a gateway does. */
export async function storeAt(address: string): Promise<SessionStore> {
  const setting = readKind(kind, address);
  assert.ok(isSetting(setting), String(setting));
  return openStore(setting, { onWarning: () => undefined });
}
