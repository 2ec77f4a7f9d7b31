import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { turns } from "../../test-support/event-loop.ts";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import type { SessionStore } from "../contracts.ts";
import { coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { boundedStore, checkedStoreTimeout } from "./bounded-store.ts";

const never = (): Promise<never> => new Promise(() => undefined);
type Hanging = "get" | "put" | "touch" | "end" | "list" | "mark" | "marked" | "sweep";

async function signedIn(storeTimeout?: number) {
  const hanging = new Set<Hanging>();
  const real = memory();
  const over: SessionStore = overStore(real, {
    get: (id) => (hanging.has("get") ? never() : real.get(id)),
    put: (row, condition) => (hanging.has("put") ? never() : real.put(row, condition)),
    touch: (id, seen) => (hanging.has("touch") ? never() : real.touch(id, seen)),
    marked: (key, now) => (hanging.has("marked") ? never() : real.marked(key, now)),
    list: (query, limit, now) => (hanging.has("list") ? never() : real.list(query, limit, now)),
    sweep: (limit, now) => (hanging.has("sweep") ? never() : real.sweep(limit, now)),
  });
  const { auth, clock } = authWith({ store: over, ...(storeTimeout === undefined ? {} : { storeTimeout }) });
  const cookie = await signIn(auth, { subject: "alice" });
  const ask = (write = false) =>
    auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie } }), (session) => {
      if (write) session.update((data) => ({ visits: Number(data["visits"] ?? 0) + 1 }));
      return new Response(session.identity?.subject ?? "nobody");
    });
  return { clock, hanging, auth, ask, cookie, real };
}

test("F-12 SE-16 a store that never answers is 503 after five seconds, and no user is signed out", async () => {
  const { clock, hanging, auth, ask } = await signedIn();
  for (const call of ["get", "put"] as const) {
    hanging.add(call);
    let done = false;
    const answer = ask(call === "put").finally(() => {
      done = true;
    });
    await turns();
    clock.advance(4_999);
    await turns();
    assert.equal(done, false, call);
    clock.advance(1);
    const response = await answer;
    assert.deepEqual([response.status, response.headers.get("set-cookie")], [503, null], call);
    assert.equal(JSON.parse(await response.text()).code, "ERR_STORE_UNAVAILABLE");
    assert.ok(response.headers.has("retry-after"));
    hanging.delete(call);
    assert.equal(await (await ask(true)).text(), "alice", "the store is back");
  }
  await auth.close();
});

test("F-12 each call has its own limit, however many are under way", async () => {
  const { clock, hanging, auth, ask } = await signedIn(2_000);
  hanging.add("get");
  const first = ask();
  await turns();
  clock.advance(1_500);
  const second = ask();
  let late = false;
  void second.then(() => {
    late = true;
  });
  await turns();
  clock.advance(500);
  assert.equal((await first).status, 503);
  await turns();
  assert.equal(late, false);
  clock.advance(1_500);
  assert.equal((await second).status, 503);
  await auth.close();
});

test("F-12 auth.close() and auth.ready() wait no longer than that", async () => {
  const { clock, hanging, auth, ask } = await signedIn();
  hanging.add("touch");
  clock.advance(10 * 60_000);
  assert.equal((await ask()).status, 200, "nobody waits for a touch");
  hanging.add("marked");
  const ready = auth.ready();
  const closed = auth.close();
  await turns();
  clock.advance(5_000);
  assert.equal((await ready).store, false);
  await closed;
});

test("F-12 a login whose write ran out of time signs no user in, and a late one leaves no session alive", async () => {
  const { clock, auth, real, cookie } = await signedIn();
  const late = Promise.withResolvers<void>();
  const slow = overStore(real, {
    put: async (row, condition) => {
      const written = await real.put(row, condition);
      await late.promise;
      return written;
    },
  });
  const { auth: over } = authWith({ store: slow, clock });
  const before = (await real.list({ owner: "app bob" }, 10, clock.now())).length;
  const answer = over.handle(new Request(`${ORIGIN}/`, { headers: { cookie } }), (session) => {
    session.login({ issuer: "app", subject: "bob" });
    return new Response("welcome");
  });
  await turns();
  clock.advance(5_000);
  const response = await answer;
  assert.deepEqual([response.status, response.headers.get("set-cookie")], [503, null]);
  await over.close();
  assert.equal((await real.list({ owner: "app bob" }, 10, clock.now())).length, before);
  late.resolve();
  await auth.close();
});

