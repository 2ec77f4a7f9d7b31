import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SessionStore } from "../../contracts.ts";
import { hear } from "../../core/hear.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../over-store.ts";
import type { StoreUnderTest } from "./case.ts";
import { playCase } from "./store-suite.ts";
import { watchingCases } from "./watching.ts";

type Watch = NonNullable<SessionStore["watch"]>;
type Spoil = (watch: Watch, store: SessionStore) => Watch | Partial<SessionStore>;

/** A store that pushes, through whatever wraps it. */
function pushing(spoil: Spoil = (watch) => watch): StoreUnderTest {
  const store = memory();
  const watch: Watch = (...given) => store.watch?.(...given) ?? (() => {});
  const spoilt = spoil(watch, store);
  const changes = typeof spoilt === "function" ? { watch: spoilt } : { watch, ...spoilt };
  return { store: overStore(store, { capabilities: { ...store.capabilities, watch: true }, ...changes }) };
}

const LO_10 = /^LO-10 watch tells of each session/;
const EVERY = /^watch tells every listener/;

/** Mistakes that stores which push have had, and the case that shows them. */
const MISTAKES: { readonly [mistake: string]: readonly [RegExp, Spoil] } = {
  "nothing is told": [LO_10, () => () => () => {}],
  "the reason is another": [LO_10, (watch) => (listener) => watch(({ id }) => listener({ id, reason: "logout" }))],
  "a session is told that never ended": [
    LO_10,
    (watch) => (listener) => {
      listener({ id: "x", reason: "logout" });
      return watch(listener);
    },
  ],
  "only gaps are told": [LO_10, (watch) => (_, gap) => watch(() => gap?.())],
  "endings of a sid are not told": [
    LO_10,
    (watch) => (listener) => watch((ended) => void (ended.reason === "provider" || listener(ended))),
  ],
  "it begins to tell a little later": [
    /^PX-05 watch tells of what ends right after/,
    (watch) => (listener) => {
      let begun = false;
      setTimeout(() => {
        begun = true;
      }, 50);
      return watch((ended) => void (begun && listener(ended)));
    },
  ],
  "a hundred at once are the most that are told": [
    /^PX-05 watch tells of each of many/,
    (watch) => (listener) => {
      let turn = 0;
      return watch((ended) => {
        turn += 1;
        setImmediate(() => {
          turn = 0;
        });
        if (turn <= 100) listener(ended);
      });
    },
  ],
  "endings on condition are not told": [
    /^watch tells of an ending on condition/,
    (watch) => (listener) => watch((ended) => void (ended.reason === "replaced" || listener(ended))),
  ],
  "an ending that was refused is told": [
    /^watch tells of an ending on condition/,
    (watch, store) => {
      const listeners: Parameters<Watch>[0][] = [];
      return {
        watch: (listener) => {
          listeners.push(listener);
          return watch(listener);
        },
        async put(row, condition) {
          const { id, reason } = row;
          if (reason !== null) for (const listener of listeners) listener({ id, reason });
          return store.put(row, condition);
        },
      };
    },
  ],
  "stopping stops nothing": [
    EVERY,
    (watch) => (listener) => {
      watch(listener);
      return () => {};
    },
  ],
  "the first listener alone is told": [
    EVERY,
    (watch) => {
      let taken = false;
      return (listener) => {
        if (taken) return () => {};
        taken = true;
        return watch(listener);
      };
    },
  ],
  "stopping one stops all": [
    EVERY,
    (watch) => {
      const stops: (() => void)[] = [];
      return (listener) => {
        stops.push(watch(listener));
        return () => stops.forEach((stop) => void stop());
      };
    },
  ],
  "nothing is told after the first": [
    EVERY,
    (watch) => (listener) => {
      const stop = watch((ended) => {
        stop();
        listener(ended);
      });
      return stop;
    },
  ],
  "what one listener throws is kept from the others": [
    /^watch tells the others/,
    (watch) => {
      const all: Parameters<Watch>[0][] = [];
      watch((ended) => {
        for (const listener of all) listener(ended);
      });
      return (listener) => {
        all.push(listener);
        return () => void all.splice(all.indexOf(listener), 1);
      };
    },
  ],
  "a sweep forgets who listens": [
    /^watch goes on while the store is swept/,
    (watch, store) => {
      const stops: (() => void)[] = [];
      return {
        watch: (listener) => {
          const stop = watch(listener);
          stops.push(stop);
          return stop;
        },
        sweep: (limit, now) => {
          for (const stop of stops) stop();
          return store.sweep(limit, now);
        },
      };
    },
  ],
  "a closed store is listened to": [
    /^SE-16 after close watch throws/,
    (watch) => (listener) => {
      try {
        return watch(listener);
      } catch {
        return () => {};
      }
    },
  ],
};

// At once: a case that waits for what is never told waits for a second.
describe("PX-05 the suite catches a store that pushes", { concurrency: true }, () => {
  for (const [mistake, [shown, spoil]] of Object.entries(MISTAKES)) {
    test(`PX-05 and in which ${mistake}`, async () => {
      const [one, ...others] = watchingCases.filter(({ name }) => shown.test(name));
      assert.ok(one !== undefined && others.length === 0);
      await assert.rejects(playCase(one, { make: () => pushing(spoil) }));
    });
  }
});

test("PX-05 each case about pushing is failed by some store", () => {
  const shown = Object.values(MISTAKES).map(([pattern]) => pattern);
  assert.deepEqual(
    watchingCases.filter(({ name }) => !shown.some((pattern) => pattern.test(name))),
    [],
  );
});

test("PX-05 the suite catches a shared store that pushes its own endings alone", async () => {
  const make = () => {
    const own = new Set<string>();
    const { store } = pushing((watch, real) => ({
      capabilities: { ...real.capabilities, shared: true, watch: true },
      watch: (listener) => watch((ended) => void (own.has(ended.id) && listener(ended))),
      async end(target, reason, now) {
        const ended = await real.end(target, reason, now);
        for (const id of ended) own.add(id);
        return ended;
      },
    }));
    return { store, another: () => overStore(store, { close: () => {} }) };
  };
  const played = await Promise.allSettled(watchingCases.map((one) => playCase(one, { make })));
  assert.ok(played.some(({ status }) => status === "rejected"));
});

/** Ways of telling that a push over a network has, none of which is a mistake. */
const ALLOWED: { readonly [way: string]: Spoil } = {
  "tells at once": (watch) => watch,
  "tells twice, and a while later": (watch) => (listener) => {
    let stopped = false;
    const tell: typeof listener = (ended) => void (stopped || hear(listener, ended));
    const stop = watch((ended) => {
      setTimeout(tell, 5, ended);
      setTimeout(tell, 15, ended);
    });
    return () => {
      stopped = true;
      stop();
    };
  },
  "tells of endings of just before": (watch) => {
    const past: Parameters<Parameters<Watch>[0]>[0][] = [];
    watch((ended) => void past.push(ended));
    return (listener) => {
      for (const ended of past) setImmediate(hear, listener, ended);
      return watch(listener);
    };
  },
  "hears of nothing until it is connected, and then tells of a gap": (watch) => (listener, gap) => {
    let connected = false;
    setTimeout(() => {
      connected = true;
      hear(() => gap?.(), undefined);
    }, 30);
    return watch((ended) => void (connected && listener(ended)));
  },
};

for (const [way, spoil] of Object.entries(ALLOWED)) {
  test(`PX-05 the suite passes a store that ${way}`, async () => {
    for (const one of watchingCases) {
      await playCase(one, { make: () => pushing(spoil) });
    }
  });
}
