import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { cookieOf, idOf } from "../../../test-support/cookies.ts";
import { turns } from "../../../test-support/event-loop.ts";
import { LOOPBACK } from "../../../test-support/origin.ts";
import { count, replica, storm } from "../../../test-support/storm.ts";
import type { AuditEvent, SessionRow, SessionStore } from "../../contracts.ts";
import { sessionPolicy } from "../../core/policy.ts";
import { memory } from "../../stores/memory.ts";
import { sqlite } from "../../stores/sqlite.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { signIn } from "../../testing/sign-in.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import { enforceSessionLimit } from "./session-limit.ts";

const START = 1_800_000_000_000;

/** The same store over a network: every call takes a while, each another; what is equally new comes in either order. */
function far(store: SessionStore, seed: number): SessionStore {
  let state = seed;
  const list = async (...given: Parameters<SessionStore["list"]>): Promise<readonly SessionRow[]> => {
    const [later, sooner] = state % 2 === 0 ? [1, -1] : [-1, 1];
    const rows = await store.list(...given);
    return [...rows].sort((a, b) => b.created - a.created || (a.id < b.id ? later : sooner));
  };
  const shuffling = new Proxy(store, {
    get: (target, name) => {
      if (name === "list") return list;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return new Proxy(shuffling, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        await turns(state % 7);
        const answer: unknown = await Reflect.apply(member, target, given);
        await turns(state % 5);
        return answer;
      };
    },
  });
}

for (let seed = 1; seed <= 8; seed++) {
  test(`SE-11 of 50 logins at once, limited to 3, exactly 3 live and the others are 401 (network ${seed})`, async () => {
    const store = far(memory(), seed);
    const replicas = [replica(store), replica(store, { skew: 3 }), replica(store, { skew: -3 })];
    const other = await signIn(replica(store).auth, { subject: "bob" });
    const { statuses, cookies } = await storm(replicas);
    assert.deepEqual([count(statuses, 200), count(statuses, 401)], [3, 47]);
    const rows = await Promise.all(cookies.map(async (cookie) => store.get(idOf(cookie))));
    assert.deepEqual(
      rows.filter((row) => row?.ended === null).map((row) => row?.created),
      [START + 3, START + 3, START + 3],
      "the newest live",
    );
    assert.ok(rows.every((row) => row?.ended === null || row?.reason === "replaced"));
    assert.equal(await replicas[0]?.status(other), 200, "another user's sessions are not counted");
    for (const { auth } of replicas) await auth.close();
  });
}

test("SE-11 the limit holds over two connections to one SQLite file", async () => {
  using folder = temporaryFolder("limit");
  const stores = [sqlite(folder.file("s.db")), sqlite(folder.file("s.db"))];
  try {
    const replicas = stores.map((store) => replica(store));
    const { statuses } = await storm(replicas);
    assert.deepEqual([count(statuses, 200), count(statuses, 401)], [3, 47]);
    for (const { auth } of replicas) await auth.close();
  } finally {
    for (const store of stores) await store.close();
  }
});

test("SE-11 one login after the other ends the oldest, and says so; ended and anonymous ones do not count", async () => {
  const store = memory();
  const events: AuditEvent[] = [];
  const { auth, clock, status } = replica(store, { maxPerUser: 2, events });
  const [idle] = [await signIn(auth, { subject: "alice" })];
  clock.advance(3_600_001);
  const cookies: string[] = [];
  for (let login = 0; login < 3; login++) {
    clock.advance(1_000);
    cookies.push(await signIn(auth, { subject: "alice" }));
  }
  assert.deepEqual(await Promise.all(cookies.map(status)), [401, 200, 200]);
  assert.equal((await store.get(idOf(idle)))?.ended, null, "it was over by itself");
  const ended = events.filter(({ name }) => name === "session.ended");
  assert.deepEqual(
    ended.map(({ sessionId, reason }) => [sessionId, reason]),
    [[idOf(cookies[0] ?? ""), "replaced"]],
  );
  await auth.close();
});

