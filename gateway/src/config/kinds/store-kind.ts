/** The kind of the setting `store`. */
import type { Place } from "../sources/place.ts";
import type { Kind } from "./kind.ts";
import { shown } from "./kinds.ts";
import { formatPostgres, isPostgresAddress, type PostgresSetting, readPostgresAddress } from "./postgres-address.ts";
import { formatRedis, isRedisAddress, type RedisSetting, readRedisAddress } from "./redis-address.ts";

/** Where sessions are kept: in a store, or in their cookies. */
export type StoreSetting = KeepingSetting | { readonly kind: "cookie"; readonly marks: KeepingSetting | null };

/** A store that keeps what it is given. */
export type KeepingSetting =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  | PostgresSetting
  | RedisSetting;

const COOKIE = "cookie:";
/** Before the address of a store for markers. */
const COOKIE_WITH = "cookie+";
const KEEPING = "memory:|sqlite:.+|postgres(ql)?://.+|rediss?(\\+(cluster|sentinel))?://.+";
const IS_KEEPING = new RegExp(`^(${KEEPING})$`);
const MARKS = "Write cookie+sqlite:PATH, cookie+postgres://… or cookie+redis://…, or cookie: for none.";

/** Addresses of databases may hold passwords, so messages show the scheme alone. */
export const store: Kind<StoreSetting> = {
  label: "sqlite:PATH, postgres://…, redis://…, memory:, cookie: or cookie+ one of them",
  schema: { type: "string", pattern: `^(cookie:|(cookie\\+)?(${KEEPING}))$` },
  read(raw, place) {
    if (raw === COOKIE) return { kind: "cookie", marks: null };
    if (typeof raw !== "string" || !raw.startsWith(COOKIE_WITH)) return keeping.read(raw, place);
    const named = raw.slice(COOKIE_WITH.length);
    if (!IS_KEEPING.test(named)) return place.fail("is cookie+ and what is no store for markers", MARKS);
    const marks = keeping.read(named, place);
    return marks === undefined ? undefined : { kind: "cookie", marks };
  },
};

const keeping = {
  read(raw: unknown, place: Place): KeepingSetting | undefined {
    if (raw === "memory:") return { kind: "memory" };
    if (typeof raw === "string" && raw.startsWith("sqlite:") && raw.length > 7) return { kind: "sqlite", path: raw.slice(7) };
    if (isPostgresAddress(raw)) return readPostgresAddress(raw, place);
    if (isRedisAddress(raw)) return readRedisAddress(raw, place);
    const right =
      "Use sqlite:PATH, which several processes on one machine can share, postgres://… or redis://… for several machines, or memory: for trying things out.";
    return place.fail(`is ${shown(String(raw).replace(/:\/\/.*$/, "://..."))}, which is no store`, right);
  },
};

/** A store as the summary shows it. */
export function formatStore(setting: StoreSetting): string {
  if (setting.kind === "cookie") {
    return setting.marks === null ? "their cookies alone" : `their cookies, with markers in ${formatStore(setting.marks)}`;
  }
  if (setting.kind === "postgres") return formatPostgres(setting);
  if (setting.kind === "redis") return formatRedis(setting);
  return setting.kind === "memory" ? "memory (gone at the next start)" : `${setting.path} (SQLite)`;
}
