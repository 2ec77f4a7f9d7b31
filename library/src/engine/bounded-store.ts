/** A time limit around a store's promises: silence is an outage, and no request waits for ever. */
import type { Clock, MaybePromise, SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";

/** How long a store may take for one call where nothing is configured, milliseconds. */
const STORE_TIMEOUT = 5_000;

/** Checks the option. Throws a `TypeError` that names it. */
export function checkedStoreTimeout(given: number = STORE_TIMEOUT): number {
  if (given >= 100 && given <= 600_000) return given;
  throw new TypeError(`storeTimeout is ${given}; it is in milliseconds, and can be from 100 to 600000`);
}

/**
 * The store with a limit for each call; one that answers at once is not waited for. What a call that ran out of time
 * has done is not known: it rejects as an outage does, and a write is planned again on the row as it then is.
 */
export function boundedStore(store: SessionStore, clock: Clock, limit: number): SessionStore {
  const deadlines = new Deadlines(clock, limit);
  const { watch, survey, getMany, recent, now: time } = store;
  const within = <T>(call: string, answer: MaybePromise<T>): MaybePromise<T> =>
    answer instanceof Promise ? deadlines.limit(call, answer) : answer;
  const many: typeof getMany = getMany && ((ids) => within("getMany", getMany.call(store, ids)));
  const surveyed: typeof survey =
    survey && ((from, most, now, seenBefore) => within("survey", survey.call(store, from, most, now, seenBefore)));
  return {
    name: store.name,
    capabilities: store.capabilities,
    get: (id) => {
      const row = store.get(id);
      return row instanceof Promise ? deadlines.limit("get", row) : row;
    },
    put: (row, condition) => within("put", store.put(row, condition)),
    touch: (id, seen) => within("touch", store.touch(id, seen)),
    end: (target, reason, now) => within("end", store.end(target, reason, now)),
    list: (query, most, now) => within("list", store.list(query, most, now)),
    mark: (key, until, now, value) =>
      within("mark", value === undefined ? store.mark(key, until, now) : store.mark(key, until, now, value)),
    marked: (key, now) => within("marked", store.marked(key, now)),
    sweep: (most, now) => within("sweep", store.sweep(most, now)),
    close: () => store.close(),
    ...omitUndefined({
      getMany: many,
      survey: surveyed,
      watch: watch?.bind(store),
      recent: recent?.bind(store),
      now: time && (() => within("now", time.call(store))),
    }),
  };
}

interface Waiting {
  readonly due: number;
  readonly expire: () => void;
}

/** One timer for all calls: as all may take equally long, the oldest is due first. */
class Deadlines {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #waiting = new Set<Waiting>();
  #running = false;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  limit<T>(call: string, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        due: this.#clock.monotonic() + this.#limit,
        expire: () => reject(late(call, this.#limit)),
      };
      this.#waiting.add(waiting);
      answer.then(
        (value) => {
          this.#waiting.delete(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          reject(error);
        },
      );
      // mutant: waits-for-ever
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const [oldest] = this.#waiting;
      if (oldest === undefined) break;
      // Those that come meanwhile are due later. Whole milliseconds: a rest too small for a timer would come back
      // without end.
      await this.#clock.sleep(Math.max(1, Math.ceil(oldest.due - this.#clock.monotonic())));
      this.#expire();
    }
    this.#running = false;
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    for (const waiting of this.#waiting) {
      if (waiting.due > now) return;
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }
}

function late(call: string, limit: number): CoatcheckError {
  return new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: `The store did not answer within ${limit} ms (${call}).` });
}
