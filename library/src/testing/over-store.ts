/** A store whose single methods a test replaces. */
import type { SessionStore } from "../contracts.ts";

/** A store that answers as `real` does but for what `changes` replaces: for outages, delays and journals in tests. */
export function overStore(real: SessionStore, changes: Partial<SessionStore>): SessionStore {
  return {
    name: real.name,
    capabilities: real.capabilities,
    get: (id) => real.get(id),
    put: (row, condition) => real.put(row, condition),
    touch: (id, seen) => real.touch(id, seen),
    end: (target, reason, now) => real.end(target, reason, now),
    list: (query, limit, now) => real.list(query, limit, now),
    mark: (key, until, now, value) => real.mark(key, until, now, value),
    marked: (key, now) => real.marked(key, now),
    sweep: (limit, now) => real.sweep(limit, now),
    close: () => real.close(),
    ...changes,
  };
}
