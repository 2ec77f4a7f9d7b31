import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { optionsOf } from "../../../test-support/engine/inside.ts";
import { turns } from "../../../test-support/event-loop.ts";
import { requestWith } from "../../../test-support/requests.ts";
import type { EndReason, JsonObject, RequestView, Session, SessionStore } from "../../contracts.ts";
import type { Auth } from "../../http/auth.ts";
import { SessionEnded } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { signIn } from "../../testing/sign-in.ts";

const [IDLE, LIFETIME] = [60_000, 150_000];

let clock: ManualClock;
let store: SessionStore;
const opened: Auth<JsonObject>[] = [];

beforeEach(() => {
  clock = manualClock();
  store = memory();
});

afterEach(async () => {
  for (const auth of opened.splice(0)) await auth.close();
  await store.close();
});

/** A replica on a store. */
function make(over: SessionStore): Auth<JsonObject> {
  const session = { idle: IDLE, lifetime: LIFETIME };
  const { auth } = authWith({ store: over, clock, session });
  opened.push(auth);
  return auth;
}

/** The same rows, behind a store that cannot push. */
function withoutPush(changes: Partial<SessionStore> = {}): SessionStore {
  return overStore(store, { capabilities: { ...store.capabilities, watch: false }, ...changes });
}

const view = (cookie: string): RequestView => requestWith({ cookie, "sec-fetch-site": "same-origin" }, { method: "POST" });

const sessionOf = async (auth: Auth<JsonObject>, cookie: string): Promise<Session> =>
  (await auth.engine.open(view(cookie))).session;

async function act(auth: Auth<JsonObject>, cookie: string, say: (session: Session) => void): Promise<void> {
  const exchange = await auth.engine.open(view(cookie));
  say(exchange.session);
  assert.equal((await exchange.settle(200)).refusal, null);
}

async function pass(ms: number): Promise<void> {
  await turns();
  clock.advance(ms);
  await turns();
}

function reasonOf(signal: AbortSignal): EndReason | null {
  if (!signal.aborted) return null;
  assert.ok(signal.reason instanceof SessionEnded);
  assert.equal(signal.reason.name, "SessionEnded");
  return signal.reason.reason;
}

/** Ways in which a session ends elsewhere, and what a signal on this replica says then. */
const ENDINGS: { readonly [name: string]: readonly [EndReason, (there: Auth<JsonObject>, cookie: string) => Promise<unknown>] } =
  {
    "a logout in another request": ["logout", (there, cookie) => act(there, cookie, (session) => session.logout())],
    "auth.endAll": ["elsewhere", (there) => there.endAll("test alice")],
    "auth.sessions.end": [
      "admin",
      async (there, cookie) => there.sessions.end((await sessionOf(there, cookie)).id ?? "", "admin"),
    ],
    "a logout at the provider": [
      "provider",
      (there) => there.sessions.signedOut({ issuer: "test", subject: "alice", sid: null, issuedAt: clock.now() }),
    ],
    "another login in the same browser": [
      "identity-changed",
      (there, cookie) => act(there, cookie, (session) => session.login({ issuer: "test", subject: "bob" })),
    ],
  };

for (const [name, [reason, end]] of Object.entries(ENDINGS)) {
  test(`SE-09 PX-05 ${name} at once aborts session.signal here and on another replica, no other session's`, async () => {
    const [here, there] = [make(store), make(store)];
    const cookie = await signIn(here, { subject: "alice" });
    const signals = [(await sessionOf(here, cookie)).signal, (await sessionOf(there, cookie)).signal];
    const other = (await sessionOf(here, await signIn(here, { subject: "carol" }))).signal;
    await turns();
    await end(there, cookie);
    assert.deepEqual(signals.map(reasonOf), [reason, reason]);
    await pass(1_000);
    assert.equal(reasonOf(other), null);
  });

  test(`SE-09 PX-05 ${name} aborts session.signal elsewhere within a second if the store cannot push`, async () => {
    const [here, there] = [make(withoutPush()), make(withoutPush())];
    const cookie = await signIn(here, { subject: "alice" });
    const [mine, theirs] = [(await sessionOf(here, cookie)).signal, (await sessionOf(there, cookie)).signal];
    await turns();
    await end(there, cookie);
    assert.deepEqual([reasonOf(mine), reasonOf(theirs)], [null, reason]);
    await pass(500);
    assert.equal(reasonOf(mine), reason);
  });
}