test("SE-11 with a limit of 1 a login in the browser that is signed in leaves the new session alone", async () => {
  const { auth, status } = replica(memory(), { maxPerUser: 1 });
  const first = await signIn(auth, { subject: "alice" });
  const request = new Request(`${LOOPBACK}/`, {
    method: "POST",
    headers: { cookie: first, "sec-fetch-site": "same-origin" },
  });
  const answer = await auth.handle(request, (session) => {
    session.login({ issuer: "test", subject: "alice" });
    return new Response(null);
  });
  const second = cookieOf(answer);
  assert.deepEqual([answer.status, await status(first), await status(second)], [200, 401, 200]);
  await auth.close();
});

test("SE-11 a store that fails after a login undoes no login; the next one ends what was left", async () => {
  const inner = memory();
  const line = { down: true };
  const store = new Proxy<SessionStore>(inner, {
    get(target, name) {
      if (name === "list" && line.down) throw new Error("the line is cut");
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const events: AuditEvent[] = [];
  const { auth, clock, status } = replica(store, { maxPerUser: 1, events });
  const first = await signIn(auth, { subject: "alice" });
  clock.advance(1);
  const second = await signIn(auth, { subject: "alice" });
  assert.deepEqual([await status(first), await status(second)], [200, 200]);
  const failed = events.filter(({ name }) => name === "store.failed").map(({ level, reason }) => `${level} ${reason}`);
  assert.deepEqual(failed, ["error write", "error write"]);
  line.down = false;
  clock.advance(1);
  const third = await signIn(auth, { subject: "alice" });
  assert.deepEqual(await Promise.all([first, second, third].map(status)), [401, 401, 200]);
  await auth.close();
});

test("SE-11 as many as a list holds and more end, the oldest first; a list that ends none is the last", async () => {
  const now = START;
  const rows = Array.from({ length: 1_500 }, (_, index) =>
    sampleRow({ owner: "alice", created: now - index, seen: now, expires: now + 3_600_000 }),
  );
  for (const ends of [true, false]) {
    const live = new Map(rows.map((row) => [row.id, row]));
    const ended: string[] = [];
    let lists = 0;
    const store = overStore(memory(), {
      list: (_query, limit) => {
        lists++;
        return [...live.values()].slice(0, limit);
      },
      end: (target) => {
        if (!ends || !("id" in target)) return [];
        live.delete(target.id);
        return [target.id];
      },
    });
    await enforceSessionLimit(
      {
        store,
        clock: manualClock(now),
        policy: sessionPolicy({ maxPerUser: 3 }),
        announce: ({ id, reason }) => void (reason === "replaced" && ended.push(id)),
        report: () => assert.fail(),
      },
      "alice",
    );
    assert.deepEqual(
      ended.toSorted(),
      ends
        ? rows
            .slice(3)
            .map(({ id }) => id)
            .toSorted()
        : [],
    );
    assert.equal(lists, ends ? 2 : 1);
  }
});

test("F-46 as long as a list is full and something ends, there may be more: it is looked at again", async () => {
  const clock = manualClock(START);
  const full = Array.from({ length: 1_000 }, (_, at) =>
    sampleRow({ owner: "alice", created: START - at, seen: START, expires: START + 3_600_000 }),
  );
  for (const [rows, endable, looks] of [
    [full, 1, 2],
    [full, 0, 1],
    [full.slice(1), 1, 1],
  ] as const) {
    let looked = 0;
    let left: number = endable;
    const store = overStore(memory(), {
      list() {
        looked += 1;
        return rows;
      },
      end(target) {
        left -= 1;
        return left >= 0 && "id" in target ? [target.id] : [];
      },
    });
    const announced: string[] = [];
    const announce = ({ id }: { readonly id: string }): void => void announced.push(id);
    const policy = sessionPolicy({ maxPerUser: rows.length - 1 }, false);
    await enforceSessionLimit({ store, clock, policy, announce, report: () => assert.fail("nothing failed") }, "alice");
    assert.deepEqual([looked, announced.length], [looks, endable]);
  }
});
