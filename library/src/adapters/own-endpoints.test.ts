/** What an app has between `session()` and `routes()` meets our own endpoints too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import framework, { type ErrorRequestHandler, type RequestHandler } from "express";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { type Heard, listen, type Said, say } from "../../test-support/talk.ts";
import type { JsonObject, SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { fakeProvider } from "../testing/fake-provider.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckExpress, type ExpressAdapter } from "./express.ts";

const PAGE = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const SAME = { "sec-fetch-site": "same-origin", origin: LOOPBACK };

interface App {
  readonly cookie: string;
  readonly store: SessionStore;
  readonly thrown: unknown[];
  ask(path: string, said?: Said): Promise<Heard>;
  data(cookie: string): Promise<JsonObject>;
}

async function withApp(
  between: (web: ExpressAdapter<JsonObject>) => RequestHandler,
  run: (app: App) => Promise<void>,
  store: SessionStore = memory(),
): Promise<void> {
  const provider = fakeProvider({ users: [{ subject: "alice" }] });
  const { auth } = authWith({ publicUrl: LOOPBACK, store, provider });
  const web = coatcheckExpress(auth);
  const app = framework().set("env", "test");
  app.use(web.session(), between(web), web.routes());
  app.get("/data", (request, response) => {
    response.json(web.of(request).data);
  });
  app.use(web.errors());
  const thrown: unknown[] = [];
  const last: ErrorRequestHandler = (error, _request, response, _next) => {
    thrown.push(error);
    response.status(500).end();
  };
  app.use(last);
  await using server = await listen(app);
  const ask = (path: string, said?: Said): Promise<Heard> => say(server.port, path, said);
  const data = async (cookie: string): Promise<JsonObject> => JSON.parse((await ask("/data", { headers: { cookie } })).text);
  await run({ cookie: await signIn(auth, { subject: "alice" }), store, thrown, ask, data });
  await auth.close();
}

const ENDPOINTS = [
  ["GET", "/auth/login", 302],
  ["GET", "/auth/logout", 200],
  ["GET", "/auth/session", 200],
  ["POST", "/auth/session", 204],
  ["GET", "/auth/sessions", 200],
  ["GET", "/auth/keys", 200],
  ["POST", "/auth/logout", 303],
] as const;

test("F-66 between session() and routes() every own endpoint shows who is there, and answers as ever", async () => {
  const seen: unknown[] = [];
  const tell =
    (web: ExpressAdapter<JsonObject>): RequestHandler =>
    (request, _response, next) => {
      seen.push(web.of(request).identity?.subject);
      next();
    };
  await withApp(tell, async ({ ask, cookie, thrown }) => {
    for (const [method, path, status] of ENDPOINTS) {
      const headers = { ...SAME, ...(method === "GET" && !path.includes("session") ? PAGE : {}), cookie };
      assert.equal((await ask(path, { method, headers })).status, status, `${method} ${path}`);
      assert.equal(seen.pop(), "alice", `${method} ${path}`);
    }
    assert.equal((await ask("/auth/session", { headers: { ...SAME, cookie } })).status, 401, "signed out");
    assert.equal(seen.pop(), undefined);
    assert.deepEqual(thrown, []);
  });
});

const count =
  (web: ExpressAdapter<JsonObject>): RequestHandler =>
  (request, _response, next) => {
    web.of(request).update((data) => ({ ...data, visits: Number(data["visits"] ?? 0) + 1 }));
    next();
  };

test("F-66 what is recorded there is stored once, whether or not the endpoint looks up the caller", async () => {
  await withApp(count, async ({ ask, cookie, data, thrown }) => {
    const headers = { ...SAME, cookie };
    assert.equal((await ask("/auth/session", { headers })).status, 200);
    assert.equal((await data(cookie))["visits"], 2, "this request counts itself");
    const begun = await ask("/auth/login", { headers: { ...headers, ...PAGE } });
    assert.equal(begun.status, 302);
    assert.ok(
      begun.cookies.every((line) => !line.startsWith("coatcheck-3000=")),
      "nobody's session is replaced",
    );
    assert.equal((await data(cookie))["visits"], 4);
    assert.equal((await ask("/auth/logout", { method: "POST", headers })).status, 303);
    assert.equal((await ask("/auth/session", { headers })).status, 401, "and a logout is one");
    assert.deepEqual(thrown, []);
  });
});

test("F-66 another site's request to an own endpoint stores nothing of it", async () => {
  await withApp(count, async ({ ask, cookie, data }) => {
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example", cookie };
    assert.equal((await ask("/auth/logout", { method: "POST", headers })).status, 403);
    assert.equal((await data(cookie))["visits"], 1);
  });
});

test("F-66 an app that answers in an endpoint's place has its session settled", async () => {
  const instead =
    (web: ExpressAdapter<JsonObject>): RequestHandler =>
    (request, response, next) => {
      if (request.path !== "/auth/session") return next();
      web.of(request).set({ seen: true });
      response.status(418).end("mine");
    };
  await withApp(instead, async ({ ask, cookie, data }) => {
    assert.equal((await ask("/auth/session", { headers: { ...SAME, cookie } })).status, 418);
    assert.deepEqual(await data(cookie), { seen: true });
  });
});

test("F-66 endpoints that need no store answer in its outage, and no user is shown there", async () => {
  const store = memory();
  let down = false;
  const line = overStore(store, {
    get(id) {
      if (down) throw new Error("down");
      return store.get(id);
    },
  });
  const seen: unknown[] = [];
  const tell =
    (web: ExpressAdapter<JsonObject>): RequestHandler =>
    (request, _response, next) => {
      seen.push(web.of(request).identity);
      next();
    };
  await withApp(
    tell,
    async ({ ask, cookie }) => {
      down = true;
      assert.equal((await ask("/auth/login", { headers: { ...PAGE, cookie } })).status, 302);
      assert.equal((await ask("/auth/session", { headers: { ...SAME, cookie } })).status, 503);
      assert.deepEqual(seen, [null, null]);
    },
    line,
  );
});

test("F-66 requireUser() before routes() says what is wrong instead of leading to the login for ever", async () => {
  await withApp(
    (web) => web.requireUser(),
    async ({ ask, cookie, thrown }) => {
      assert.equal((await ask("/auth/session", { headers: { ...SAME, cookie } })).status, 200);
      assert.equal((await ask("/auth/login", { headers: PAGE })).status, 500);
      assert.match(String(thrown[0]), /web\.routes\(\) comes before it/);
    },
  );
});
