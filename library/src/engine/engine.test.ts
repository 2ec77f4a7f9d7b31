import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import { inspect } from "node:util";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import { cookieOf, nameAndValue } from "../../test-support/cookies.ts";
import { engineOf } from "../../test-support/engine/inside.ts";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import { requestWith } from "../../test-support/requests.ts";
import { failingStore } from "../../test-support/stores/failing-store.ts";
import { freshPaths } from "../../test-support/stores/sqlite-paths.ts";
import type { AuditEvent, RequestView, SessionRow, SessionStore, Settlement } from "../contracts.ts";
import type { Auth } from "../http/auth.ts";
import { coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite.ts";
import { type ManualClock, manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import type { RequestExchange } from "./request/exchange.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

// Every test runs on memory, where calls answer at once, and once more on a file, as several replicas share it.
const freshPath = freshPaths();
const STORES: readonly (readonly [name: string, open: () => SessionStore])[] = [
  ["memory", () => memory()],
  ["SQLite", () => sqlite(freshPath())],
];

let openStore: () => SessionStore;

function test(name: string, body: () => Promise<void>): void {
  for (const [kind, open] of STORES) {
    nodeTest(`${name} (${kind})`, async () => {
      openStore = open;
      begin();
      try {
        await body();
      } finally {
        await auth.close();
        await store.close();
      }
    });
  }
}

let clock: ManualClock;
let store: SessionStore;
let auth: Auth<Record<string, number>>;
let events: AuditEvent[];

function begin(): void {
  clock = manualClock();
  store = openStore();
  events = [];
  auth = make(store);
}

function make(over: SessionStore): Auth<Record<string, number>> {
  return coatcheck<Record<string, number>>({
    publicUrl: ORIGIN,
    secrets: SECRET,
    store: over,
    clock,
    on: (event) => events.push(event),
  });
}

function view(cookie: string | null, headers: Record<string, string> = {}, method = "GET"): RequestView {
  return requestWith({ ...headers, ...(cookie === null ? {} : { cookie }) }, { method });
}

const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

async function open(cookie: string | null, headers?: Record<string, string>): Promise<RequestExchange<Record<string, number>>> {
  return engineOf(auth).open(view(cookie, headers));
}

/** One request: opens, lets `act` record, settles with `status`. */
async function request(
  cookie: string | null,
  act: (exchange: RequestExchange<Record<string, number>>) => void = () => undefined,
  status = 200,
): Promise<Settlement> {
  const exchange = await open(cookie);
  act(exchange);
  return exchange.settle(status);
}

const who = async (cookie: string): Promise<string | null> => (await open(cookie)).session.identity?.subject ?? null;
const shownId = async (cookie: string): Promise<string> => (await open(cookie)).session.id ?? "";

test("S-01 a request that only reads leaves no row and no cookie", async () => {
  const settled = await request(null, ({ session }) => assert.deepEqual(session.data, {}));
  assert.deepEqual(settled, { cookies: [], refusal: null });
  assert.equal(events.length, 0);
});

test("S-10 CB-09 SE-07 a login makes a new record, and the presented one is dead", async () => {
  const anonymous = cookieOf(await request(null, ({ session }) => session.set({ cart: 1 })));
  const signedIn = cookieOf(await request(anonymous, ({ session }) => session.login({ issuer: "app", subject: "alice" })));
  assert.notEqual(signedIn, anonymous);
  assert.equal(await who(signedIn), "alice");
  const again = await open(anonymous);
  assert.equal(again.session.endedReason, "replaced");
  assert.deepEqual((await open(signedIn)).session.data, { cart: 1 });
});

test("CB-10 another user's login ends the old session and sees none of its data", async () => {
  const alice = await signIn(auth, { subject: "alice" }, (session) => session.set({ secret: 1 }));
  const bob = cookieOf(await request(alice, ({ session }) => session.login({ issuer: "test", subject: "bob" })));
  assert.equal(await who(alice), null);
  assert.equal(await who(bob), "bob");
  assert.deepEqual((await open(bob)).session.data, {});
  assert.ok(events.some((event) => event.name === "session.ended" && event.reason === "identity-changed"));
});

test("S-42 LO-01 SE-08 after logout the copied cookie is dead, a second is harmless, other sessions live", async () => {
  const one = await signIn(auth, { subject: "alice" });
  const other = await signIn(auth, { subject: "alice" });
  const settled = await request(one, ({ session }) => session.logout());
  assert.match(settled.cookies[0] ?? "", /^__Host-Http-coatcheck=; Max-Age=0; .*Secure/);
  assert.equal(await who(one), null);
  assert.equal((await request(one, ({ session }) => session.logout())).refusal, null);
  assert.equal(await who(other), "alice");
});

test("SE-12 S-21 a write that was on its way when the session ended is refused, and brings nothing back", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const late = await open(cookie);
  late.session.set({ late: 1 });
  await request(cookie, ({ session }) => session.logout());
  const settled = await late.settle(200);
  assert.equal(settled.refusal?.code, "ERR_SESSION_ENDED");
  assert.deepEqual(settled.cookies, []);
  assert.equal(await who(cookie), null);
});

test("SE-12 fifty requests that write at once lose no edit", async () => {
  const cookie = await signIn(auth, { subject: "alice" }, (session) => session.set({ n: 0 }));
  const exchanges = await Promise.all(Array.from({ length: 50 }, () => open(cookie)));
  for (const { session } of exchanges) session.update((data) => ({ ...data, n: (data["n"] ?? 0) + 1 }));
  const settled = await Promise.all(exchanges.map((exchange) => exchange.settle(200)));
  assert.ok(settled.every(({ refusal }) => refusal === null));
  assert.deepEqual((await open(cookie)).session.data, { n: 50 });
});

test("SE-12 an edit between a login's reading and its writing is taken over too", async () => {
  const cookie = await signIn(auth, { subject: "alice" }, (session) => session.set({ before: 1 }));
  const again = await open(cookie);
  again.session.login({ issuer: "test", subject: "alice" });
  await request(cookie, ({ session }) => session.set({ meanwhile: 1 }));
  const next = cookieOf(await again.settle(200));
  assert.deepEqual((await open(next)).session.data, { before: 1, meanwhile: 1 });
  assert.equal((await store.list({ owner: "test alice" }, 10, clock.now())).length, 1, "the abandoned try is not left alive");
});

test("SE-07 the exchanged secret works for ten seconds, then no more; the ones before it never", async () => {
  const first = await signIn(auth, { subject: "alice" });
  const second = cookieOf(await request(first, ({ session }) => session.rotate()));
  assert.notEqual(second, first);
  assert.equal(await shownId(second), await shownId(first));
  clock.advance(9_999);
  assert.equal(await who(first), "alice");
  clock.advance(1);
  assert.equal(await who(first), null);
  assert.equal(await who(second), "alice");
  const third = cookieOf(await request(second, ({ session }) => session.rotate()));
  assert.equal(await who(first), null);
  assert.equal(await who(third), "alice");
});

test("SE-07 two requests that rotate at once leave the browser with a ticket that lives", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const [one, two] = await Promise.all([open(cookie), open(cookie)]);
  one.session.rotate();
  two.session.rotate();
  const settled = await Promise.all([one.settle(200), two.settle(200)]);
  const given = settled.flatMap(({ cookies }) => cookies);
  assert.equal(new Set(given).size, 1, "both are given the same secret");
  clock.advance(10_001);
  assert.equal(await who(nameAndValue(given[0])), "alice");
});

