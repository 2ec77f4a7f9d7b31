/**
 * Two replicas with sealed cookies, a browser whose answers arrive in any order, a copy of its cookies in other hands,
 * and every call to the store for markers in an order that a seed draws.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { type SealedBrowser, sealedWorld } from "../../../test-support/sealed-world.ts";
import type { MaybePromise, SessionStore } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";
import { Dice } from "../../testing/store-suite/rows.ts";

const RUNS = 40;

/** Calls of the store and answers on their way, one of which is drawn at a time. */
class Order {
  readonly #dice: Dice;
  readonly #waiting: (() => void)[] = [];
  isOver = false;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  over({ mark, marked }: Pick<SessionStore, "mark" | "marked">): SessionStore {
    const drawn = <A extends readonly unknown[], R>(call: (...args: A) => MaybePromise<R>) => {
      return async (...args: A): Promise<R> => {
        await this.turn();
        const answer = await call(...args);
        await this.turn();
        return answer;
      };
    };
    return overStore(memory(), { mark: drawn(mark), marked: drawn(marked) });
  }

  async run(): Promise<void> {
    while (!this.isOver) {
      const [next] = this.#waiting.splice(this.#dice.below(this.#waiting.length), 1);
      next?.();
      await setImmediate();
    }
  }
}

type Markers = Pick<SessionStore, "mark" | "marked">;

/** What the browser did, and what it and the thief have to find. Throws if they do not. */
async function play(seed: number, markers: Markers): Promise<void> {
  const dice = new Dice(seed);
  const order = new Order(dice);
  const [one, other] = [order.over(markers), order.over(markers)];
  const world = sealedWorld(one, {}, {}, other);
  const running = order.run();
  try {
    const browser = world.browser();
    assert.equal((await browser.ask("/login?value=alice")).status, 200);
    await new Tabs(browser, dice, order).play();
  } finally {
    order.isOver = true;
    await running;
  }
}

class Tabs {
  readonly #browser: SealedBrowser;
  readonly #dice: Dice;
  readonly #order: Order;
  /** Edits that were answered with 200, and whose answers arrived. */
  readonly #kept: string[] = [];
  readonly #copies: SealedBrowser[] = [];
  #count = 0;
  #isOut = false;

  constructor(browser: SealedBrowser, dice: Dice, order: Order) {
    this.#browser = browser;
    this.#dice = dice;
    this.#order = order;
  }

  async play(): Promise<void> {
    const acts = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, () => this.#act()));
    await acts(3);
    await this.#hasAll();
    await acts(4);
    await this.#hasAll();
    const [left] = await Promise.all([this.#leave(), acts(3)]);
    // A change that came first was not seen by the logout: then it ended that.
    assert.equal(left, 200);
    for (const copy of [...this.#copies, this.#browser.copy()])
      for (const replica of [0, 1]) assert.equal((await copy.ask("/me", replica)).status, 401, "it has ended, and lives");
  }

  async #leave(): Promise<number> {
    const { shown } = await this.#browser.slowly("/logout", this.#dice.below(2));
    this.#isOut = true;
    return shown.status;
  }

  async #act(): Promise<void> {
    const replica = this.#dice.below(2);
    this.#copies.push(this.#browser.copy());
    const edit = this.#dice.chance(70) ? `edit${this.#count++}` : undefined;
    const wasOut = this.#isOut;
    const { shown, arrive } = await this.#browser.slowly(edit === undefined ? "/me" : `/add?value=${edit}`, replica);
    if (wasOut) assert.equal(shown.subject, null, "it is served after its end");
    for (let turns = this.#dice.below(12); turns > 0; turns--) await this.#order.turn();
    arrive();
    if (edit !== undefined && shown.status === 200) this.#kept.push(edit);
  }

  async #hasAll(): Promise<void> {
    const { status, data } = await this.#browser.ask("/me", this.#dice.below(2));
    assert.equal(status, 200, "its user is signed out");
    for (const edit of this.#kept) assert.ok(Object.hasOwn(Object(data), edit), `${edit} was taken back by an older answer`);
  }
}

function markersOf(changes: (whole: Markers) => Partial<Markers> = () => ({})): Markers {
  const store = memory();
  const whole: Markers = {
    mark: (key, until, now, value) => store.mark(key, until, now, value),
    marked: (key, now) => store.marked(key, now),
  };
  return { ...whole, ...changes(whole) };
}

test("SE-13 SE-12 in whatever order answers arrive, none takes a newer state back, and the end is the end", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), (seed) => play(seed, markersOf())),
    { numRuns: RUNS },
  );
});

/** Each breaks the one thing that it names; some seed sees it. */
const PLANTED: readonly (readonly [what: string, words: RegExp, markers: () => Markers])[] = [
  [
    "two changes of one state",
    /was taken back by an older answer/,
    () =>
      markersOf(({ mark, marked }) => ({
        mark: async (key, ...rest) => (await mark(key, ...rest)) || key.startsWith("replaced:"),
        marked: (key, now) => (key.startsWith("replaced:") ? undefined : marked(key, now)),
      })),
  ],
  [
    "an end",
    /it has ended, and lives/,
    () => markersOf(({ marked }) => ({ marked: (key, now) => (key.startsWith("ended:") ? undefined : marked(key, now)) })),
  ],
];

for (const [what, words, markers] of PLANTED) {
  test(`SE-13 a store for markers that forgets ${what} is seen`, async () => {
    await assert.rejects(async () => {
      for (let seed = 1; seed <= 60; seed++) await play(seed, markers());
    }, words);
  });
}

/** A store for markers with a replica, whose link is cut: what is marked from then on is lost by a failover. */
function cutMarkers(confirms: boolean) {
  const [primary, replica] = [markersOf(), markersOf()];
  let [current, isCut] = [primary, false];
  const markers: Markers = {
    async mark(key, until, now, value) {
      if (current === primary && !isCut) await replica.mark(key, until, now, value);
      const first = await current.mark(key, until, now, value);
      if (isCut && confirms) throw new CoatcheckError("ERR_STORE_UNAVAILABLE");
      return first;
    },
    marked: (key, now) => current.marked(key, now),
  };
  return {
    markers,
    cut(): void {
      isCut = true;
    },
    failOver(): void {
      [current, isCut] = [replica, false];
    },
  };
}

for (const confirms of [true, false]) {
  const then = confirms
    ? "that is not confirmed is 503, and done after a failover"
    : "that a failover loses brings the copy back";
  test(`SE-12 LO-01 a logout by markers ${then}`, async () => {
    const { markers, cut, failOver } = cutMarkers(confirms);
    const world = sealedWorld(overStore(memory(), markers));
    const browser = world.browser();
    await browser.ask("/login?value=alice");
    const copy = browser.copy();
    cut();
    assert.equal((await browser.ask("/logout")).status, confirms ? 503 : 200);
    assert.equal(browser.jar.size, 0);
    assert.equal((await copy.ask("/me", 1)).status, 401);
    failOver();
    assert.equal((await copy.ask("/me", 1)).status, 200, "the replica did not hear of it");
    for (let seconds = 0; seconds < 20; seconds++) {
      world.clock.advance(1_000);
      await setImmediate();
    }
    assert.equal((await copy.ask("/me", 1)).status, confirms ? 401 : 200);
  });
}
