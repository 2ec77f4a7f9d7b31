/**
 * F-61, F-23: ending all sessions of a user is tried again after an outage, with its marker for logins on their way.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { turns } from "../../../test-support/event-loop.ts";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { freshPaths } from "../../../test-support/stores/sqlite-paths.ts";
import type { SessionStore } from "../../contracts.ts";
import type { Auth } from "../../index.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { sqlite } from "../../stores/sqlite.ts";
import type { ManualClock } from "../../testing/manual-clock.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

const freshPath = freshPaths();
const closing = closingAfterEach();

const STORES: { readonly [name: string]: () => SessionStore } = {
  memory: () => memory(),
  sqlite: () => sqlite(freshPath()),
};

const OWNER = "app alice";

/** A replica that signs people in, and one that loses its store for a while. A login waits before it is stored. */
function twoReplicas(real: SessionStore) {
  const clock = manualClock(Date.now());
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const state = { down: false, stopping: true };
  const answering = <T>(call: () => T): T => {
    if (state.down) throw new Error("the store is away");
    return call();
  };
  const slow = overStore(real, {
    async put(row, condition) {
      if (state.stopping && condition === "absent") {
        state.stopping = false;
        reached.resolve();
        await gate.promise;
      }
      return real.put(row, condition);
    },
  });
  const lost = overStore(real, {
    get: (id) => answering(() => real.get(id)),
    list: (query, limit, now) => answering(() => real.list(query, limit, now)),
    end: (target, reason, now) => answering(() => real.end(target, reason, now)),
    mark: (key, until, now, value) => answering(() => real.mark(key, until, now, value)),
    marked: (key, now) => answering(() => real.marked(key, now)),
  });
  const completed = Promise.withResolvers<void>();
  const replica = (store: SessionStore): Auth<unknown> => {
    const auth = coatcheck<unknown>({
      publicUrl: ORIGIN,
      secrets: SECRET,
      store,
      clock,
      on: ({ name }) => void (name === "ending.completed" && completed.resolve()),
    });
    closing(() => auth.close());
    return auth;
  };
  closing(() => real.close());
  return {
    clock,
    state,
    gate,
    reached: reached.promise,
    /** Lets time pass until the ending has been carried out. */
    async completed(): Promise<void> {
      const done = completed.promise.then(() => true);
      while (!(await Promise.race([done, turn(clock)])));
    },
    signingIn: replica(slow),
    ending: replica(lost),
  };
}

async function turn(clock: ManualClock): Promise<boolean> {
  clock.advance(1_000);
  await turns();
  return false;
}

/** The app signs alice in, and then takes its time. Answers the cookie, or `null` if the login was overruled. */
async function login(auth: Auth<unknown>, until?: Promise<void>): Promise<string | null> {
  const response = await auth.handle(new Request(ORIGIN), async (session) => {
    session.login({ issuer: "app", subject: "alice" });
    await until;
    return new Response("welcome");
  });
  const [line] = response.headers.getSetCookie();
  assert.equal(line === undefined, response.status === 401);
  return line?.split(";")[0] ?? null;
}

async function liveRows(store: SessionStore, now: number): Promise<number> {
  return (await store.list({ owner: OWNER }, 10, now)).length;
}

for (const [kind, open] of Object.entries(STORES)) {
  test(`F-61 F-23 ${kind}: a login that began before the order and is stored after its second try is over`, async () => {
    const store = open();
    const { clock, state, gate, reached, completed, signingIn, ending } = twoReplicas(store);
    const begun = login(signingIn);
    await reached;
    state.down = true;
    await assert.rejects(async () => ending.endAll(OWNER), { code: "ERR_STORE_UNAVAILABLE" });
    state.down = false;
    await completed();
    gate.resolve();
    assert.equal(await begun, null);
    assert.equal(await liveRows(store, clock.now()), 0);
    assert.notEqual(await login(signingIn), null, "a later login is free");
  });

  test(`F-61 F-23 ${kind}: one stored between the order and its second try is over; a later one is not`, async () => {
    const store = open();
    const { clock, state, completed, signingIn, ending } = twoReplicas(store);
    state.stopping = false;
    const gate = Promise.withResolvers<void>();
    const begun = login(signingIn, gate.promise);
    await turns();
    clock.advance(10);
    state.down = true;
    await assert.rejects(async () => ending.endAll(OWNER), { code: "ERR_STORE_UNAVAILABLE" });
    clock.advance(10);
    gate.resolve();
    assert.notEqual(await begun, null, "nothing could tell it yet");
    assert.notEqual(await login(signingIn), null);
    assert.equal(await liveRows(store, clock.now()), 2);
    state.down = false;
    await completed();
    assert.equal(await liveRows(store, clock.now()), 1);
  });
}
