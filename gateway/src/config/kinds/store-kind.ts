/** The kind of the setting `store`. */
import type { Kind } from "./kind.ts";
import { shown } from "./kinds.ts";
import { formatPostgres, isPostgresAddress, type PostgresSetting, readPostgresAddress } from "./postgres-address.ts";
import { formatRedis, isRedisAddress, type RedisSetting, readRedisAddress } from "./redis-address.ts";

/** The session store that is configured. */
export type StoreSetting =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  | PostgresSetting
  | RedisSetting;

const LATER = /^(cookie|cookie\+[a-z+]+):/;

/** Addresses of databases may hold passwords, so messages show the scheme alone. */
export const store: Kind<StoreSetting> = {
  label: "sqlite:PATH, postgres://…, redis://… or memory:",
  schema: { type: "string", pattern: "^(memory:|sqlite:.+|postgres(ql)?://.+|rediss?(\\+(cluster|sentinel))?://.+)$" },
  read(raw, place) {
    if (raw === "memory:") return { kind: "memory" };
    if (typeof raw === "string" && raw.startsWith("sqlite:") && raw.length > 7) return { kind: "sqlite", path: raw.slice(7) };
    if (isPostgresAddress(raw)) return readPostgresAddress(raw, place);
    if (isRedisAddress(raw)) return readRedisAddress(raw, place);
    const later = typeof raw === "string" ? LATER.exec(raw)?.[1] : undefined;
    const right =
      "Use sqlite:PATH, which several processes on one machine can share, postgres://… or redis://… for several machines, or memory: for trying things out.";
    if (later !== undefined) return place.fail(`is a ${later}: store, which is not offered in this version`, right);
    return place.fail(`is ${shown(String(raw).replace(/:\/\/.*$/, "://..."))}, which is no store`, right);
  },
};

/** A store as the summary shows it. */
export function formatStore(setting: StoreSetting): string {
  if (setting.kind === "postgres") return formatPostgres(setting);
  if (setting.kind === "redis") return formatRedis(setting);
  return setting.kind === "memory" ? "memory (gone at the next start)" : `${setting.path} (SQLite)`;
}
