import assert from "node:assert/strict";
import { test } from "node:test";
import { siteWith } from "../../test-support/site.ts";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { fakeProvider } from "../testing/fake-provider.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";

type Site = ReturnType<typeof siteWith>;

const foreign = ({ events }: Site) => events.filter(({ name }) => name === "store.foreign");

/** Begins a login at one host, and comes back to the other, as a balancer has it. */
async function cross(provider: ReturnType<typeof fakeProvider>, from: Site, to: Site): Promise<number> {
  const visitor = from.visitor();
  const begun = await visitor.get("/auth/login");
  const { pathname, search } = new URL(provider.approve(begun.headers.get("location") ?? "", "alice"));
  return (await to.visitor(visitor.jar).get(pathname + search)).status;
}

/** Two hosts with one secret, behind one name. */
async function withHosts(
  stores: readonly [SessionStore, SessionStore],
  run: (provider: ReturnType<typeof fakeProvider>, a: Site, b: Site, advance: (by: number) => number) => Promise<void>,
): Promise<void> {
  const clock = manualClock();
  const provider = fakeProvider({ users: [{ subject: "alice" }] });
  const [a, b] = [siteWith({ provider, clock, store: stores[0] }), siteWith({ provider, clock, store: stores[1] })];
  await run(provider, a, b, (by) => {
    clock.advance(by);
    return clock.now();
  });
  await Promise.all([a.close(), b.close()]);
}

test("F-70 a login that comes back to a host with another store says so once, with what to do", async () => {
  await withHosts([memory(), memory()], async (provider, a, b) => {
    for (let times = 0; times < 3; times++) assert.equal(await cross(provider, a, b), 303, "the login itself is whole");
    assert.deepEqual(foreign(a), []);
    const [told, ...more] = foreign(b);
    assert.deepEqual([told?.level, more.length], ["warn", 0]);
    assert.match(told?.hint ?? "", /all hosts of one publicUrl have to share one/);
    assert.equal(await cross(provider, b, a), 303);
    assert.equal(foreign(a).length, 1, "the other host has its own log");
  });
});

test("F-70 hosts of one store say nothing, however long they run", async () => {
  const store = memory();
  await withHosts([store, store], async (provider, a, b, advance) => {
    for (let days = 0; days < 4; days++) {
      assert.equal(await cross(provider, a, b), 303);
      assert.equal(await cross(provider, b, b), 303);
      await store.sweep(1_000, advance(20 * 3_600_000));
    }
    assert.deepEqual([...foreign(a), ...foreign(b)], []);
  });
});

test("F-70 a store that could not be told of the process, or cannot be asked, makes no host a foreign one", async () => {
  const store = memory();
  let down = true;
  const line = overStore(store, {
    mark(key, until, now, value) {
      if (down && key.startsWith("process:")) throw new Error("down");
      return store.mark(key, until, now, value);
    },
    marked(key, now) {
      if (down && key.startsWith("process:")) throw new Error("down");
      return store.marked(key, now);
    },
  });
  await withHosts([line, memory()], async (provider, a, b) => {
    assert.equal(await cross(provider, a, b), 303);
    assert.deepEqual(foreign(b), []);
    assert.equal(await cross(provider, b, a), 303);
    assert.deepEqual(foreign(a), []);
    down = false;
    assert.equal(await cross(provider, a, b), 303);
    assert.equal(foreign(b).length, 1);
  });
});
