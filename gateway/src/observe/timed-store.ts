/** A store that reports how long each of its operations takes. */
import type { MaybePromise, SessionStore } from "coatcheck/contracts";
import { omitUndefined } from "coatcheck/settings";
import { stopwatch } from "./observer.ts";

/** One in so many look-ups that answer at once is measured: measuring each would cost more than some of them. */
const SAMPLE = 16;

/** A store whose calls are measured. Its answers are the store's own. */
export function timedStore(store: SessionStore, measure: (operation: string, milliseconds: number) => void): SessionStore {
  let calls = 0;
  const timed = <T>(operation: string, call: () => MaybePromise<T>): MaybePromise<T> => {
    const started = stopwatch();
    const answer = call();
    if (!(answer instanceof Promise)) {
      measure(operation, stopwatch() - started);
      return answer;
    }
    const over = (): void => measure(operation, stopwatch() - started);
    answer.then(over, over);
    return answer;
  };
  const { watch, survey, getMany, recent, now: time } = store;
  const many: typeof getMany = getMany && ((ids) => timed("getMany", () => getMany.call(store, ids)));
  const surveyed: typeof survey =
    survey && ((from, limit, now, seenBefore) => timed("survey", () => survey.call(store, from, limit, now, seenBefore)));
  return {
    name: store.name,
    capabilities: store.capabilities,
    get: (id) => (++calls % SAMPLE === 0 ? timed("get", () => store.get(id)) : store.get(id)),
    put: (row, condition) => timed("put", () => store.put(row, condition)),
    touch: (id, seen) => timed("touch", () => store.touch(id, seen)),
    end: (target, reason, now) => timed("end", () => store.end(target, reason, now)),
    list: (query, limit, now) => timed("list", () => store.list(query, limit, now)),
    mark: (key, until, now, value) =>
      timed("mark", () => (value === undefined ? store.mark(key, until, now) : store.mark(key, until, now, value))),
    marked: (key, now) => timed("marked", () => store.marked(key, now)),
    sweep: (limit, now) => timed("sweep", () => store.sweep(limit, now)),
    close: () => store.close(),
    ...omitUndefined({
      recent: recent?.bind(store),
      getMany: many,
      survey: surveyed,
      watch: watch?.bind(store),
      now: time && (() => timed("now", () => time.call(store))),
    }),
  };
}
