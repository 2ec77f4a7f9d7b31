import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { cookieOf } from "../../../test-support/cookies.ts";
import { engineOf } from "../../../test-support/engine/inside.ts";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import type { AuditEvent, Principal, RequestView, RouteRequest, SessionRow, SessionStore, Strategy } from "../../contracts.ts";
import type { Auth } from "../../http/auth.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { signIn } from "../../testing/sign-in.ts";
import type { RequestExchange } from "./exchange.ts";

let clock: ManualClock;
let store: SessionStore;
let auth: Auth<Record<string, unknown>>;
let events: AuditEvent[];

beforeEach(() => {
  clock = manualClock();
  store = memory();
  events = [];
  auth = make(store);
});

afterEach(async () => {
  await auth.close();
  await store.close();
});

function make(over: SessionStore, strategies: readonly Strategy[] = []): Auth<Record<string, unknown>> {
  const provider = fakeProvider({ users: [{ subject: "alice" }] });
  return coatcheck<Record<string, unknown>>({
    publicUrl: ORIGIN,
    secrets: SECRET,
    store: over,
    clock,
    provider,
    strategies,
    on: (event) => events.push(event),
  });
}

function view(cookie: string | null, headers: Record<string, string> = {}, method = "GET", target = "/"): RouteRequest {
  const all: Record<string, string> = { ...headers, ...(cookie === null ? {} : { cookie }) };
  return { method, target, origin: ORIGIN, header: (name) => all[name], body: async () => "" };
}

async function open(cookie: string | null): Promise<RequestExchange<Record<string, unknown>>> {
  return engineOf(auth).open(view(cookie));
}

const who = async (cookie: string): Promise<string | null> => (await open(cookie)).session.identity?.subject ?? null;
const alive = (): Promise<number> =>
  Promise.resolve(store.list({ owner: "test alice" }, 10, clock.now())).then((rows) => rows.length);
const ALICE = { issuer: "test", subject: "alice" };

test("SE-09 design §1.6 endAll beats a login that the handler has recorded and not yet settled", async () => {
  const login = await open(null);
  login.session.login(ALICE);
  await auth.endAll("test alice");
  const settled = await login.settle(200);
  assert.equal(settled.refusal?.code, "ERR_SESSION_ENDED");
  assert.deepEqual(settled.cookies, []);
  assert.equal(await alive(), 0);
});

test("SE-09 design §1.6 endAll beats a login that is planned again after a conflict", async () => {
  const before = await signIn(auth, ALICE);
  const id = (await open(before)).session.id;
  let conflicts = 0;
  auth = make(
    overStore(store, {
      put: async (row, condition) => {
        if (row.id === id && row.ended !== null && conflicts++ === 0) {
          await auth.endAll("test alice");
          return false;
        }
        return store.put(row, condition);
      },
    }),
  );
  const login = await open(before);
  login.session.login(ALICE);
  const settled = await login.settle(200);
  assert.equal(settled.refusal?.code, "ERR_SESSION_ENDED");
  assert.equal(await alive(), 0);
});

test("design §1.2 a login whose answers got lost leaves no session alive that no browser holds", async () => {
  for (const lost of ["put", "marked"] as const) {
    let looks = 0;
    const away = (): never => {
      throw new Error("the store is away");
    };
    auth = make(
      overStore(store, {
        put: (row: SessionRow, condition) => {
          const written = store.put(row, condition);
          return lost === "put" ? away() : written;
        },
        marked: (key, now) => (lost === "marked" && looks++ > 0 ? away() : store.marked(key, now)),
      }),
    );
    const login = await open(null);
    login.session.login(ALICE);
    const settled = await login.settle(200);
    assert.equal(settled.refusal?.status, 503, lost);
    await auth.close();
    assert.equal(await alive(), 0, lost);
  }
});