test("design §1.5 a 5xx keeps only a logout, a 4xx keeps the rest", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  await request(cookie, ({ session }) => session.set({ a: 1 }), 503);
  assert.deepEqual((await open(cookie)).session.data, {});
  await request(cookie, ({ session }) => session.set({ a: 1 }), 422);
  assert.deepEqual((await open(cookie)).session.data, { a: 1 });
  await request(cookie, ({ session }) => session.logout(), 500);
  assert.equal(await who(cookie), null);
});

test("later intent is a TypeError", async () => {
  const exchange = await open(null);
  await exchange.settle(200);
  assert.throws(() => exchange.session.set({ a: 1 }), TypeError);
  const logout = await open(await signIn(auth, { subject: "alice" }));
  logout.session.logout();
  assert.throws(() => logout.session.set({ a: 1 }), TypeError);
});

test("S-16 SE-02 SE-06 idle ends the session; a touch is written once in a while and by activity alone", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const id = await shownId(cookie);
  const seen = async (): Promise<number | undefined> => (await store.get(id))?.seen;
  const start = await seen();
  clock.advance(2 * MINUTE);
  (await open(cookie)).touch(200);
  assert.equal(await seen(), start, "not due");
  clock.advance(2 * MINUTE);
  (await open(cookie)).touch(404);
  assert.equal(await seen(), start, "a failure is no activity");
  (await open(cookie)).touch(200);
  assert.equal(await seen(), clock.now());
  clock.advance(HOUR);
  assert.equal(await who(cookie), "alice");
  clock.advance(1);
  assert.equal(await who(cookie), null);
  assert.equal((await open(cookie)).session.endedReason, "idle");
});

