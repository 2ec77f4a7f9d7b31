/** Settings of a move from one store to another, and what is wrong with two stores that are to be moved between. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Kind } from "../kinds/kind.ts";
import { secretText } from "../kinds/kinds.ts";
import { optional } from "../kinds/shape.ts";
import { formatStore, type KeepingSetting, store as kind, type StoreSetting } from "../kinds/store-kind.ts";
import type { Problem } from "../sources/place.ts";

/** What keeps sessions for more than one process. */
const target: Kind<KeepingSetting> = {
  label: "sqlite:PATH, postgres://… or redis://…",
  schema: { type: "string", pattern: "^(sqlite:|postgres(ql)?://|rediss?(\\+(cluster|sentinel))?://).+$" },
  read(raw, place) {
    const read = kind.read(raw, place);
    if (read?.kind !== "memory" && read?.kind !== "cookie") return read;
    return place.fail(`is ${read.kind}:, where no session can be moved to`, `Write ${this.label}.`);
  },
};

export const moveTo = optional(
  target,
  "The store that sessions are moved to, while `coatcheck move` moves them ([how](stores.md#moving-to-another-store)). Every replica has it from before the move until it is done.",
  { env: "COATCHECK_MOVE_TO" },
);

export const moveToPassword = optional(secretText, "The password of that store, in place of one in its address.", {
  env: "COATCHECK_MOVE_TO_PASSWORD",
  secret: true,
});

/** The stores of a configuration. */
export interface StoresSetting {
  readonly store: StoreSetting;
  readonly storePassword: string | undefined;
  readonly moveTo: KeepingSetting | undefined;
  readonly moveToPassword: string | undefined;
}

/** The same, of sessions that are in a store. */
export interface KeepingStores extends StoresSetting {
  readonly store: KeepingSetting;
}

/** Why sessions cannot be moved between the two. */
export function ofMove({ store, moveTo }: Pick<StoresSetting, "store" | "moveTo">): Problem[] {
  if (moveTo === undefined) return [];
  if (store.kind === "memory" || store.kind === "cookie") {
    const where =
      store.kind === "memory" ? "Sessions in the memory of a process end with it." : "Sessions in cookies are in no store.";
    const lines = [`${where} Take away moveTo (COATCHECK_MOVE_TO).`];
    return [{ headline: `store is ${store.kind}:, so nothing can be moved`, lines }];
  }
  if (placeOf(store) !== placeOf(moveTo)) return [];
  const lines = ["Name another file, schema, prefix or server as the one to move to (COATCHECK_MOVE_TO)."];
  return [{ headline: "store and moveTo are the same", lines }];
}

/** Where a store keeps its rows: the same for two addresses of one place, as far as addresses tell. */
function placeOf(setting: KeepingSetting): string {
  if (setting.kind === "sqlite") return `sqlite ${fileOf(setting.path)}`;
  if (setting.kind === "postgres") {
    const { host, port, database, schema } = setting;
    return JSON.stringify(["postgres", host, port, database, schema]);
  }
  if (setting.kind !== "redis") return setting.kind;
  const { form, servers, master, database, prefix = "cc" } = setting;
  const where = servers.map(({ host, port }) => `${host}:${port}`).toSorted();
  return JSON.stringify(["redis", form, where, master, database, prefix]);
}

/** The file itself, whichever way leads to it; of one that is not there yet, its folder. */
function fileOf(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    // Not there yet.
  }
  try {
    return join(realpathSync(dirname(whole)), basename(whole));
  } catch {
    return whole;
  }
}

/** The store as the summary shows it, and where its sessions are moved to. */
export function formatStores({ store, moveTo }: Pick<StoresSetting, "store" | "moveTo">): string {
  return moveTo === undefined ? formatStore(store) : `${formatStore(store)}, moved to ${formatStore(moveTo)}`;
}