test("design §1.5 a 5xx after logout and login in one request still logs out", async () => {
  const cookie = await signIn(auth, ALICE);
  const exchange = await open(cookie);
  exchange.session.logout();
  exchange.session.login({ issuer: "test", subject: "bob" });
  const settled = await exchange.settle(500);
  assert.match(settled.cookies[0] ?? "", /Max-Age=0/);
  assert.equal(await who(cookie), null);
});

test("design §1.2 no token of the old identity is given to a request that signed another user in", async () => {
  const identity = { issuer: "https://id", subject: "alice", claims: {}, authenticatedAt: 0, method: "oidc:default" };
  const tokens = { accessToken: "canary", refreshToken: null, idToken: null, scope: null, expires: clock.now() + 60_000 };
  const first = await open(null);
  first.loginFromProvider({ identity, tokens, sid: null, issuedAt: clock.now() }, "default");
  const exchange = await open(cookieOf(await first.settle(303)));
  exchange.session.login({ issuer: "test", subject: "bob" });
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE" });
});

test("CB-10 what was recorded for one identity is not given to the next within a request", async () => {
  const cookie = await signIn(auth, ALICE);
  const exchange = await open(cookie);
  exchange.session.login({ issuer: "test", subject: "bob" });
  exchange.session.set({ bobs: 1 });
  exchange.session.login(ALICE);
  const next = cookieOf(await exchange.settle(200));
  assert.deepEqual((await open(next)).session.data, {});
});

test("A-30 data nested deeper than the stack are refused when they are set, and lock no user out", async () => {
  const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));
  for (const depth of [500, 3000, 6000, 12000, 30000]) {
    const cookie = await signIn(auth, ALICE);
    const exchange = await open(cookie);
    try {
      exchange.session.set({ deep: nested(depth) });
    } catch {
      continue;
    }
    const settled = await exchange.settle(200);
    if (settled.refusal !== null) console.log(depth, settled.refusal.code);
    const next = await open(cookie);
    assert.ok("session" in next, String(depth));
    assert.doesNotThrow(() => next.session.data, String(depth));
    next.session.logout();
    assert.equal((await next.settle(200)).refusal, null, String(depth));
  }
});

const bearer: Strategy = {
  name: "bearer",
  ambient: false,
  presented: (request: RequestView) => request.header("authorization") !== undefined,
  examine: ({ request }) => {
    if (request.header("authorization") === undefined) return { kind: "abstain" };
    const identity = { issuer: "api", subject: "robot", claims: {}, authenticatedAt: 0, method: "api" };
    const principal: Principal = { identity, owner: "api robot", ambient: false };
    return { kind: "principal", principal };
  },
};

test("LO-01 a bearer has no session to log out of: the endpoint answers so, and not with a 500", async () => {
  auth = make(store, [bearer]);
  const request = view(null, { authorization: "Bearer x" }, "POST", "/auth/logout");
  const answer = await auth.engine.serve(request).catch((error: unknown) => error);
  assert.ok(
    typeof answer === "object" && answer !== null && "code" in answer ? answer.code === "ERR_BAD_REQUEST" : false,
    String(answer),
  );
});

test("design §1.2 a login that cannot look for a logout leaves the session that was there", async () => {
  const cookie = await signIn(auth, ALICE);
  let looks = 0;
  auth = make(
    overStore(store, {
      marked: (key, now) => {
        if (looks++ > 0) throw new Error("the store is away");
        return store.marked(key, now);
      },
    }),
  );
  const login = await open(cookie);
  login.session.login(ALICE);
  assert.equal((await login.settle(200)).refusal?.status, 503);
  await auth.close();
  assert.equal(await who(cookie), "alice");
  assert.equal(await alive(), 1);
});

test("A-30 a logout for a host that is none of ours is 421 and logs no user out", async () => {
  const both = coatcheck({
    publicUrl: [ORIGIN, "https://other.example.com"],
    secrets: SECRET,
    store,
    clock,
    provider: fakeProvider({ users: [{ subject: "alice" }] }),
  });
  const cookie = await signIn(both, ALICE);
  const send = (host: string): Promise<Response> =>
    both.handle(
      new Request(`https://${host}/auth/logout?return_to=/bye`, {
        method: "POST",
        headers: { cookie, "sec-fetch-site": "same-origin" },
      }),
      () => new Response("app"),
    );
  assert.equal((await send("evil.example.com")).status, 421);
  assert.equal(await who(cookie), "alice");
  assert.equal((await send("other.example.com")).status, 303);
  assert.equal(await who(cookie), null);
  await both.close();
});