test("S-16 SE-03 a request every minute does not move the absolute end", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const end = clock.now() + 24 * HOUR;
  while (clock.now() < end - MINUTE) {
    clock.advance(MINUTE);
    const exchange = await open(cookie);
    assert.equal(exchange.session.identity?.subject, "alice");
    if (clock.now() % HOUR === 0) {
      exchange.session.set({ hour: clock.now() });
      await exchange.settle(200);
    }
    exchange.touch(200);
  }
  clock.advance(MINUTE);
  assert.equal(await who(cookie), null);
  assert.equal((await open(cookie)).session.endedReason, "expired");
});

test("CK-08 Max-Age is what is left of the lifetime, also after an exchange", async () => {
  const first = await request(null, ({ session }) => session.login({ issuer: "i", subject: "s" }));
  assert.match(first.cookies[0] ?? "", /; Max-Age=86400;/);
  clock.advance(30 * MINUTE);
  const second = await request(cookieOf(first), ({ session }) => session.rotate());
  assert.match(second.cookies[0] ?? "", /; Max-Age=84600;/);
});

test("SE-01 an id that was never given out is never adopted", async () => {
  const invented = `__Host-Http-coatcheck=${"A".repeat(22)}.${"A".repeat(43)}`;
  const exchange = await open(invented);
  assert.equal(exchange.session.identity, null);
  exchange.session.login({ issuer: "i", subject: "s" });
  const cookie = cookieOf(await exchange.settle(200));
  assert.equal(cookie.includes("A".repeat(22)), false);
});

test("S-14 CK-11 of two cookies of our name a dead one is ignored, two live ones are none and reported", async () => {
  const alice = await signIn(auth, { subject: "alice" });
  const bob = await signIn(auth, { subject: "bob" });
  const dead = `__Host-Http-coatcheck=${"A".repeat(22)}.${"A".repeat(43)}`;
  assert.equal(await who(`${dead}; ${alice}`), "alice");
  assert.equal(await who(`${alice}; ${dead}`), "alice");
  assert.equal(await who(`${alice}; ${alice}`), "alice", "the same ticket twice is one");
  assert.equal(await who(`${alice}; ${bob}`), null);
  assert.ok(events.some((event) => event.name === "session.ambiguous"));
  assert.equal(await who(alice.replace("__Host", "__host")), null, "names count in their case");
});

test("A-30 CR-03 a malformed cookie is anonymous, and only a navigation clears it", async () => {
  for (const value of ["", "x", "..", `${"A".repeat(22)}.`, "%00", '"quoted"', "=;=", "A".repeat(9000)]) {
    const exchange = await open(`__Host-Http-coatcheck=${value}`);
    assert.equal(exchange.session.identity, null, value);
    assert.deepEqual(await exchange.settle(401), { cookies: [], refusal: null });
  }
  const navigation = await open("__Host-Http-coatcheck=x", NAVIGATION);
  assert.match((await navigation.settle(200)).cookies[0] ?? "", /Max-Age=0/);
});

test("S-05 SE-16 a store that does not answer is 503 and no logout; afterwards all users are signed in", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const { store: troubled, failing } = failingStore(store);
  auth = make(troubled);
  failing.add("get");
  const lookUp = await open(cookie, NAVIGATION);
  assert.deepEqual(lookUp.decide({ require: "none" }).kind, "unavailable");
  assert.deepEqual(await lookUp.settle(503), { cookies: [], refusal: null });
  failing.clear();
  const leave = (exchange: RequestExchange<Record<string, number>>): void => exchange.session.logout();
  for (const [broken, act] of [
    ["put", (exchange: RequestExchange<Record<string, number>>) => exchange.session.set({ a: 1 })],
    ["put", (exchange: RequestExchange<Record<string, number>>) => exchange.session.rotate()],
    ["put", (exchange: RequestExchange<Record<string, number>>) => exchange.session.login({ issuer: "test", subject: "alice" })],
    [
      "marked",
      (exchange: RequestExchange<Record<string, number>>) => exchange.session.login({ issuer: "test", subject: "alice" }),
    ],
    ["put", leave],
    ["end", (exchange: RequestExchange<Record<string, number>>) => exchange.session.login({ issuer: "test", subject: "bob" })],
  ] as const) {
    failing.add(broken);
    const { cookies, refusal } = await request(cookie, act);
    assert.equal(refusal?.status, 503, broken);
    assert.deepEqual(
      cookies.map((line) => line.split(";")[1]),
      act === leave ? [" Max-Age=0"] : [],
      "S-45 a logout clears it all the same",
    );
    failing.clear();
    assert.equal(await who(cookie), "alice");
  }
  failing.add("touch");
  clock.advance(10 * MINUTE);
  (await open(cookie)).touch(200);
  assert.ok(events.some((event) => event.name === "touch.failed"));
});

