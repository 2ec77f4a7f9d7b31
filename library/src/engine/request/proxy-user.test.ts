import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { cookieOf, idOf, nameAndValue } from "../../../test-support/cookies.ts";
import { turns } from "../../../test-support/event-loop.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { proxyReader } from "../../../test-support/proxy-reader.ts";
import { LIFETIME, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { NAVIGATION, requestWith } from "../../../test-support/requests.ts";
import type { AuditEvent, Identity, RequestView, RouteRequest, Session, SessionStore } from "../../contracts.ts";
import { unavailable } from "../../core/errors.ts";
import type { Auth } from "../../http/auth.ts";
import type { CoatcheckOptions } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import type { Known } from "./authenticate/resolver.ts";

type Data = Record<string, unknown>;

/** The user that the header names, with the groups of another header. */
const reader = proxyReader((request) => ({ groups: (request.header("x-groups") ?? "").split(",") }));

const clock = manualClock();
let auth: Auth<Data>;
let events: AuditEvent[];
let store: SessionStore;
afterEach(async () => {
  await auth.close();
  await store.close();
});

function start(proxy: Partial<CoatcheckOptions<Data>["proxy"]> = {}, over: SessionStore = memory()): void {
  store = over;
  ({ auth, events } = authWith<Data>({ store, clock, proxy: { reader, ...proxy } }));
}

interface Visit {
  readonly user?: string;
  readonly cookie?: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly navigates?: boolean;
}

function viewOf({ user, cookie, headers = {}, method = "GET", navigates = false }: Visit): RequestView {
  const all: Record<string, string> = {
    ...(navigates ? NAVIGATION : { accept: "*/*" }),
    ...(user === undefined ? {} : { "x-user": user }),
    ...(cookie === undefined ? {} : { cookie }),
    ...headers,
  };
  return requestWith(all, { method });
}

async function opened(visit: Visit) {
  const exchange = await auth.engine.open(viewOf(visit));
  return { exchange, decision: await exchange.admit({ require: "user" }) };
}

async function visited(visit: Visit, act: (session: Session<Data>) => void = () => undefined) {
  const { exchange, decision } = await opened(visit);
  if (decision.kind === "proceed") act(exchange.session);
  const { cookies, refusal } = await exchange.settle(200);
  return { exchange, decision, refusal, cookie: nameAndValue(cookies[0]) };
}

const created = (): number => events.filter(({ name }) => name === "session.created").length;

test("S-35 of a burst of twenty first requests of a page only the navigation stores a session", async () => {
  start();
  await Promise.all([...Array(20)].map((_, n) => visited({ user: "alice", navigates: n === 7 })));
  assert.equal(created(), 1);
});

test("S-35 S-01 a client without cookies behind the proxy stores none, however often it comes", async () => {
  start();
  for (let n = 0; n < 200; n++) {
    const { exchange, cookie } = await visited({ user: "robot" });
    assert.equal(exchange.session.identity?.subject, "robot");
    assert.equal(cookie, "");
  }
  assert.equal(created(), 0);
});

test("S-35 a matched session costs no write, no cookie, no look-up", async () => {
  const inner = memory();
  const calls: string[] = [];
  let lookups = 0;
  const watched = overStore(inner, {
    put: (row, condition) => {
      calls.push("put");
      return inner.put(row, condition);
    },
    end: (...args) => {
      calls.push("end");
      return inner.end(...args);
    },
  });
  const resolve = (): Known => {
    lookups += 1;
    return { owner: "u1" };
  };
  start({ resolve }, watched);
  const { cookie } = await visited({ user: "alice", navigates: true });
  const before = calls.length;
  for (let n = 0; n < 50; n++) assert.equal((await visited({ user: "alice", cookie, navigates: n % 2 === 0 })).cookie, "");
  assert.deepEqual([calls.length, lookups], [before, 1]);
});

test("S-34 what the handler writes is stored for the asserted user, and comes back with the cookie", async () => {
  start();
  const { cookie } = await visited({ user: "alice" }, (session) => session.set({ cart: 1 }));
  assert.match(cookie, /^__Host-Http-coatcheck=/);
  const { exchange } = await opened({ user: "alice", cookie });
  assert.deepEqual(exchange.session.data, { cart: 1 });
  assert.equal(exchange.session.owner, "proxy:test alice");
});

test("F-31 a user whom a proxy asserts has no access token, and no login is asked for, which would loop", async () => {
  start();
  const first = await visited({ user: "alice", navigates: true });
  await assert.rejects(first.exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE", status: 503 });
  const { exchange } = await opened({ user: "alice", cookie: first.cookie });
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE", status: 503 });
});

test("S-33 A-34 the claims are this request's, whatever the session was begun with", async () => {
  start();
  const { cookie } = await visited({ user: "alice", navigates: true, headers: { "x-groups": "a" } });
  const { exchange } = await opened({ user: "alice", cookie, headers: { "x-groups": "b,c" } });
  assert.deepEqual(exchange.session.identity?.claims, { groups: ["b", "c"] });
  assert.equal(exchange.session.via, "proxy");
});

test("S-30 the old session is over in the store before the handler runs, and its copied cookie is 401", async () => {
  start();
  const { cookie } = await visited({ user: "alice", navigates: true }, (session) => session.set({ secretOfAlice: 1 }));
  const { exchange, decision } = await opened({ user: "bob", cookie, navigates: true });
  assert.equal(decision.kind, "proceed");
  const id = idOf(cookie);
  assert.equal((await store.get(id))?.reason, "identity-changed");
  assert.deepEqual(exchange.session.data, {});
  assert.equal(exchange.session.identity?.subject, "bob");
  assert.equal((await opened({ cookie })).decision.kind, "refuse");
  await exchange.settle(200);
});

test("S-05 S-30 the store does not take the end: 503, and neither of the two is served", async () => {
  const inner = memory();
  let failing = false;
  const store = overStore(inner, {
    end: (...args) => {
      if (failing) throw new Error("away");
      return inner.end(...args);
    },
  });
  start({}, store);
  const { cookie } = await visited({ user: "alice", navigates: true });
  failing = true;
  const { decision, exchange } = await opened({ user: "bob", cookie });
  assert.equal(decision.kind, "unavailable");
  assert.equal(exchange.session.identity, null);
  assert.deepEqual(await exchange.settle(503), { cookies: [], refusal: null });
  failing = false;
  assert.equal((await opened({ user: "alice", cookie })).exchange.session.identity?.subject, "alice", "still signed in");
});

test("CS-01 a request of another site is refused before anything ends", async () => {
  start();
  const { cookie } = await visited({ user: "alice", navigates: true });
  const headers = { "sec-fetch-site": "cross-site" };
  const { decision } = await opened({ user: "bob", cookie, method: "POST", headers });
  assert.equal(decision.kind === "refuse" && decision.status, 403);
  assert.equal((await opened({ user: "alice", cookie })).exchange.session.id !== null, true);
});

test("CS-10 a proxy's header is ambient: a cross-site POST is refused without a cookie or origin too", async () => {
  start();
  for (const headers of [{ "sec-fetch-site": "cross-site" }, {}]) {
    const { decision } = await opened({ user: "alice", method: "POST", headers });
    assert.equal(decision.kind === "refuse" && decision.code, "ERR_CROSS_SITE");
  }
});

test("S-32 blocked in the meantime: their own session ends, 403 for them and for the copied cookie 401", async () => {
  let known: Known = { owner: "u1" };
  start({ resolve: () => known });
  const { cookie } = await visited({ user: "alice", navigates: true });
  known = { blocked: true };
  auth.forget("u1");
  const { decision } = await opened({ user: "alice", cookie });
  assert.equal(decision.kind === "refuse" && decision.status, 403);
  assert.equal((await opened({ cookie })).decision.kind, "refuse");
  assert.ok(events.some(({ name, reason }) => name === "session.ended" && reason === "admin"));
});

test("S-31 the user table is away: 503, nothing ended, and both are still signed in afterwards", async () => {
  let away = false;
  const resolve = ({ subject }: Identity): Known => {
    if (away) unavailable(new Error("away"));
    return { owner: subject };
  };
  start({ resolve, cacheFor: 0 });
  const alice = (await visited({ user: "alice", navigates: true })).cookie;
  const bob = (await visited({ user: "bob", navigates: true })).cookie;
  away = true;
  for (const [user, cookie] of [
    ["alice", alice],
    ["bob", alice],
    ["bob", bob],
  ] as const) {
    const { decision, exchange } = await opened({ user, cookie, navigates: true });
    assert.equal(decision.kind, "unavailable");
    assert.equal(exchange.session.identity, null);
    assert.deepEqual(await exchange.settle(503), { cookies: [], refusal: null });
  }
  away = false;
  for (const [user, cookie] of [
    ["alice", alice],
    ["bob", bob],
  ] as const) {
    assert.equal((await visited({ user, cookie, navigates: true })).cookie, "", "their own session still counts");
  }
});

test("S-35 register: of twenty first requests at once one makes the user, and all are served as them", async () => {
  const users = new Map<string, Known>();
  let made = 0;
  start({
    unknown: "register",
    resolve: async ({ subject }) => users.get(subject) ?? null,
    register: async ({ subject }) => {
      made += 1;
      await turns();
      users.set(subject, { owner: `new ${subject}` });
      return { owner: `new ${subject}` };
    },
  });
  const all = await Promise.all([...Array(20)].map((_, n) => visited({ user: "carol", navigates: n === 0 })));
  for (const { exchange } of all) assert.equal(exchange.session.owner, "new carol");
  assert.deepEqual([made, created()], [1, 1]);
});

test("S-32 unknown: anonymous by default, 403 if configured; another user's session is over either way", async () => {
  for (const unknown of ["anonymous", "refuse"] as const) {
    let known: Known = { owner: "u1" };
    start({ unknown, resolve: () => known, cacheFor: 0 });
    const { cookie } = await visited({ user: "alice", navigates: true });
    known = null;
    const { decision, exchange } = await opened({ user: "nobody-we-know", cookie });
    assert.equal(decision.kind === "refuse" && decision.status, unknown === "refuse" ? 403 : 401);
    assert.equal(exchange.session.identity, null);
    assert.equal((await opened({ cookie })).exchange.session.id, null);
  }
});

test("a session that began from an assertion does not count without one, and is neither ended nor cleared", async () => {
  start();
  const { cookie } = await visited({ user: "alice", navigates: true });
  const without = await visited({ cookie, navigates: true });
  assert.deepEqual([without.decision.kind, without.cookie], ["login", ""]);
  assert.equal((await opened({ user: "alice", cookie })).exchange.session.id !== null, true);
});

test("S-10 an anonymous session's data become the asserted user's, in a new record", async () => {
  start();
  const anonymous = await auth.engine.open(viewOf({ navigates: true }));
  anonymous.session.set({ cart: 2 });
  const before = cookieOf(await anonymous.settle(200));
  const { cookie } = await visited({ user: "alice", cookie: before, navigates: true });
  assert.notEqual(cookie, before);
  assert.deepEqual((await opened({ user: "alice", cookie })).exchange.session.data, { cart: 2 });
  assert.equal((await opened({ cookie: before })).exchange.session.id, null);
});

test("S-33 if the provider ends the session at its refresh, the proxy's user is served, without a session", async () => {
  const resolve = ({ subject }: Identity): Known => ({ owner: `https://provider.test ${subject}` });
  const world = refreshWorld(1, { proxy: { reader, resolve } });
  try {
    const cookie = await world.signIn();
    world.clock.advance(LIFETIME);
    world.provider.always(() => ({ kind: "refused", cause: null }));
    const { header } = viewOf({ user: "alice", cookie, navigates: true });
    const asked = await world.replica().ask(cookie, { header });
    assert.equal(asked.decision.kind, "proceed");
    const { session } = asked.exchange;
    assert.deepEqual([session.identity?.subject, session.id, session.via], ["alice", null, "proxy"]);
    assert.match((await asked.exchange.settle(200)).cookies[0] ?? "", /^__Host-Http-coatcheck=\w/, "they begin another");
    const { exchange } = await world.replica().ask(cookie);
    assert.equal(exchange.dead?.reason, "provider");
  } finally {
    await world.close();
  }
});

test("a handler that signs in another identity itself wins over the assertion", async () => {
  start();
  const { cookie } = await visited({ user: "alice", navigates: true }, (session) =>
    session.login({ issuer: "app", subject: "support" }),
  );
  const row = await store.get(idOf(cookie));
  assert.equal(row?.owner, "app support");
});

test("LO-01 the logout of a proxy's user ends the session and goes on to the proxy's sign-out", async () => {
  const signOutUrl = "https://login.example.com/oauth2/sign_out";
  start({ signOutUrl });
  const { cookie } = await visited({ user: "alice", navigates: true });
  const { method, header } = viewOf({ user: "alice", cookie, method: "POST", headers: { "sec-fetch-site": "same-origin" } });
  const request: RouteRequest = { method, target: "/auth/logout", header, origin: ORIGIN, body: async () => "" };
  const answer = await auth.engine.serve(request);
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.find(([name]) => name === "location")?.[1], signOutUrl);
  assert.equal((await opened({ user: "alice", cookie })).exchange.session.id, null);
  assert.throws(() => start({ signOutUrl: "javascript:alert(1)" }), /signOutUrl/);
});

test("TP-03 an adapter that does not know the peer refuses", async () => {
  start();
  await assert.rejects(
    auth.handle(new Request(ORIGIN), () => new Response()),
    /needs the address of the peer/,
  );
  assert.equal(
    (
      await auth.handle(new Request(ORIGIN, { headers: { "x-user": "alice" } }), (session) => new Response(session.owner), {
        peer: "127.0.0.1",
      })
    ).status,
    200,
  );
});

test("F-69 S-56 a bug in the app's resolve is 500 and the app's own, and ends nothing", async () => {
  let known: () => Known = () => ({ owner: "u1" });
  start({ resolve: () => known(), cacheFor: 0 });
  const { cookie } = await visited({ user: "alice", navigates: true });
  const bugs: readonly (() => Known)[] = [
    () => {
      throw new TypeError("users.find is not a function");
    },
    () => JSON.parse('{"id":7}'),
  ];
  for (const bug of bugs) {
    known = bug;
    const request = new Request(`${ORIGIN}/`, { headers: { "x-user": "alice", cookie } });
    const answer = await auth.handle(request, () => new Response("served"), { peer: "10.0.0.1" });
    assert.deepEqual([answer.status, JSON.parse(await answer.text()).code], [500, "ERR_APP_HOOK"]);
    assert.equal(answer.headers.get("set-cookie"), null);
    const [failure] = events.filter(({ name }) => name === "proxy.lookup-failed").slice(-1);
    assert.deepEqual([failure?.level, failure?.reason, failure?.code], ["error", "app", "ERR_APP_HOOK"]);
  }
  known = () => ({ owner: "u1" });
  assert.equal((await opened({ user: "alice", cookie })).exchange.session.id !== null, true);
});
