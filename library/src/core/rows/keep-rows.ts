/** A store that keeps rows for a bounded time: what every store does of it, whatever is behind. */
import type { SessionRow, SessionStore } from "../../contracts.ts";
import { andThen } from "../maybe.ts";
import type { BoundedRows } from "./bounded-rows.ts";

/**
 * Gives a store `recent`. What `get` answers is kept, and `get` itself asks nothing of what is kept, so it is as exact
 * as before. A row that we change is dropped before that is sent and when it is answered; what others end, when that is
 * told.
 */
export function keepRows(store: SessionStore, rows: BoundedRows): SessionStore {
  const [get, put, touch, end] = [store.get.bind(store), store.put.bind(store), store.touch.bind(store), store.end.bind(store)];
  const dropping = <Answer>(id: string, answer: Answer): Answer => {
    rows.drop(id);
    return answer;
  };
  store.watch?.(
    ({ id }) => rows.drop(id),
    () => rows.clear(),
  );
  const keeping: Partial<SessionStore> = {
    capabilities: Object.freeze({ ...store.capabilities, keepsRows: (row: SessionRow) => rows.keeps(row) }),
    recent: (id) => rows.get(id),
    get(id) {
      const begun = rows.begin();
      return andThen(get(id), (row) => (row === undefined ? dropping(id, row) : rows.keep(row, begun)));
    },
    put(row, condition) {
      rows.drop(row.id);
      return andThen(put(row, condition), (written) => dropping(row.id, written));
    },
    touch(id, seen) {
      rows.drop(id);
      return andThen(touch(id, seen), (found) => dropping(id, found));
    },
    end(target, reason, now) {
      if ("id" in target) rows.drop(target.id);
      return andThen(end(target, reason, now), (ids) => {
        for (const id of ids) rows.drop(id);
        return ids;
      });
    },
  };
  return Object.assign(store, keeping);
}