test("SE-09 endAll ends every session of an owner, and one whose login is on its way", async () => {
  const one = await signIn(auth, { subject: "alice" });
  const two = await signIn(auth, { subject: "alice" });
  const bob = await signIn(auth, { subject: "bob" });
  const gate = gatedMarkers(store);
  auth = make(gate.store);
  const login = request(null, ({ session }) => session.login({ issuer: "test", subject: "alice" }));
  await gate.reached;
  assert.equal(await auth.endAll("test alice"), 2);
  gate.open();
  assert.equal((await login).refusal?.code, "ERR_SESSION_ENDED");
  assert.deepEqual([await who(one), await who(two), await who(bob)], [null, null, "bob"]);
  assert.deepEqual(await store.list({ owner: "test alice" }, 10, clock.now()), []);
  const later = cookieOf(await request(null, ({ session }) => session.login({ issuer: "test", subject: "alice" })));
  assert.equal(await who(later), "alice", "a later login is free");
});

/** Stops the first login between its reading of the owner's mark and its writing. */
function gatedMarkers(real: SessionStore): { store: SessionStore; reached: Promise<void>; open: () => void } {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let first = true;
  const put = async (row: SessionRow, condition: "absent" | number): Promise<boolean> => {
    if (first) {
      first = false;
      reached.resolve();
      await gate.promise;
    }
    return real.put(row, condition);
  };
  return { store: overStore(real, { put }), reached: reached.promise, open: gate.resolve };
}

test("S-11 accessToken gives the stored token while it lives, then ERR_TOKEN_UNAVAILABLE; no session ends", async () => {
  const exchange = await open(null);
  const identity = { issuer: "https://id", subject: "alice", claims: {}, authenticatedAt: 0, method: "oidc:default" };
  const tokens = {
    accessToken: "canary-token",
    refreshToken: "canary-refresh",
    idToken: null,
    scope: null,
    expires: clock.now() + MINUTE,
  };
  exchange.loginFromProvider({ identity, tokens, sid: "s1", issuedAt: clock.now() }, "default");
  const cookie = cookieOf(await exchange.settle(303));
  assert.equal(await (await open(cookie)).session.accessToken(), "canary-token");
  const row = await store.get(await shownId(cookie));
  assert.equal(JSON.stringify(row).includes("canary"), false);
  clock.advance(MINUTE);
  const stale = await open(cookie);
  assert.equal(stale.verdict.kind, "stale");
  assert.equal(stale.session.identity?.subject, "alice");
  await assert.rejects(stale.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE" });
  await assert.rejects((await open(null)).session.accessToken(), { code: "ERR_SESSION_ENDED" });
});

test("S-39 CR-09 replicas of one secret serve the session; one with another loses only sealed things", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  auth = make(store);
  assert.equal(await who(cookie), "alice");
});

test("a handler cannot change what another request reads", async () => {
  const cookie = await signIn(auth, { subject: "alice" }, (session) => session.set({ a: 1 }));
  const { data, identity } = (await open(cookie)).session;
  assert.throws(() => Reflect.apply(Object.assign, null, [data, { a: 2 }]), TypeError);
  assert.equal(Object.isFrozen(identity), true);
});

test("ready tells of store, providers and keys; close may come twice", async () => {
  const readiness = await auth.ready();
  assert.deepEqual({ ...readiness, keys: null }, { ready: true, store: true, providers: [], keys: null });
  assert.equal(readiness.keys.opens.length, 1);
  await store.close();
  assert.equal((await auth.ready()).ready, false);
  await auth.close();
  await auth.close();
});

test("A-34 the claims of a new sign-in reach the next request, and none of the old ones stay", async () => {
  const before = await signIn(auth, { subject: "alice", claims: { groups: ["admins"], name: "Alice" } });
  const exchange = await open(before);
  exchange.session.login({ issuer: "test", subject: "alice", claims: { groups: [] } });
  const after = cookieOf(await exchange.settle(200));
  assert.deepEqual((await open(after)).session.identity?.claims, { groups: [] });
});

