/** A Fetch handler for authenticated users, the ways that it accepts, and what becomes of answers that are not sent. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { ORIGIN } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import { CoatcheckError } from "../core/errors.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import { FetchRequest, handleFetchUser, serveOwn, toResponse } from "./fetch-handler.ts";

const KEY = {
  name: "key",
  ambient: false,
  presented: (): boolean => false,
  examine: () => ({ kind: "abstain" }) as const,
};

async function siteOf() {
  const real = memory();
  let away = false;
  const store = overStore(real, {
    put(row, condition) {
      if (away) throw new Error("the store is away");
      return real.put(row, condition);
    },
  });
  const { auth } = authWith({ store, strategies: [KEY] });
  const cookie = await signIn(auth, { subject: "alice" });
  const ask = (headers: Record<string, string>, info?: { readonly via?: readonly string[] }): Promise<Response> =>
    handleFetchUser(auth.engine, new Request(`${ORIGIN}/`, { headers }), ({ owner }) => new Response(owner), info);
  return {
    auth,
    cookie,
    ask,
    leave: () => {
      away = true;
    },
  };
}

test("F-46 only authenticated users come to a handler for users; others are led to the login, or told", async () => {
  const { auth, cookie, ask } = await siteOf();
  const passed = await ask({ cookie });
  assert.deepEqual([await passed.text(), passed.headers.get("cache-control")], ["test alice", "no-store"]);
  assert.deepEqual([(await ask({})).status, (await ask(NAVIGATION)).status], [401, 302]);
  await auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie } }), (session) => {
    session.logout();
    return new Response();
  });
  const after = await ask({ cookie, ...NAVIGATION });
  assert.match(after.headers.get("location") ?? "", /&ended=logout$/);
  const cleared = `${cookie.slice(0, cookie.indexOf("="))}=; `;
  assert.equal(after.headers.getSetCookie().filter((line) => line.startsWith(cleared)).length, 1, "what proves nothing goes");
  assert.deepEqual((await ask({ cookie })).headers.getSetCookie(), [], "only by a navigation");
  await auth.close();
});

test("F-46 a handler for users answers our own endpoints too", async () => {
  const { auth, cookie } = await siteOf();
  const headers = { cookie, "sec-fetch-site": "same-origin" };
  const request = new Request(`${ORIGIN}/auth/session`, { method: "POST", headers });
  const answer = await handleFetchUser(auth.engine, request, () => assert.fail("no endpoint of the handler's"));
  assert.equal(answer.status, 204);
  await auth.close();
});

test("F-46 a handler refuses users of ways that it does not accept; naming a way that is unknown is misuse", async () => {
  const { auth, cookie, ask } = await siteOf();
  const page = (via: readonly string[]): Promise<Response> =>
    auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie } }), () => new Response("page"), { via });
  for (const by of [(via: readonly string[]) => ask({ cookie }, { via }), page]) {
    assert.equal((await by(["session"])).status, 200);
    assert.equal((await by(["key"])).status, 403);
    await assert.rejects(by(["nothing"]), { name: "TypeError", message: /authenticates nobody here/ });
    await assert.rejects(by([]), { name: "TypeError", message: /nobody could pass/ });
  }
  await auth.close();
});

test("F-46 what an endpoint fails with is answered if it has a code of ours, and passed on if it has none", async () => {
  const { auth } = await siteOf();
  const view = new FetchRequest(new Request(`${ORIGIN}/auth/session`), [ORIGIN]);
  const bug = new Error("a bug");
  const failing = mock.method(auth.engine, "serve", () => Promise.reject(bug));
  await assert.rejects(serveOwn(auth.engine, view), bug);
  failing.mock.mockImplementation(() => Promise.reject(new CoatcheckError("ERR_BODY_TOO_LARGE")));
  assert.equal((await serveOwn(auth.engine, view)).status, 413);
  failing.mock.restore();
  await auth.close();
});

test("F-46 a handler's own cookie of our name, alone or among others, is not corrected", async () => {
  const { auth, cookie } = await siteOf();
  const name = cookie.slice(0, cookie.indexOf("="));
  const headers = { cookie: `${name}=${"x".repeat(22)}.${"x".repeat(42)}A`, ...NAVIGATION };
  const answered = (cookies: readonly string[]): Promise<Response> =>
    auth.handle(new Request(`${ORIGIN}/`, { headers }), () => {
      const answer = new Response();
      for (const line of cookies) answer.headers.append("set-cookie", line);
      return answer;
    });
  for (const own of [[`${name}=theirs`], ["other=1", `${name}=theirs`]])
    assert.deepEqual((await answered(own)).headers.getSetCookie(), own);
  assert.equal((await answered(["other=1"])).headers.getSetCookie().length, 2, "a dead one is cleared");
  await auth.close();
});

test("F-46 the body of an answer that a refusal takes the place of is cancelled, whatever comes of that", async () => {
  const { auth, cookie, leave } = await siteOf();
  leave();
  for (const fails of [false, true]) {
    let cancelled = 0;
    const body = new ReadableStream({
      cancel() {
        cancelled += 1;
        if (fails) throw new Error("not now");
      },
    });
    const answer = await auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie } }), (session) => {
      session.set({ n: 1 });
      return new Response(body);
    });
    assert.deepEqual([answer.status, cancelled], [503, 1]);
  }
  await auth.close();
});

test("F-46 an answer to which nothing is added is the handler's own", async () => {
  const { auth } = await siteOf();
  const own = new Response("page");
  assert.equal(await auth.handle(new Request(`${ORIGIN}/`), () => own), own);
  await auth.close();
});

test("F-46 an answer of ours has no body if its status allows none", async () => {
  for (const status of [204, 304]) assert.equal(toResponse({ status, headers: [], body: "" }).body, null);
  assert.equal(await toResponse({ status: 200, headers: [], body: "said" }).text(), "said");
});

test("F-46 a request is read as it was sent: a body in parts is whole, a target without a path is the root", async () => {
  const body = new ReadableStream({
    start(controller) {
      for (const part of ["twelve", " ", "bytes"]) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  const init: RequestInit & { readonly duplex: "half" } = { method: "POST", body, duplex: "half" };
  assert.equal(await new FetchRequest(new Request(`${ORIGIN}/`, init), [ORIGIN]).body(12), "twelve bytes");
  assert.equal(new FetchRequest(new Request("app://host"), [ORIGIN]).target, "/");
});
