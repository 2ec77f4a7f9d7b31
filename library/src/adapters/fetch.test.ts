import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { turns } from "../../test-support/event-loop.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { gatedStore } from "../../test-support/stores/gated-store.ts";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckFetch } from "./fetch.ts";

const make = (store: SessionStore = memory()) => authWith({ publicUrl: LOOPBACK, store }).auth;
const ask = (path = "/", headers: Record<string, string> = {}): Request =>
  new Request(`http://localhost:3000${path}`, { headers });

test("the cookie joins those of the handler, on immutable and streamed answers too", async () => {
  const web = coatcheckFetch(make());
  const answers: readonly (() => Response)[] = [
    () => new Response("done", { headers: [["set-cookie", "a=1"]] }),
    () => Response.redirect("http://localhost:3000/next", 303),
    () => new Response(new Blob(["do", "ne"]).stream(), { status: 206 }),
    () => new Response(null, { status: 304 }),
  ];
  for (const answer of answers) {
    const plain = answer();
    const serve = web.handler((session) => {
      session.set({ n: 1 });
      return answer();
    });
    const response = await serve(ask());
    assert.equal(response.status, plain.status);
    assert.equal(await response.text(), await plain.text());
    assert.deepEqual(response.headers.getSetCookie().slice(0, -1), plain.headers.getSetCookie());
    assert.match(response.headers.getSetCookie().at(-1) ?? "", /^coatcheck-3000=/);
  }
});

test("a response without intent is the handler's own", async () => {
  const own = new Response("done");
  assert.equal(await coatcheckFetch(make()).handler(() => own)(ask()), own);
});

test("a refused write cancels the handler's stream", async () => {
  const store = gatedStore();
  store.release(new Error("down"));
  let cancelled = false;
  const serve = coatcheckFetch(make(store)).handler((session) => {
    session.set({ n: 1 });
    const body = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    return new Response(body);
  });
  const response = await serve(ask());
  assert.deepEqual([response.status, cancelled, response.headers.getSetCookie()], [503, true, []]);
});

test("later intent is a TypeError: the answer has been given", async () => {
  const web = coatcheckFetch(make());
  let late: unknown;
  const serve = web.handler((session) => {
    queueMicrotask(() =>
      setImmediate(() => {
        try {
          session.set({ n: 1 });
        } catch (error) {
          late = error;
        }
      }),
    );
    return new Response("done");
  });
  await serve(ask());
  await turns(2);
  assert.ok(late instanceof TypeError);
});

test("a throw is passed on, and keeps only logout; auth.handle does the same", async () => {
  const auth = make();
  const web = coatcheckFetch(auth);
  const cookie = await signIn(auth, { subject: "alice" });
  const me = web.userHandler((session) => Response.json(session.data));
  const fails = web.handler((session) => {
    session.set({ n: 1 });
    throw new Error("boom");
  });
  await assert.rejects(fails(ask("/", { cookie })), /boom/);
  const token = await web.handler(async (session) => {
    session.set({ n: 2 });
    return new Response(await session.accessToken());
  })(ask("/", { cookie }));
  assert.equal(token.status, 503);
  assert.deepEqual(await (await me(ask("/", { cookie }))).json(), {});
  const logsOut = auth.handle(ask("/", { cookie }), (session) => {
    session.logout();
    throw new Error("boom");
  });
  await assert.rejects(logsOut, /boom/);
  assert.equal((await me(ask("/", { cookie }))).status, 401);
});

test("our own endpoints, the peer's address, and odd addresses", async () => {
  const store = memory();
  const { auth } = authWith({ publicUrl: LOOPBACK, store, keep: { address: true, userAgent: true } });
  const web = coatcheckFetch(auth);
  const serve = web.handler((session) => {
    session.set({ n: 1 });
    return new Response("the app");
  });
  assert.equal((await serve(ask("/auth/session?x=/#y"))).status, 401);
  assert.equal(await (await serve(ask(""))).text(), "the app");
  const kept = await serve(ask("/", { "user-agent": "Mozilla" }), { peer: "192.0.2.7" });
  const id = /^coatcheck-3000=([^.]+)/.exec(kept.headers.getSetCookie()[0] ?? "")?.[1] ?? "";
  const body = JSON.parse((await store.get(id))?.body ?? "{}");
  assert.equal(body.userAgent, "Mozilla");
  assert.match(body.addressHash, /^[\w-]{20,}$/);
  assert.doesNotMatch(JSON.stringify(body), /192\.0\.2\.7/);
});