test("CK-06 the ticket, whatever the session holds, is one small cookie", async () => {
  const groups = Array.from({ length: 300 }, (_, index) => `a-rather-long-group-name-${index}`);
  const { cookies } = await request(null, ({ session }) => session.login({ issuer: "i", subject: "s", claims: { groups } }));
  assert.equal(cookies.length, 1);
  assert.ok((cookies[0] ?? "").length < 256);
  assert.deepEqual((await open(cookieOf({ cookies }))).session.identity?.claims, { groups });
});

test("data of an older schema read as none, and the next change makes them fit", async () => {
  const cookie = await signIn(auth, { subject: "alice" }, (session) => session.set({ cart: 7 }));
  const newer = coatcheck({
    publicUrl: ORIGIN,
    secrets: SECRET,
    store,
    clock,
    data: z.object({ cart: z.array(z.string()).default([]) }),
    on: (event) => events.push(event),
  });
  const first = await newer.engine.open(view(cookie));
  assert.deepEqual(first.session.data, { cart: [] });
  assert.ok(events.some(({ name, level }) => name === "session.data-invalid" && level === "warn"));
  first.session.update((data) => ({ cart: [...data.cart, "umbrella"] }));
  assert.equal((await first.settle(200)).refusal, null);
  assert.deepEqual((await newer.engine.open(view(cookie))).session.data, { cart: ["umbrella"] });
  await newer.close();
});

test("a schema that does not take the empty object, or answers later, is refused at start", async () => {
  const over = (data: StandardSchemaV1) => () => coatcheck({ publicUrl: "https://a.example", secrets: SECRET, store, data });
  assert.throws(over(z.object({ cart: z.array(z.string()) })), /must take \{\}.*cart/);
  const later = { "~standard": { version: 1, vendor: "test", validate: async (value: unknown) => ({ value }) } } as const;
  assert.throws(over(later), TypeError);
});

test("SE-09 endAll takes issuer and subject too", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  assert.equal(await auth.endAll({ issuer: "test", subject: "alice" }), 1);
  assert.equal(await who(cookie), null);
});

test("SE-06 POST session is activity, at most once a minute, and GET session is none", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const id = await shownId(cookie);
  const ask = async (method: "GET" | "POST"): Promise<number | undefined> => {
    const request = { ...view(cookie, { "sec-fetch-site": "same-origin" }, method), target: "/auth/session" };
    const { status } = await auth.engine.serve({ ...request, origin: ORIGIN, body: async () => "" });
    assert.equal(status, method === "GET" ? 200 : 204);
    return (await store.get(id))?.seen;
  };
  const start = clock.now();
  clock.advance(MINUTE - 1);
  assert.equal(await ask("POST"), start, "not yet a minute");
  clock.advance(1);
  assert.equal(await ask("GET"), start);
  assert.equal(await ask("POST"), clock.now());
  const touched = clock.now();
  clock.advance(MINUTE - 1);
  assert.equal(await ask("POST"), touched);
});

test("an exchange that was only opened lets no caller pass", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const exchange = await open(cookie);
  assert.deepEqual(exchange.decision, { kind: "unavailable", code: "ERR_INTERNAL" });
  assert.deepEqual(await exchange.admit({ require: "user" }), { kind: "proceed" });
  assert.deepEqual(exchange.decision, { kind: "proceed" });
});

test("what the engine is made of, its keyring too, is not to be had from an auth", async () => {
  const exchange = await auth.engine.open(view(null));
  for (const shown of [auth.engine, exchange, exchange.session, auth.engine.constructor]) {
    assert.equal(Reflect.get(shown, "options"), undefined);
    assert.equal(Reflect.get(shown, "optionsOf"), undefined);
    assert.doesNotMatch(inspect(shown, { depth: 8, showHidden: true, getters: true }), /keyring|signingKeys/);
  }
});

test("an endpoint takes no exchange that is not of its engine, since what it recorded would be lost", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const exchange = await auth.engine.open(view(cookie));
  const request = { ...view(cookie), target: "/auth/session", origin: ORIGIN, body: async () => "" };
  assert.equal((await auth.engine.serve(request, exchange)).status, 200);
  const foreign = { request, session: exchange.session };
  await assert.rejects(async () => Reflect.apply(auth.engine.serve, auth.engine, [request, foreign]), { name: "TypeError" });
});
