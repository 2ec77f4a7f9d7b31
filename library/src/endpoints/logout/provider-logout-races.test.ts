/** LO-10: a logout by the provider and a login on its way, in every order that their calls of the store can take. */
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { logoutToken } from "../../../test-support/provider/logout-tokens.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { isIn, siteOf, tell } from "../../../test-support/provider/provider-logout.ts";
import type { Site, Visitor } from "../../../test-support/site.ts";
import { freshPaths } from "../../../test-support/stores/sqlite-paths.ts";
import type { SessionStore } from "../../contracts.ts";
import { memory } from "../../stores/memory.ts";
import { sqlite } from "../../stores/sqlite.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

const clock = manualClock(1_800_000_000_000);
const op = await lyingProvider({ now: clock.now });
const freshPath = freshPaths();
const closing = closingAfterEach();
after(() => op.close());
afterEach(() => op.reset());

/** The same rows seen by two replicas. */
const STORES: { readonly [name: string]: () => readonly [SessionStore, SessionStore] } = {
  memory() {
    const store = memory();
    closing(() => store.close());
    return [store, store];
  },
  sqlite() {
    const path = freshPath();
    const [a, b] = [sqlite(path), sqlite(path)];
    closing(() => a.close());
    closing(() => b.close());
    return [a, b];
  },
};

/** Where in a call of the store it stops: before it, or when it has taken effect and its caller does not know. */
type Stop = `${"before" | "after"} ${"put" | "end" | "list" | "mark" | "marked"} ${number}`;

interface Halting {
  readonly store: SessionStore;
  /** Resolves when the call is reached. */
  readonly reached: Promise<void>;
  release(): void;
}

/** A store that stops at the nth call of a kind until it is released. */
function halting(real: SessionStore, stop: Stop): Halting {
  const [when, method, nth] = stop.split(" ");
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let count = 0;
  async function through<T>(name: string, call: () => T | Promise<T>): Promise<T> {
    if (name !== method) return call();
    count += 1;
    if (count !== Number(nth)) return call();
    if (when === "before") {
      reached.resolve();
      await gate.promise;
      return call();
    }
    const answer = await call();
    reached.resolve();
    await gate.promise;
    return answer;
  }
  const store = overStore(real, {
    put: (row, condition) => through("put", () => real.put(row, condition)),
    end: (target, reason, now) => through("end", () => real.end(target, reason, now)),
    list: (query, limit, now) => through("list", () => real.list(query, limit, now)),
    // A process leaves its own mark as it begins a login, which is neither of the two that meet here.
    mark: (key, until, now, value) => {
      const call = (): boolean | Promise<boolean> => real.mark(key, until, now, value);
      return key.startsWith("process:") ? call() : through("mark", call);
    },
    marked: (key, now) => through("marked", () => real.marked(key, now)),
  });
  return { store, reached: reached.promise, release: gate.resolve };
}

function site(store: SessionStore): Site {
  const made = siteOf(op, { clock, store, storeTimeout: 60_000 });
  closing(() => made.close());
  return made;
}

/** A browser that has come back from the provider with a code; what is left is the callback. */
async function comingBack(here: Site): Promise<{ readonly visitor: Visitor; callback(): Promise<Response> }> {
  const visitor = here.visitor();
  const begun = await visitor.get("/auth/login");
  const { location } = await op.authorize(begun.headers.get("location") ?? "");
  return { visitor, callback: () => visitor.get(location.pathname + location.search) };
}

const BY = {
  sid: () => logoutToken(op, { now: clock.now(), claims: { sub: undefined } }),
  sub: () => logoutToken(op, { now: clock.now(), claims: { sid: undefined } }),
};

async function assertSignedOut(store: SessionStore, visitor: Visitor, name: string): Promise<void> {
  assert.equal(await isIn(visitor), false, name);
  assert.deepEqual(await store.list({ owner: `${op.issuer} alice` }, 10, clock.now()), [], name);
}

const IN_CALLBACK: readonly Stop[] = [
  "before mark 1",
  "before marked 1",
  "before put 1",
  "after put 1",
  "before marked 2",
  "after marked 1",
];
const IN_LOGOUT: readonly Stop[] = [
  "before mark 1",
  "before marked 1",
  "before mark 2",
  "after mark 2",
  "before list 1",
  "after list 1",
];

