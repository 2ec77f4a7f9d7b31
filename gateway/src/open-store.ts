import type { SessionStore } from "coatcheck";
import { memory } from "coatcheck/memory";
import { sqlite } from "coatcheck/sqlite";
import type { StoreSetting } from "./config/store-kind.ts";

/** Opens the configured store. Throws a `CoatcheckError` that says what is wrong with it and what to do. */
export function openStore(setting: StoreSetting): SessionStore {
  return setting.kind === "memory" ? memory() : sqlite(setting.path);
}
