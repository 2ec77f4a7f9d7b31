/** What a Fetch handler's session shows, and what is kept of a handler that fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { idOf } from "../../test-support/cookies.ts";
import { ORIGIN } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import type { JsonObject, Session } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { signIn } from "../testing/sign-in.ts";
import { FetchRequest, handleFetchUser } from "./fetch-handler.ts";

const HOUR = 3_600_000;

async function signedIn() {
  const clock = manualClock(Date.UTC(2030, 0, 1));
  const store = memory();
  const { auth } = authWith({ store, clock, session: { idle: HOUR, lifetime: 3 * HOUR } });
  const cookie = await signIn(auth, { subject: "alice", claims: { name: "Alice" } });
  const id = idOf(cookie);
  const visit = (handler: (session: Session<JsonObject>) => Response, headers: Record<string, string> = { cookie }) =>
    auth.handle(new Request(`${ORIGIN}/`, { headers }), handler);
  return { auth, clock, cookie, id, store, visit };
}

/** All that a session shows, as it is when it is asked. */
const shown = (session: Session<JsonObject>) => ({
  id: session.id,
  subject: session.identity?.subject ?? null,
  owner: session.owner,
  via: session.via,
  claims: "claims" in session ? session.claims : null,
  data: session.data,
  createdAt: session.createdAt,
  expiresAt: session.expiresAt,
  idleExpiresAt: session.idleExpiresAt,
  endedReason: session.endedReason,
  aborted: session.signal.aborted,
});
const ANONYMOUS = {
  id: null,
  subject: null,
  owner: null,
  via: null,
  claims: {},
  data: {},
  createdAt: null,
  expiresAt: null,
  idleExpiresAt: null,
  endedReason: null,
  aborted: false,
};

test("F-46 a session shows whose it is, what is known of them, and until when", async () => {
  const { auth, clock, id, visit } = await signedIn();
  const start = clock.now();
  const seen: unknown[] = [];
  const look = (session: Session<JsonObject>): Response => {
    seen.push(shown(session));
    return new Response();
  };
  await visit(look);
  await visit(look, {});
  await visit((session) => {
    session.set({ cart: 1 });
    look(session);
    session.set({ more: 2 });
    look(session);
    assert.equal(session.data, session.data, "read once for each change");
    session.logout();
    return look(session);
  });
  await visit(look);
  const hers = {
    id,
    subject: "alice",
    owner: "test alice",
    via: "session",
    claims: { name: "Alice" },
    data: {},
    createdAt: start,
    expiresAt: start + 3 * HOUR,
    idleExpiresAt: start + HOUR,
    endedReason: null,
    aborted: false,
  };
  assert.deepEqual(seen, [
    hers,
    ANONYMOUS,
    { ...hers, data: { cart: 1 } },
    { ...hers, data: { cart: 1, more: 2 } },
    { ...hers, subject: null, owner: null, via: null, claims: {}, data: {} },
    { ...ANONYMOUS, endedReason: "logout" },
  ]);
  await auth.close();
});

test("F-46 who signs in within the request is who it shows from then on", async () => {
  const { auth, visit } = await signedIn();
  const seen: unknown[] = [];
  await visit((session) => {
    session.login({ issuer: "test", subject: "bob", claims: { name: "Bob" } });
    const { subject, owner, via, claims } = shown(session);
    seen.push({ subject, owner, via, claims });
    return new Response();
  }, {});
  assert.deepEqual(seen, [{ subject: "bob", owner: "test bob", via: "session", claims: { name: "Bob" } }]);
  await auth.close();
});

const FAILURES: Readonly<Record<string, { readonly thrown: Error; readonly status: number | null }>> = {
  "a refusal of ours": { thrown: new CoatcheckError("ERR_UNAUTHENTICATED"), status: 401 },
  "a bug": { thrown: new Error("a bug"), status: null },
};

for (const [what, { thrown, status }] of Object.entries(FAILURES)) {
  test(`F-46 of a handler that throws nothing is kept: ${what}`, async () => {
    const { auth, id, store, visit } = await signedIn();
    const before = await store.get(id);
    const answer = visit((session) => {
      session.set({ cart: 1 });
      throw thrown;
    });
    if (status === null) await assert.rejects(answer, thrown);
    else assert.deepEqual([(await answer).status, (await answer).headers.getSetCookie()], [status, []]);
    assert.deepEqual(await store.get(id), before);
    await auth.close();
  });

  test(`F-46 of a handler that throws its logout is kept: ${what}`, async () => {
    const { auth, id, store, visit } = await signedIn();
    const answer = visit((session) => {
      session.logout();
      throw thrown;
    });
    if (status === null) await assert.rejects(answer, thrown);
    else assert.equal((await answer).status, status);
    assert.equal((await store.get(id))?.reason, "logout");
    await auth.close();
  });
}

