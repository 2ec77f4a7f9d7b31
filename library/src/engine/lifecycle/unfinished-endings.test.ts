/** S-45, S-65: what the store would not take is tried again until the session has ended. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import type { StoredOptions } from "../../../test-support/auth.ts";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { turns } from "../../../test-support/event-loop.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { Site, Visitor } from "../../../test-support/site.ts";
import { siteWith } from "../../../test-support/site.ts";
import { freshPaths } from "../../../test-support/stores/sqlite-paths.ts";
import type { SessionStore } from "../../contracts.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { mintTicket } from "../../crypto/ticket.ts";
import { memory } from "../../stores/memory.ts";
import { sqlite } from "../../stores/sqlite.ts";
import type { FakeProvider } from "../../testing/fake-provider.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import type { ManualClock } from "../../testing/manual-clock.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { notificationMarker } from "./markers.ts";
import { UnfinishedEndings } from "./unfinished-endings.ts";

type Method = "get" | "put" | "end" | "list" | "mark" | "marked";

interface World {
  readonly site: Site;
  readonly clock: ManualClock;
  readonly provider: FakeProvider;
  /** Which methods of the store fail; `late`: after they took effect. */
  readonly down: Set<Method>;
  late: boolean;
  signIn(): Promise<Visitor>;
  /** Lets time pass until the store has been asked so often that nothing can wait any more. */
  later(): Promise<void>;
}

const freshPath = freshPaths();
const closing = closingAfterEach();

function world(options: Partial<StoredOptions<unknown>> = {}, real: SessionStore = memory()): World {
  const clock = manualClock(Date.now());
  const provider = fakeProvider({ users: [{ subject: "alice" }], clock });
  const down = new Set<Method>();
  const state = { late: false };
  const line =
    <A extends readonly unknown[], T>(name: Method, call: (...args: A) => T) =>
    (...args: A): T => {
      if (down.has(name) && !state.late) throw new Error("the store is away");
      const answer = call(...args);
      if (down.has(name)) throw new Error("its answer is lost");
      return answer;
    };
  const store = overStore(real, {
    get: line("get", (id) => real.get(id)),
    put: line("put", (row, condition) => real.put(row, condition)),
    end: line("end", (target, reason, now) => real.end(target, reason, now)),
    list: line("list", (query, limit, now) => real.list(query, limit, now)),
    mark: line("mark", (key, until, now, value) => real.mark(key, until, now, value)),
    marked: line("marked", (key, now) => real.marked(key, now)),
  });
  const site = siteWith({ store, clock, provider, ...options });
  closing(() => real.close());
  closing(() => site.close());
  return {
    site,
    clock,
    provider,
    down,
    get late() {
      return state.late;
    },
    set late(late) {
      state.late = late;
    },
    async signIn() {
      const visitor = site.visitor();
      const begun = await visitor.get("/auth/login");
      const { pathname, search } = new URL(provider.approve(begun.headers.get("location") ?? "", "alice"));
      assert.equal((await visitor.get(pathname + search)).status, 303);
      return visitor;
    },
    async later() {
      for (let turn = 0; turn < 20; turn += 1) {
        clock.advance(1_000);
        await turns();
      }
    },
  };
}

const ALL: readonly Method[] = ["get", "put", "end", "list", "mark", "marked"];
const isIn = async (visitor: Visitor): Promise<boolean> => (await visitor.get("/")).status === 200;
const named = ({ site }: World, name: string): number => site.events.filter((event) => event.name === name).length;

const STORES: { readonly [name: string]: () => SessionStore } = {
  memory: () => memory(),
  sqlite: () => sqlite(freshPath()),
};

for (const [kind, open] of Object.entries(STORES)) {
  for (const [what, failing, late] of [
    ["takes no writes", ["put", "end"], false],
    ["answers nothing at all", ALL, false],
    ["loses its answers", ["put", "end"], true],
  ] as const) {
    test(`S-45 F-61 ${kind} ${what}: cookie cleared, 503 says so; the session ends by itself when it is back`, async () => {
      const here = world({}, open());
      const visitor = await here.signIn();
      const copy = here.site.visitor(visitor.jar);
      for (const method of failing) here.down.add(method);
      here.late = late;
      const refused = await visitor.post("/auth/logout", {
        accept: "application/json",
        "sec-fetch-mode": "cors",
        "sec-fetch-dest": "empty",
      });
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get("retry-after"), "5");
      assert.match(await refused.text(), /ERR_LOGOUT_PENDING/);
      assert.equal(visitor.jar.size, 0, "the cookie is gone");
      await here.later();
      if (!late) assert.equal(named(here, "ending.completed"), 0);
      here.down.clear();
      if (!late) assert.equal(await isIn(copy), true, "until the store is back the copy is good");
      await here.later();
      assert.equal(await isIn(copy), false);
      assert.deepEqual([named(here, "ending.held"), named(here, "ending.completed"), named(here, "session.ended")], [1, 1, 1]);
      assert.equal(here.provider.revoked.length, 1, "its tokens go with it");
      assert.equal(here.site.events.find(({ name }) => name === "session.ended")?.owner, "https://provider.test alice");
    });
  }
}

