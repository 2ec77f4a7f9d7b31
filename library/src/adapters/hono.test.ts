import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { HTTPException } from "hono/http-exception";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { gatedStore } from "../../test-support/stores/gated-store.ts";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckHono } from "./hono.ts";

const make = (store: SessionStore = memory()) => authWith({ publicUrl: LOOPBACK, store }).auth;

test("the cookie joins those of the handler, on redirects and compressed answers too", async () => {
  const on = coatcheckHono(make());
  const app = new Hono()
    .use(compress({ threshold: 1 }), on.session())
    .get("/cookies", (c) => {
      c.var.session.set({ n: 1 });
      c.header("set-cookie", "a=1", { append: true });
      c.header("set-cookie", "b=2", { append: true });
      return c.text("done", 201);
    })
    .get("/redirect", (c) => {
      c.var.session.set({ n: 1 });
      return c.redirect("/next", 303);
    })
    .get("/immutable", (c) => {
      c.var.session.set({ n: 1 });
      return Response.redirect("http://localhost:3000/next", 303);
    });
  const cookies = await app.request("/cookies", { headers: { "accept-encoding": "gzip" } });
  assert.deepEqual([cookies.status, cookies.headers.get("content-encoding")], [201, "gzip"]);
  assert.deepEqual(cookies.headers.getSetCookie().slice(0, 2), ["a=1", "b=2"]);
  assert.equal(cookies.headers.getSetCookie().length, 3);
  for (const path of ["/redirect", "/immutable"]) {
    const { status, headers } = await app.request(path);
    assert.equal(status, 303);
    assert.match(headers.get("location") ?? "", /\/next$/);
    assert.match(headers.getSetCookie().join(), /^coatcheck-3000=/);
    assert.equal(headers.get("cache-control"), "no-store");
  }
});

test("a response without intent is the handler's own", async () => {
  const own = new Response("done");
  const on = coatcheckHono(make());
  const app = new Hono().use(on.session()).get("/", () => own);
  assert.equal(await app.request("/"), own);
});

test("a refused write takes the place of the handler's answer", async () => {
  const store = gatedStore();
  store.release(new Error("down"));
  const on = coatcheckHono(make(store));
  const app = new Hono().use(on.session()).get("/", (c) => {
    c.var.session.set({ n: 1 });
    c.header("x-theirs", "1");
    return c.text("done");
  });
  const { status, headers } = await app.request("/");
  assert.deepEqual([status, headers.get("x-theirs"), headers.get("retry-after")], [503, null, "5"]);
});

test("middleware may put another request in the place of the first", async () => {
  const auth = make();
  const on = coatcheckHono(auth);
  const app = new Hono()
    .use(on.session(), bodyLimit({ maxSize: 1000 }))
    .post("/me", on.requireUser(), async (c) => c.text(`${c.var.session.identity.subject} ${await c.req.text()}`));
  const cookie = await signIn(auth, { subject: "alice" });
  const body = new Blob(["hello"]).stream();
  const headers = { cookie, "sec-fetch-site": "same-origin", "transfer-encoding": "chunked" };
  const init = { method: "POST", headers, body, duplex: "half" };
  const answer = await app.request("/me", init);
  assert.equal(await answer.text(), "alice hello");
});

test("errors: ours by their code unless onError has an answer; a throw keeps only logout", async () => {
  const auth = make();
  const on = coatcheckHono(auth);
  const site = () =>
    new Hono()
      .use(on.session())
      .get("/token", async (c) => {
        c.var.session.set({ n: 1 });
        return c.text(await c.var.session.accessToken());
      })
      .get("/exception", (c) => {
        c.var.session.set({ n: 2 });
        throw new HTTPException(404, { message: "no such page" });
      })
      .get("/logout", (c) => {
        c.var.session.logout();
        throw new Error("boom");
      })
      .get("/data", (c) => c.json(c.var.session.data));
  const cookie = await signIn(auth, { subject: "alice" });
  const ask = (path: string, app: Hono = plain) => app.request(path, { headers: { cookie } });
  const plain = new Hono()
    .route("/", site())
    .onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text("plain", 500)));
  const token = await ask("/token");
  assert.deepEqual([token.status, (await token.json()).code], [503, "ERR_TOKEN_UNAVAILABLE"]);
  const theirs = await ask(
    "/token",
    new Hono().route("/", site()).onError((_error, c) => c.text("theirs", 418)),
  );
  assert.equal(theirs.status, 418);
  assert.equal((await ask("/exception")).status, 404);
  assert.deepEqual(await (await ask("/data")).json(), {});
  const logout = await ask("/logout");
  assert.deepEqual([logout.status, await logout.text()], [500, "plain"]);
  assert.match(logout.headers.getSetCookie().join(), /Max-Age=0/);
});

test("what is thrown and is no error keeps a logout too", async () => {
  const auth = make();
  const on = coatcheckHono(auth);
  const app = new Hono()
    .use(on.session())
    .get("/throw", async (c) => {
      c.var.session.logout();
      return Promise.reject("no error at all");
    })
    .get("/me", on.requireUser(), (c) => c.text("in"));
  const headers = { cookie: await signIn(auth, { subject: "alice" }) };
  assert.equal((await app.request("/me", { headers })).status, 200);
  await assert.rejects(
    async () => app.request("/throw", { headers }),
    (error) => error === "no error at all",
  );
  assert.equal((await app.request("/me", { headers })).status, 401);
});

test("requireUser sends a navigation to the login, says what is missing, and leaves caching to who sets it", async () => {
  const auth = make();
  const on = coatcheckHono(auth);
  const app = new Hono().use(on.session()).get("/cached", on.requireUser(), (c) => {
    c.header("cache-control", "private, max-age=5");
    return c.text("in");
  });
  const page = await app.request("/cached?a=1", { headers: { accept: "text/html" } });
  assert.deepEqual([page.status, page.headers.get("location")], [302, "/auth/login?return_to=%2Fcached%3Fa%3D1"]);
  const headers = { cookie: await signIn(auth, { subject: "alice" }) };
  assert.equal((await app.request("/cached", { headers })).headers.get("cache-control"), "private, max-age=5");
  let said = "";
  const without = new Hono()
    .get("/", on.requireUser(), (c) => c.text("in"))
    .onError((error, c) => {
      said = `${error.name}: ${error.message}`;
      return c.text("", 500);
    });
  await without.request("/");
  assert.match(said, /^TypeError: .*use\(on\.session\(\)\) comes first/);
});

test("F-52 middleware without its () is the middleware, as JavaScript may give it", async () => {
  const auth = make();
  const on = coatcheckHono(auth);
  const app = new Hono();
  Reflect.apply(app.use, app, [on.session]);
  Reflect.apply(app.get, app, ["/me", on.requireUser, () => new Response("yes")]);
  assert.equal((await app.request("/me")).status, 401);
  const cookie = await signIn(auth, { subject: "alice" });
  assert.equal(await (await app.request("/me", { headers: { cookie } })).text(), "yes");
});
