/** How often a write is planned again, and what one request may record and still say. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { engineOf } from "../../../test-support/engine/inside.ts";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { tokens } from "../../../test-support/refresh/scripted-provider.ts";
import { view } from "../../../test-support/requests.ts";
import type { JsonObject, SessionStore } from "../../contracts.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { mintTicket } from "../../crypto/ticket.ts";
import { memory } from "../../stores/memory.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import type { RequestExchange } from "./exchange.ts";

let world: RefreshWorld;
afterEach(() => world.close());

async function open(cookie = ""): Promise<RequestExchange<Record<string, unknown>>> {
  return engineOf(world.replica().auth).open(view(cookie));
}

/**
 * A signed-in session's write that meets so many others first. Answers what came of it, and what was slept meanwhile.
 */
async function writtenPast(conflicts: number) {
  const slept: number[] = [];
  const real = memory();
  let tries = 0;
  let counts = false;
  const store: SessionStore = overStore(real, {
    put(row, condition) {
      if (!counts) return real.put(row, condition);
      tries += 1;
      return tries > conflicts ? real.put(row, condition) : false;
    },
  });
  const manual = manualClock();
  const clock: ManualClock = {
    ...manual,
    get sleeping() {
      return manual.sleeping;
    },
    sleep(ms, signal) {
      if (counts) slept.push(ms);
      return ms === 0 ? Promise.resolve() : manual.sleep(ms, signal);
    },
  };
  world = refreshWorld(1, { store }, clock);
  const cookie = await world.signIn();
  const exchange = await open(cookie);
  exchange.session.set({ n: 1 });
  counts = true;
  const { refusal } = await exchange.settle(200);
  counts = false;
  return { tries, slept, code: refusal?.code ?? null, data: (await open(cookie)).session.data };
}

for (const [conflicts, slept] of [
  [0, []],
  [3, []],
  [5, [0, 0]],
] as const) {
  test(`F-46 a write that meets ${conflicts} others is stored after them, and past three lets others go on`, async () => {
    assert.deepEqual(await writtenPast(conflicts), { tries: conflicts + 1, slept, code: null, data: { n: 1 } });
  });
}

test("F-46 a write that never comes through gives up after two hundred attempts", async () => {
  const { tries, code, data } = await writtenPast(1_000);
  assert.deepEqual([tries, code, data], [200, "ERR_STORE_CONTENTION", {}]);
});

test("F-46 a handler that signs a user in and then logs out in one request has logged out", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  const exchange = await open(cookie);
  exchange.session.login({ issuer: "app", subject: "bob" });
  exchange.session.logout();
  const { cookies, refusal } = await exchange.settle(200);
  assert.equal(refusal, null);
  assert.match(cookies.join(), /Max-Age=0/);
  assert.equal((await open(cookie)).session.identity, null);
});

test("F-46 a login counts from when it was recorded, whatever is recorded after it", async () => {
  world = refreshWorld();
  const exchange = await open();
  const began = world.clock.now();
  exchange.session.login({ issuer: "app", subject: "bob" });
  const mark = exchange.ownerMarker;
  world.clock.advance(5);
  exchange.session.set({ n: 1 });
  assert.deepEqual([exchange.loginBegan, exchange.ownerMarker === mark], [began, true]);
  exchange.session.login({ issuer: "app", subject: "carol" });
  assert.deepEqual([exchange.loginBegan, exchange.ownerMarker === mark], [began + 5, false]);
});

test("F-46 intent is told of once, before it is recorded", async () => {
  world = refreshWorld();
  const exchange = await open();
  const pending: boolean[] = [];
  exchange.onIntent = () => pending.push(exchange.pending);
  exchange.session.set({ n: 1 });
  exchange.session.set({ n: 2 });
  assert.deepEqual([pending, exchange.pending], [[false], true]);
});

test("F-46 an exchange knows the provider and the tokens of its session, and without one neither", async () => {
  world = refreshWorld();
  const stored = tokens(0, world.clock.now() + LIFETIME);
  const known = await open(await world.signIn());
  assert.deepEqual([known.provider(), known.tokens()], ["default", stored]);
  const anonymous = await open();
  assert.deepEqual([anonymous.provider(), anonymous.tokens()], [null, null]);
});

test("F-46 once settled an exchange is closed: nothing more is stored, and intent is misuse", async () => {
  world = refreshWorld();
  const exchange = await open();
  exchange.session.set({ n: 1 });
  assert.equal(exchange.closed, false);
  const settling = exchange.settle(200);
  assert.equal(exchange.closed, true);
  assert.throws(() => exchange.session.set({ n: 2 }), { name: "TypeError", message: /the response has begun/ });
  assert.equal((await settling).cookies.length, 1);
  assert.deepEqual(exchange.settle(200), { cookies: [], refusal: null });
});

for (const [failed, status, keeps] of [
  [false, 200, true],
  [false, 499, true],
  [false, 500, false],
  [true, 200, false],
] as const) {
  test(`F-46 a handler ${failed ? "threw" : "ended"} with ${status}: change ${keeps ? "kept" : "dropped"}`, async () => {
    world = refreshWorld();
    const cookie = await world.signIn();
    const exchange = await open(cookie);
    exchange.session.set({ n: 1 });
    if (failed) exchange.fail();
    await exchange.settle(status);
    const expected: JsonObject = keeps ? { n: 1 } : {};
    assert.deepEqual((await open(cookie)).session.data, expected);
  });
}

test("F-46 the id of a session begins with when it ends, so that those that end together lie together", async () => {
  world = refreshWorld();
  const beginning = (id: string): Buffer => Buffer.from(id, "base64url").subarray(0, 4);
  for (const days of [0, 30]) {
    world.clock.advance(days * 86_400_000);
    const { proven } = await open(await world.signIn());
    const { id, expires } = proven?.row ?? assert.fail("not signed in");
    assert.deepEqual(beginning(id), beginning(mintTicket(systemEntropy, expires).id));
  }
});

test("F-46 S-45 a logout while a newer release writes the session clears the cookie and ends the session", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  const exchange = await open(cookie);
  const { row } = exchange.proven ?? assert.fail("not signed in");
  assert.equal(await world.store.put({ ...row, body: '{"format":2}', version: row.version + 1 }, row.version), true);
  exchange.session.logout();
  const { refusal, cookies } = await exchange.settle(200);
  assert.equal(refusal?.code, "ERR_LOGOUT_PENDING");
  assert.match(cookies.join(), /Max-Age=0/);
  await world.quiet();
  world.clock.advance(1_000);
  await world.quiet();
  assert.equal((await world.store.get(row.id))?.reason, "logout");
});