for (const [kind, open] of Object.entries(STORES)) {
  for (const [by, token] of Object.entries(BY)) {
    test(`LO-10 by ${by}, ${kind}: a logout anywhere between the callback's token response and commit wins`, async () => {
      for (const stop of IN_CALLBACK) {
        const [a, b] = open();
        const held = halting(a, stop);
        const { visitor, callback } = await comingBack(site(held.store));
        const landing = callback();
        await held.reached;
        assert.equal((await tell(site(b), token())).status, 200, stop);
        held.release();
        assert.equal((await landing).status, 401, stop);
        assert.equal(visitor.jar.get("__Host-Http-coatcheck"), undefined, stop);
        await assertSignedOut(b, visitor, stop);
      }
    });

    test(`LO-10 by ${by}, ${kind}: a callback that comes while the logout is anywhere on its way loses`, async () => {
      for (const stop of IN_LOGOUT) {
        const [a, b] = open();
        const held = halting(b, stop);
        const here = site(a);
        const { visitor, callback } = await comingBack(here);
        const telling = tell(site(held.store), token());
        await held.reached;
        const landed = await callback();
        held.release();
        assert.equal((await telling).status, 200, stop);
        assert.ok([303, 401].includes(landed.status), `${stop}: ${landed.status}`);
        await assertSignedOut(a, visitor, stop);
      }
    });

    test(`LO-10 by ${by}, ${kind}: a logout before the callback wins, and a later login is free`, async () => {
      const [a, b] = open();
      const here = site(a);
      const { visitor, callback } = await comingBack(here);
      assert.equal((await tell(site(b), token())).status, 200);
      assert.equal((await callback()).status, 401);
      await assertSignedOut(b, visitor, by);
      clock.advance(1_000);
      op.user = { sub: "alice", claims: { sid: "sid-of-a-later-login" } };
      const later = await comingBack(here);
      assert.equal((await later.callback()).status, 303);
      assert.equal(await isIn(later.visitor), true);
    });
  }
}

test("LO-10 an older notice that comes after a later one frees no login in between", async () => {
  const [a, b] = STORES["memory"]?.() ?? assert.fail();
  const older = BY.sub();
  clock.advance(10_000);
  const { visitor, callback } = await comingBack(site(a));
  const held = halting(a, "before put 1");
  const late = await comingBack(site(held.store));
  const landing = late.callback();
  await held.reached;
  clock.advance(10_000);
  const there = site(b);
  assert.equal((await tell(there, BY.sub())).status, 200);
  assert.equal((await tell(there, older)).status, 200);
  held.release();
  assert.equal((await landing).status, 401);
  await assertSignedOut(b, late.visitor, "held");
  assert.equal((await callback()).status, 401, "its code is redeemed in the second of the later notice");
  await assertSignedOut(b, visitor, "waiting");
});

test("F-20 a notice by sub that comes late, or again, ends no session that began after it", async () => {
  for (const open of Object.values(STORES)) {
    const [a, b] = open();
    const here = site(a);
    const before = await comingBack(here);
    assert.equal((await before.callback()).status, 303);
    clock.advance(2_000);
    const first = BY.sub();
    const repeated = BY.sub();
    clock.advance(2_000);
    const since = await comingBack(here);
    assert.equal((await since.callback()).status, 303);
    const there = site(b);
    for (const token of [first, repeated]) {
      assert.equal((await tell(there, token)).status, 200);
      assert.deepEqual([await isIn(before.visitor), await isIn(since.visitor)], [false, true]);
    }
    assert.equal((await tell(there, BY.sub())).status, 200);
    assert.equal(await isIn(since.visitor), false, "a later notice ends that too");
  }
});

test("F-19 after a logout by sid a login with the same provider session is free, despite older notices", async () => {
  for (const open of Object.values(STORES)) {
    const [a, b] = open();
    const here = site(a);
    const before = await comingBack(here);
    assert.equal((await before.callback()).status, 303);
    const there = site(b);
    assert.equal((await tell(there, BY.sid())).status, 200);
    assert.equal(await isIn(before.visitor), false);
    clock.advance(1_000);
    const since = await comingBack(here);
    assert.equal((await since.callback()).status, 303);
    assert.equal(await isIn(since.visitor), true);
  }
});

test("LO-10 both at once, many times: no session stays", async () => {
  const [a, b] = STORES["sqlite"]?.() ?? assert.fail();
  const [here, there] = [site(a), site(b)];
  for (let round = 0; round < 20; round += 1) {
    const { visitor, callback } = await comingBack(here);
    const by = round % 2 === 0 ? BY.sid : BY.sub;
    const [, told] = await Promise.all([callback(), tell(there, by())]);
    assert.equal(told.status, 200);
    await assertSignedOut(b, visitor, String(round));
  }
});