test("S-45 a navigation gets a page, for our endpoint and the app's own logout, that says what happens", async () => {
  const here = world();
  for (const target of ["/auth/logout", "/log-out"]) {
    const visitor = await here.signIn();
    here.down.add("put").add("end");
    const refused = await visitor.post(target, { ...NAVIGATION });
    assert.equal(refused.status, 503, target);
    assert.match(refused.headers.get("content-type") ?? "", /^text\/html/);
    assert.equal(refused.headers.get("cache-control"), "no-store");
    assert.equal(refused.headers.get("retry-after"), "5");
    const text = await refused.text();
    assert.match(text, /<h1>You are signed out in this browser<\/h1>/);
    assert.match(text, /goes on by itself/);
    assert.equal(/<script/.test(text), false);
    assert.equal(visitor.jar.size, 0);
    here.down.clear();
  }
});

test("S-45 an id alone ends nothing: another secret, shown while the store is away, logs no user out", async () => {
  const here = world();
  const visitor = await here.signIn();
  const [[name, ticket] = ["", ""]] = visitor.jar;
  const stranger = await here.signIn();
  const [[, other] = ["", ""]] = stranger.jar;
  const forged = here.site.visitor(new Map([[name, `${ticket.split(".")[0]}.${other.split(".")[1]}`]]));
  for (const method of ALL) here.down.add(method);
  assert.equal((await forged.post("/auth/logout")).status, 503);
  here.down.clear();
  await here.later();
  assert.equal(named(here, "ending.completed"), 1);
  assert.equal(await isIn(visitor), true);
});

test("S-45 from another site no user is logged out, whether the store answers or not", async () => {
  const here = world();
  const visitor = await here.signIn();
  for (const method of ALL) here.down.add(method);
  const refused = await visitor.post("/auth/logout", { "sec-fetch-site": "cross-site", origin: "https://evil.example" });
  assert.deepEqual([refused.status, refused.headers.getSetCookie()], [403, []]);
  here.down.clear();
  await here.later();
  assert.equal(await isIn(visitor), true);
});

test("S-65 past its bound nothing is promised: the cookie is cleared all the same, and it is said", async () => {
  const here = world({ maxPendingEndings: 1 });
  const [first, second] = [await here.signIn(), await here.signIn()];
  const copy = here.site.visitor(second.jar);
  here.down.add("put").add("end");
  assert.match(await (await first.post("/auth/logout")).text(), /goes on by itself/);
  const refused = await second.post("/auth/logout");
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /could not be ended/);
  assert.equal(second.jar.size, 0);
  assert.deepEqual(
    here.site.events.filter(({ name }) => name === "ending.dropped"),
    [{ name: "ending.dropped", level: "error", reason: "full" }],
  );
  here.down.clear();
  await here.later();
  assert.equal(await isIn(copy), true);
});

/** A caller with a ticket that looks like any other, and names no session. */
function pretender({ site, clock }: World, { jar }: Visitor): Visitor {
  const [name = ""] = jar.keys();
  return site.visitor(new Map([[name, mintTicket(systemEntropy, clock.now() + 3_600_000).ticket]]));
}

test("S-65 made-up tickets cannot take the room of those that had a session here: the newest gives way", async () => {
  const here = world({ maxPendingEndings: 2 });
  const people = [await here.signIn(), await here.signIn(), await here.signIn()];
  for (const person of people) assert.equal(await isIn(person), true);
  const copies = people.map(({ jar }) => here.site.visitor(jar));
  const [first, second, third] = people;
  assert.ok(first && second && third);
  for (const method of ALL) here.down.add(method);
  const said: string[] = [];
  const leaves = async (visitor: Visitor): Promise<void> => {
    const refused = await visitor.post("/auth/logout", {
      accept: "application/json",
      "sec-fetch-mode": "cors",
      "sec-fetch-dest": "empty",
    });
    assert.equal(refused.status, 503);
    assert.equal(visitor.jar.size, 0, "whoever it was, the cookie is cleared");
    said.push(JSON.parse(await refused.text()).code);
  };
  for (let count = 0; count < 3; count += 1) await leaves(pretender(here, first));
  for (const person of people) await leaves(person);
  assert.deepEqual(said, [
    "ERR_LOGOUT_PENDING",
    "ERR_LOGOUT_PENDING",
    "ERR_LOGOUT_UNFINISHED",
    "ERR_LOGOUT_PENDING",
    "ERR_LOGOUT_PENDING",
    "ERR_LOGOUT_UNFINISHED",
  ]);
  assert.equal(
    named(here, "ending.dropped"),
    4,
    "one that found no room, two that gave way, and one that is a person's too many",
  );
  here.down.clear();
  await here.later();
  assert.deepEqual(await Promise.all(copies.map(isIn)), [false, false, true]);
  assert.equal(named(here, "ending.completed"), 2);
});