test("F-46 a change that fails when it is made again is a bug of the app's, and nothing of it is stored", async () => {
  const { auth, id, store, visit } = await signedIn();
  const before = await store.get(id);
  let made = 0;
  const answer = await visit((session) => {
    session.update((data) => {
      if (made++ > 0) throw new Error("a bug");
      return { ...data, cart: 1 };
    });
    return new Response("done");
  });
  const told: unknown = await answer.json();
  assert.ok(typeof told === "object" && told !== null && "code" in told);
  assert.deepEqual([answer.status, told.code, answer.headers.getSetCookie()], [500, "ERR_INTERNAL", []]);
  assert.deepEqual(await store.get(id), before);
  await auth.close();
});

const PATHS: readonly [url: string, page: number][] = [
  ["http://localhost:3000", 200],
  ["http://localhost:3000/?a#b", 200],
  ["http://localhost:3000/auth/session", 204],
  ["http://localhost:3000/auth/session?a=/b#c", 204],
];

test("F-46 our own endpoints are found by their path alone, and all else is the handler's", async () => {
  const { auth, cookie } = await signedIn();
  for (const [url, status] of PATHS) {
    const method = status === 204 ? "POST" : "GET";
    const headers = { cookie, "sec-fetch-site": "same-origin" };
    const answer = await auth.handle(new Request(url, { method, headers }), () => new Response("the page"));
    assert.equal(answer.status, status, url);
  }
  await auth.close();
});

test("F-46 an answer without a body may have cookies too, and one that has them is for no cache", async () => {
  const { auth, visit } = await signedIn();
  for (const status of [200, 204, 304]) {
    const answer = await visit(
      (session) => {
        session.rotate();
        return new Response(status === 200 ? "hello" : null, { status, headers: { "cache-control": "max-age=60" } });
      },
      { cookie: await signIn(auth, { subject: "bob" }), ...NAVIGATION },
    );
    assert.deepEqual(
      [answer.status, answer.headers.getSetCookie().length, answer.headers.get("cache-control")],
      [status, 1, "no-store"],
    );
  }
  await auth.close();
});

test("F-46 if a proxy is believed by its address, a handler that does not tell the peer's is misuse", async () => {
  const reader = { headers: ["x-user"], read: () => ({ kind: "absent" }) as const };
  const { auth } = authWith({ proxy: { reader } });
  const request = (): Request => new Request(`${ORIGIN}/`);
  const page = (): Response => new Response("the page");
  const misuse = { name: "TypeError", message: /the option proxy needs the address of the peer: handle\(/ };
  await assert.rejects(auth.handle(request(), page), misuse);
  await assert.rejects(auth.handle(request(), page, {}), misuse);
  assert.equal((await auth.handle(request(), page, { peer: "192.0.2.1" })).status, 200);
  await assert.rejects(handleFetchUser(auth.engine, request(), page), { name: "TypeError" });
  assert.equal((await handleFetchUser(auth.engine, request(), page, { peer: "192.0.2.1" })).status, 401);
  await auth.close();
});

test("F-46 a body may be as long as its limit, and not a byte longer", async () => {
  const sent = (body: string) => new FetchRequest(new Request(`${ORIGIN}/`, { method: "POST", body }), [ORIGIN]);
  assert.equal(await sent("twelve bytes").body(12), "twelve bytes");
  await assert.rejects(sent("twelve bytes!").body(12), { code: "ERR_BODY_TOO_LARGE" });
  assert.equal(await sent("").body(0), "");
});

test("F-46 what is asked of the engine as an endpoint and is none is not found", async () => {
  const { auth } = authWith();
  const request = new FetchRequest(new Request(`${ORIGIN}/auth/nothing`), [ORIGIN]);
  const { status, body } = await auth.engine.serve(request);
  assert.deepEqual([status, JSON.parse(body).code], [404, "ERR_NOT_FOUND"]);
  await auth.close();
});

test("F-46 no handler changes what it read of the data, also not what it has just set", async () => {
  const { auth, visit } = await signedIn();
  const answer = await visit((session) => {
    session.set({ cart: { count: 1 } });
    const { data } = session;
    assert.ok(Object.isFrozen(data) && Object.isFrozen(data["cart"]));
    session.update((before) => {
      assert.ok(Object.isFrozen(before));
      return { ...before, seen: true };
    });
    return Response.json(session.data);
  });
  assert.deepEqual(await answer.json(), { cart: { count: 1 }, seen: true });
  await auth.close();
});
