/** Sessions that a row of a short while ago lets in, over two processes on one store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import type { Session, SessionRow } from "../../contracts.ts";
import { BoundedRows } from "../../core/rows/bounded-rows.ts";
import { keepRows } from "../../core/rows/keep-rows.ts";
import { handleFetchUser } from "../../http/fetch-handler.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { signIn } from "../../testing/sign-in.ts";

/** One process that keeps rows for a second and hears of nothing, and another that keeps none. */
async function twoProcesses() {
  const clock = manualClock();
  const real = memory();
  const reads: string[] = [];
  let away = false;
  const deaf = overStore(real, {
    get(id) {
      reads.push(id);
      if (away) throw new Error("the store is away");
      return real.get(id);
    },
  });
  const { watch: _, ...store } = { ...deaf };
  const rows = new BoundedRows({ staleness: "1s" }, () => clock.monotonic());
  const here = authWith({ clock, store: keepRows(store, rows) });
  const there = authWith({ clock, store: real });
  const cookie = await signIn(there.auth, { subject: "alice" });
  const ask = async (auth = here.auth, info = {}, handler: (session: Session) => unknown = () => undefined) => {
    const request = new Request(`${ORIGIN}/`, { headers: { cookie, "sec-fetch-site": "same-origin" } });
    const answer = await handleFetchUser(
      auth.engine,
      request,
      async (session) => new Response(String(await handler(session))),
      info,
    );
    return answer.status;
  };
  const logOut = () => ask(there.auth, {}, (session) => session.logout());
  return { clock, here, there, reads, ask, logOut, cookie, leave: () => (away = true) };
}

test("LO-10 a row of a moment ago lets its user in, no longer than the bound, and asks the store nothing", async () => {
  const { clock, reads, ask, logOut } = await twoProcesses();
  assert.equal(await ask(), 200);
  const before = reads.length;
  assert.equal(await ask(), 200);
  assert.equal(reads.length, before);
  assert.equal(await logOut(), 200);
  assert.equal(await ask(), 200, "within the bound");
  clock.advance(999);
  assert.equal(await ask(), 200, "at its end");
  clock.advance(1);
  assert.equal(await ask(), 401, "past it");
});

test("LO-10 a sensitive route looks a session up in the store, also if a row of it is kept", async () => {
  const { ask, logOut, reads } = await twoProcesses();
  assert.equal(await ask(), 200);
  const before = reads.length;
  assert.equal(await ask(undefined, { sensitive: true }), 200);
  assert.equal(reads.length, before + 1);
  assert.equal(await logOut(), 200);
  assert.equal(await ask(undefined, { sensitive: true }), 401);
});

test("LO-10 session.fresh() shows the newest data, and rejects if the session is over or unreadable", async () => {
  const { here, there, ask, logOut, leave } = await twoProcesses();
  const read = async (session: Session) => {
    const before = JSON.stringify(session.data);
    await session.fresh();
    return [before, JSON.stringify(session.data)];
  };
  const seen: unknown[] = [];
  const look = () => ask(here.auth, {}, async (session) => seen.push(...(await read(session))));
  assert.equal(await ask(), 200);
  await ask(there.auth, {}, (session) => session.set({ n: 1 }));
  assert.equal(await look(), 200);
  assert.deepEqual(seen, ["{}", '{"n":1}']);
  assert.equal(await ask(), 200);
  await logOut();
  assert.equal(await look(), 401);
  leave();
  assert.equal(await look(), 503, "what was read as over is kept no longer");
});

test("LO-10 a change on a row of a moment ago is made on the newest, and refused for no staleness", async () => {
  const { here, there, ask } = await twoProcesses();
  assert.equal(await ask(), 200);
  const rise = (session: Session) => session.update((data) => ({ ...data, n: Number(data["n"] ?? 0) + 1 }));
  assert.equal(await ask(there.auth, {}, rise), 200);
  assert.equal(await ask(here.auth, {}, rise), 200);
  let n: unknown;
  await ask(there.auth, {}, (session) => {
    n = session.data["n"];
  });
  assert.equal(n, 2);
});

test("CR-02 a secret that a kept row does not know is asked of the store: it may be a new one", async () => {
  const { here, there, ask, cookie } = await twoProcesses();
  assert.equal(await ask(), 200);
  const request = new Request(`${ORIGIN}/`, { headers: { cookie } });
  const rotated = await there.auth.handle(request, (session) => {
    session.rotate();
    return new Response();
  });
  const [line = ""] = rotated.headers.getSetCookie();
  const newer = new Request(`${ORIGIN}/`, { headers: { cookie: line.slice(0, line.indexOf(";")) } });
  const answer = await handleFetchUser(here.auth.engine, newer, () => new Response());
  assert.equal(answer.status, 200);
});

test("SE-16 what was kept lets nobody in past the bound while the store is away, and ends no session", async () => {
  const { clock, ask, leave, here } = await twoProcesses();
  assert.equal(await ask(), 200);
  leave();
  assert.equal(await ask(), 200);
  assert.equal(await ask(undefined, { sensitive: true }), 503);
  clock.advance(1_000);
  assert.equal(await ask(), 503);
  assert.deepEqual(here.told("session.ended"), []);
});

test("a store that keeps rows drops what it changed itself, at once", async () => {
  const rows = new BoundedRows({ staleness: "1m" }, () => performance.now());
  const store = keepRows(overStore(memory(), {}), rows);
  const { auth } = authWith({ store });
  const cookie = await signIn(auth, { subject: "bob" });
  const id = (cookie.split("=")[1] ?? "").split(".")[0] ?? "";
  const get = async (): Promise<SessionRow> => {
    const row = await store.get(id);
    assert.ok(row);
    assert.equal(store.recent?.(id), row);
    return row;
  };
  const row = await get();
  await store.touch(id, row.seen + 1);
  assert.equal(store.recent?.(id), undefined);
  await new Promise((resolve) => setImmediate(resolve));
  const { version } = await get();
  await store.put({ ...row, version: version + 1 }, version);
  assert.equal(store.recent?.(id), undefined);
  await new Promise((resolve) => setImmediate(resolve));
  await get();
  await store.end({ owner: row.owner ?? "" }, "admin", row.seen);
  assert.equal(store.recent?.(id), undefined);
});