test("S-65 made-up tickets that wait do not keep the others waiting when the store is back", async () => {
  const clock = manualClock(Date.now());
  let down = true;
  const asked: string[] = [];
  const store = overStore(memory(), {
    get(id) {
      if (down) throw new Error("the store is away");
      asked.push(id);
      return undefined;
    },
  });
  const unfinished = new UnfinishedEndings({
    store,
    clock,
    entropy: systemEntropy,
    announce: () => {},
    report: () => {},
    background: { waitUntil: () => {} },
    served: { has: (hash) => hash === "known" },
    most: 10_000,
  });
  for (let number = 0; number < 1_000; number += 1) unfinished.end({ id: `${number}`, reason: "logout", shown: "made up" });
  unfinished.end({ id: "mine", reason: "logout", shown: "known" });
  const later = async (): Promise<void> => {
    clock.advance(100);
    await turns(5);
  };
  for (let turn = 0; turn < 50; turn += 1) await later();
  down = false;
  for (let turn = 0; turn < 50 && !asked.includes("mine"); turn += 1) await later();
  assert.ok(asked.includes("mine"), `not within five seconds; ${asked.length} others were`);
  assert.ok(asked.length < 1_000, "the others have their turn later");
});

test("S-65 a made-up secret for a session that is ending neither hides its end nor says it", async () => {
  const here = world();
  const visitor = await here.signIn();
  const [[name, ticket] = ["", ""]] = visitor.jar;
  const [, secret] = mintTicket(systemEntropy, here.clock.now() + 3_600_000).ticket.split(".");
  const forged = here.site.visitor(new Map([[name, `${ticket.split(".")[0]}.${secret}`]]));
  here.down.add("put").add("end");
  here.late = true;
  await visitor.post("/auth/logout");
  here.late = false;
  for (const method of ALL) here.down.add(method);
  await forged.post("/auth/logout");
  here.down.clear();
  await here.later();
  assert.deepEqual([named(here, "ending.completed"), named(here, "session.ended")], [2, 1]);
});

test("S-65 at its end the process tries once more, and says what it has to drop", async () => {
  for (const [back, event] of [
    [true, "ending.completed"],
    [false, "ending.dropped"],
  ] as const) {
    const here = world();
    const visitor = await here.signIn();
    here.down.add("put").add("end");
    await visitor.post("/auth/logout");
    if (back) here.down.clear();
    await here.site.close();
    assert.equal(named(here, event), 1);
  }
});

test("S-65 an end-others that failed is tried again, and no session of the user that began since ends", async () => {
  const here = world();
  const [asking, other] = [await here.signIn(), await here.signIn()];
  here.down.add("end");
  assert.equal((await asking.post("/auth/sessions/end-others")).status, 503);
  here.clock.advance(1);
  const since = await here.signIn();
  assert.equal(await isIn(other), true);
  here.down.clear();
  await here.later();
  assert.deepEqual([await isIn(asking), await isIn(other), await isIn(since)], [true, false, true]);
});

test("S-65 what the provider signed out is tried again, though it may never send its notice again", async () => {
  const here = world();
  const visitor = await here.signIn();
  const token = here.provider.logoutToken({ subject: "alice" });
  const told = (): Promise<Response> =>
    here.site
      .visitor()
      .post("/auth/backchannel-logout", { "content-type": "application/x-www-form-urlencoded" }, `logout_token=${token}`);
  here.down.add("end");
  assert.equal((await told()).status, 400);
  here.down.clear();
  assert.equal(await isIn(visitor), true);
  await here.later();
  assert.equal(await isIn(visitor), false);
});

test("S-65 a notice's marker that the store would not take is tried again too, for logins on their way", async () => {
  const store = memory();
  const here = world({}, store);
  const token = here.provider.logoutToken({ subject: "alice" });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  here.down.add("marked");
  assert.equal((await here.site.visitor().post("/auth/backchannel-logout", headers, `logout_token=${token}`)).status, 400);
  here.down.clear();
  await here.later();
  const key = notificationMarker({ issuer: "https://provider.test", subject: "alice", sid: null }) ?? "";
  assert.notEqual(await store.marked(key, here.clock.now()), undefined);
});

test("S-65 what was tried again and is done leaves nothing behind, even after many outages", async () => {
  const signals = new Set<AbortSignal>();
  const real = manualClock(Date.now());
  const clock = {
    now: () => real.now(),
    monotonic: () => real.monotonic(),
    sleep(_: number, signal?: AbortSignal): Promise<void> {
      if (signal !== undefined) signals.add(signal);
      return Promise.resolve();
    },
  };
  const waiting: Promise<unknown>[] = [];
  const unfinished = new UnfinishedEndings({
    store: memory(),
    clock,
    entropy: { bytes: (count) => new Uint8Array(count) },
    announce: () => {},
    report: () => {},
    background: { waitUntil: (work) => void waiting.push(work) },
    served: { has: () => true },
    most: 1_000,
  });
  for (let number = 0; number < 20; number += 1) assert.ok(unfinished.again(`${number}`, () => Promise.resolve()));
  await Promise.all(waiting);
  assert.deepEqual(
    [...signals].map((signal) => getEventListeners(signal, "abort").length),
    [0],
  );
});