test("CB-11 S-05 a callback that the store would not take is a page with a way on, and changes nothing", async () => {
  const provider = fakeProvider({ users: [{ subject: "alice" }] });
  const { store: over, failing } = failingStore(store);
  const signOn = coatcheck({
    publicUrl: ORIGIN,
    secrets: SECRET,
    store: over,
    clock,
    provider,
    on: (event) => events.push(event),
  });
  const old = await signIn(signOn, { issuer: "test", subject: "bob" });
  for (const broken of ["get", "put"] as const) {
    const begun = await signOn.engine.serve(view(null, NAVIGATION, "GET", "/auth/login"));
    const flow = begun.headers.find(([name]) => name === "set-cookie")?.[1].replace(/;.*/, "") ?? "";
    const location = begun.headers.find(([name]) => name === "location")?.[1] ?? "";
    const back = new URL(provider.approve(location, "alice"));
    const cookie = broken === "get" ? `${old}; ${flow}` : flow;
    failing.add(broken);
    const failed = await signOn.engine.serve(view(cookie, NAVIGATION, "GET", back.pathname + back.search));
    failing.clear();
    assert.equal(failed.status, 503, broken);
    const headers = new Map(failed.headers.map(([name, value]) => [name, value]));
    assert.equal(headers.get("content-type"), "text/html; charset=utf-8", broken);
    assert.equal(headers.get("retry-after"), "5");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.has("set-cookie"), false);
    assert.match(failed.body, /href="\/auth\/login\?return_to=/);
    assert.ok(events.some(({ name, code }) => name === "login.failed" && code === "ERR_STORE_UNAVAILABLE"));
  }
  assert.equal(await who(old), "bob");
  await signOn.close();
});

test("S-42 CK-11 a logout with two live tickets ends both, and a login leaves one that counts", async () => {
  const alice = await signIn(auth, ALICE);
  const bob = await signIn(auth, { issuer: "test", subject: "bob" });
  const out = await open(`${alice}; ${bob}`);
  assert.equal(out.session.identity, null);
  out.session.logout();
  assert.match((await out.settle(200)).cookies[0] ?? "", /Max-Age=0/);
  assert.deepEqual([await who(alice), await who(bob)], [null, null]);

  const planted = await signIn(auth, { issuer: "test", subject: "mallory" }, (session) => session.set({ planted: 1 }));
  const own = await signIn(auth, ALICE);
  const page = await auth.engine.open(view(`${planted}; ${own}`, { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }));
  assert.deepEqual(await page.settle(200), { cookies: [], refusal: null });
  assert.deepEqual([await who(planted), await who(own)], ["mallory", "alice"]);
  const again = await open(`${planted}; ${own}`);
  again.session.login(ALICE);
  const next = cookieOf(await again.settle(200));
  assert.equal(await who(`${planted}; ${next}`), "alice");
  assert.deepEqual((await open(next)).session.data, {});
});

test("design §1.2 a login that cannot end the session that was there leaves that one alone alive", async () => {
  const cookie = await signIn(auth, ALICE);
  const id = (await open(cookie)).session.id;
  auth = make(
    overStore(store, {
      end: (target, reason, now) => {
        if ("id" in target && target.id === id) throw new Error("the store is away");
        return store.end(target, reason, now);
      },
    }),
  );
  const login = await open(cookie);
  login.session.login(ALICE, { fresh: true });
  assert.equal((await login.settle(200)).refusal?.status, 503);
  await auth.close();
  assert.equal(await who(cookie), "alice");
  assert.equal(await alive(), 1);
});