test("F-12 a store that answers at once is never waited for: the same values, no promise, no timer", () => {
  const clock = manualClock();
  const store = boundedStore(memory(), clock, 5_000);
  const row = sampleRow({ expires: clock.now() + 60_000 });
  assert.equal(store.put(row, "absent"), true);
  const read = store.get(row.id);
  assert.ok(!(read instanceof Promise));
  assert.equal(Object.is(store.get(row.id), read), true, "the very same row");
  assert.equal(clock.sleeping, 0);
});

test("F-12 storeTimeout is checked", () => {
  for (const good of [100, 600_000]) assert.equal(checkedStoreTimeout(good), good);
  assert.equal(checkedStoreTimeout(undefined), 5_000);
  for (const storeTimeout of [0, 99, 600_001, Number.NaN]) {
    assert.throws(() => coatcheck({ publicUrl: ORIGIN, secrets: SECRET, store: memory(), storeTimeout }), /storeTimeout/);
  }
});

test("F-12 whichever call takes too long is named, with the limit", async () => {
  const clock = manualClock();
  const hangs = { get: never, put: never, touch: never, end: never, list: never, mark: never, marked: never, sweep: never };
  const store = boundedStore(overStore(memory(), hangs), clock, 700);
  const calls: { readonly [call in Hanging]: () => unknown } = {
    get: () => store.get("id"),
    put: () => store.put(sampleRow(), "absent"),
    touch: () => store.touch("id", 1),
    end: () => store.end({ id: "id" }, "logout", 1),
    list: () => store.list({ owner: "o" }, 1, 1),
    mark: () => store.mark("key", 2, 1),
    marked: () => store.marked("key", 1),
    sweep: () => store.sweep(1, 1),
  };
  for (const [call, made] of Object.entries(calls)) {
    const late = assert.rejects(async () => made(), {
      code: "ERR_STORE_UNAVAILABLE",
      message: `The store did not answer within 700 ms (${call}).`,
    });
    await turns();
    clock.advance(700);
    await late;
  }
});

test("F-46 however many calls are under way, one timer waits for them, and none once all are answered", async () => {
  const clock = manualClock();
  const answers = Array.from({ length: 3 }, () => Promise.withResolvers<undefined>());
  let at = 0;
  const store = boundedStore(
    overStore(memory(), {
      get() {
        at += 1;
        return answers[at - 1]?.promise ?? never();
      },
    }),
    clock,
    1_000,
  );
  const asked = [store.get("one"), store.get("two"), store.get("three")];
  assert.equal(clock.sleeping, 1);
  for (const { resolve } of answers) resolve(undefined);
  await Promise.all(asked);
  clock.advance(1_000);
  await turns();
  assert.equal(clock.sleeping, 0);
  const late = store.get("four");
  assert.equal(clock.sleeping, 1, "and one again for the next");
  clock.advance(999);
  await turns();
  clock.advance(1);
  await assert.rejects(async () => late, { code: "ERR_STORE_UNAVAILABLE" });
  await turns();
  assert.equal(clock.sleeping, 0, "what is never answered is waited for no longer");
});

test("F-46 a marker comes through with its value, and one without a value without", async () => {
  const inner = memory();
  const given: (readonly unknown[])[] = [];
  const store = boundedStore(
    overStore(inner, {
      mark: (...args) => {
        given.push(args);
        return inner.mark(...args);
      },
    }),
    manualClock(),
    1_000,
  );
  await store.mark("said", 10, 1, "as of now");
  await store.mark("once", 10, 1);
  assert.deepEqual(given, [
    ["said", 10, 1, "as of now"],
    ["once", 10, 1],
  ]);
  assert.equal(await store.marked("said", 2), "as of now");
});