for (const push of [true, false]) {
  const where = push ? "" : ", where the store cannot push";

  test(`PX-05 session.signal is aborted by the idle and the absolute limit${where}`, async () => {
    const auth = make(push ? store : withoutPush());
    const idler = (await sessionOf(auth, await signIn(auth, { subject: "alice" }))).signal;
    const cookie = await signIn(auth, { subject: "bob" });
    const busy = (await sessionOf(auth, cookie)).signal;
    const touch = async (): Promise<void> => void (await store.touch((await sessionOf(auth, cookie)).id ?? "", clock.now()));
    await pass(IDLE / 2);
    await touch();
    await pass(IDLE / 2);
    assert.deepEqual([reasonOf(idler), reasonOf(busy)], [null, null], "the limit itself is still within");
    await pass(500);
    assert.deepEqual([reasonOf(idler), reasonOf(busy)], ["idle", null]);
    await touch();
    await pass(IDLE - 1_000);
    await touch();
    await pass(LIFETIME - 2 * IDLE + 499);
    assert.equal(reasonOf(busy), null);
    await pass(500);
    assert.equal(reasonOf(busy), "expired");
  });

  test(`SE-16 PX-05 a silent store aborts no signal, and what ended meanwhile is heard of afterwards${where}`, async () => {
    let down = false;
    const line = <T>(call: () => T): T => {
      if (down) throw new Error("the line is cut");
      return call();
    };
    const { watch } = store;
    const over = overStore(store, {
      get: (id) => line(() => store.get(id)),
      ...(push && watch !== undefined ? { watch: (listener) => line(() => watch.call(store, () => void listener)) } : {}),
    });
    const auth = make(over);
    const [alice, bob, carol] = [
      await sessionOf(auth, await signIn(auth, { subject: "alice" })),
      await sessionOf(auth, await signIn(auth, { subject: "bob" })),
      await sessionOf(auth, await signIn(auth, { subject: "carol" })),
    ];
    down = true;
    const signals = [alice.signal, bob.signal, carol.signal];
    await pass(1_000);
    await store.end({ id: alice.id ?? "" }, "admin", clock.now());
    await store.touch(carol.id ?? "", clock.now());
    await pass(IDLE);
    await pass(10_000);
    await store.touch(carol.id ?? "", clock.now());
    assert.deepEqual(signals.map(reasonOf), [null, null, null]);
    down = false;
    await pass(500);
    assert.deepEqual(signals.map(reasonOf), ["admin", "idle", null]);
  });
}

test("a session that ended before the first listener is heard of too; one never stored is over", async () => {
  const auth = make(store);
  const session = await sessionOf(auth, await signIn(auth, { subject: "alice" }));
  await store.end({ id: session.id ?? "" }, "logout", clock.now());
  const { signal } = session;
  assert.equal(reasonOf(signal), null);
  await turns();
  assert.equal(reasonOf(signal), "logout");
  const told: EndReason[] = [];
  optionsOf(auth).endings.watch("unknown", (reason) => told.push(reason));
  await turns();
  assert.deepEqual(told, ["expired"]);
});

test("requests of a session share its signal; anonymous ones never hear anything", async () => {
  const auth = make(store);
  const cookie = await signIn(auth, { subject: "alice" });
  const [first, second] = [await sessionOf(auth, cookie), await sessionOf(auth, cookie)];
  assert.equal(first.signal, second.signal);
  const other = await sessionOf(auth, await signIn(auth, { subject: "alice" }));
  assert.notEqual(other.signal, first.signal);
  const anonymous = await sessionOf(auth, "");
  await auth.endAll("test alice");
  assert.deepEqual([first.signal, other.signal].map(reasonOf), ["elsewhere", "elsewhere"]);
  assert.equal(first.signal, second.signal);
  await pass(LIFETIME);
  assert.equal(anonymous.signal.aborted, false);
});

test("after close nothing is left: no work, no timer, no listener, and nothing is told", async () => {
  let listeners = 0;
  const { watch } = store;
  const auth = make(
    overStore(store, {
      watch(listener) {
        listeners += 1;
        const stop = watch?.call(store, listener);
        return () => {
          listeners -= 1;
          stop?.();
        };
      },
    }),
  );
  const session = await sessionOf(auth, await signIn(auth, { subject: "alice" }));
  const { signal } = session;
  await turns();
  assert.deepEqual([listeners, clock.sleeping > 0], [1, true]);
  await auth.close();
  assert.deepEqual([listeners, clock.sleeping], [0, 0]);
  await store.end({ id: session.id ?? "" }, "logout", clock.now());
  const late = session.signal;
  optionsOf(auth).endings.watch(session.id ?? "", () => assert.fail("told after close"));
  optionsOf(auth).endings.tell(session.id ?? "", "logout");
  await pass(LIFETIME);
  assert.deepEqual([signal.aborted, late.aborted, clock.sleeping], [false, false, 0]);
});
