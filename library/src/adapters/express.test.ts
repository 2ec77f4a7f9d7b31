import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import framework, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { authWith } from "../../test-support/auth.ts";
import { turns } from "../../test-support/event-loop.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { type GatedStore, gatedStore } from "../../test-support/stores/gated-store.ts";
import { type Heard, type Listening, listen, type Said, say, sentBack } from "../../test-support/talk.ts";
import type { JsonObject, SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckExpress, type ExpressAdapter } from "./express.ts";

const PAGE = `<p>${"a page that is worth compressing. ".repeat(4000)}</p>`;
const compression: (options?: { readonly threshold?: number }) => RequestHandler = createRequire(import.meta.url)("compression");

const folder = temporaryFolder("express");
folder.write("page.html", PAGE);
after(() => folder[Symbol.dispose]());

const make = (store: SessionStore) => authWith({ publicUrl: LOOPBACK, store }).auth;

async function serve(store: SessionStore, build: (app: Express, web: ExpressAdapter<JsonObject>) => void): Promise<Listening> {
  const app = framework();
  app.set("env", "test");
  build(app, coatcheckExpress(make(store)));
  return listen(app);
}

/** Sends, and opens the gate when the write waits there. */
async function through(store: GatedStore, port: number, path: string, said: Said = {}): Promise<Heard> {
  const waits = store.hold();
  const sent = say(port, path, said);
  await waits;
  await turns();
  store.release();
  return sent;
}

const hasOurs = ({ cookies }: Heard): void => assert.match(cookies.join("\n"), /^coatcheck-3000=[\w-]{22}\.[\w-]{43}; /m);

/** Every request of these apps writes to the session, before or in the handler. */
const visit =
  (web: ExpressAdapter<JsonObject>): RequestHandler =>
  (request, _response, next) => {
    web.of(request).update((data) => ({ ...data, visits: Number(data["visits"] ?? 0) + 1 }));
    next();
  };

const ORDERS: { readonly [name: string]: (app: Express, web: ExpressAdapter<JsonObject>) => void } = {
  "compression before session()": (app, web) => app.use(compression({ threshold: 0 }), web.session(), visit(web)),
  "compression after session(), before the intent": (app, web) =>
    app.use(web.session(), compression({ threshold: 0 }), visit(web)),
  "compression after the intent": (app, web) => app.use(web.session(), visit(web), compression({ threshold: 0 })),
};

for (const [name, order] of Object.entries(ORDERS)) {
  for (const kind of ["send", "pipe", "write"] as const) {
    test(`${name}: ${kind}`, async () => {
      const store = gatedStore();
      await using server = await serve(store, (app, web) => {
        order(app, web);
        app.get("/send", (_request, response) => response.type("html").send(PAGE));
        app.get("/pipe", (_request, response) => response.sendFile("page.html", { root: folder.path, etag: false }));
        app.get("/write", (_request, response) => {
          response.type("html");
          const parts = PAGE.match(/.{1,1000}/gs) ?? [];
          const next = (): void => {
            for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
              if (!response.write(part)) {
                response.once("drain", next);
                return;
              }
            }
            response.end();
          };
          next();
        });
      });
      const answer = await through(store, server.port, `/${kind}`, { headers: { "accept-encoding": "gzip" } });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-encoding"], "gzip");
      assert.equal(gunzipSync(answer.bytes).toString(), PAGE);
      hasOurs(answer);
    });
  }

  test(`S-05 ${name}: a refused write is a plain 503`, async () => {
    const store = gatedStore();
    store.release(new Error("down"));
    await using server = await serve(store, (app, web) => {
      order(app, web);
      app.get("/", (_request, response) => response.type("html").send(PAGE));
      app.get("/file", (_request, response) => response.sendFile("page.html", { root: folder.path }));
    });
    for (const path of ["/", "/file"]) {
      const { status, headers, cookies, bytes } = await say(server.port, path, { headers: { "accept-encoding": "gzip" } });
      const body = headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      assert.equal(status, 503);
      assert.equal(JSON.parse(body.toString()).code, "ERR_STORE_UNAVAILABLE");
      assert.deepEqual([cookies, headers.etag, headers["last-modified"]], [[], undefined, undefined]);
    }
  });
}

type Ask = (port: number, path: string, said?: Said) => Promise<Heard>;

const STORES: { readonly [name: string]: () => { readonly store: SessionStore; readonly askAt: Ask } } = {
  "a store that answers at once": () => ({ store: memory(), askAt: say }),
  "a store that takes its time": () => {
    const store = gatedStore();
    return { store, askAt: (...request) => through(store, ...request) };
  },
};

for (const [name, open] of Object.entries(STORES)) {
  test(`files, ranges, HEAD, 304, redirects and JSON with intent, on ${name}`, async () => {
    const { store, askAt } = open();
    await using server = await serve(store, (app, web) => {
      app.use(web.session(), visit(web));
      app.get("/file", (_request, response) => response.sendFile("page.html", { root: folder.path }));
      app.get("/text", (_request, response) => response.send("text"));
      app.get("/json", (request, response) => response.status(201).cookie("theirs", "1").json(web.of(request).data));
      app.get("/redirect", (_request, response) => response.redirect(303, "/next"));
      app.use(framework.static(folder.path));
    });
    const ask = (path: string, said?: Said): Promise<Heard> => askAt(server.port, path, said);

    for (const path of ["/file", "/page.html"]) {
      const whole = await ask(path);
      assert.deepEqual([whole.status, whole.text], [200, PAGE]);
      hasOurs(whole);
      const range = await ask(path, { headers: { range: "bytes=3-8" } });
      assert.deepEqual(
        [range.status, range.text, range.headers["content-range"]],
        [206, PAGE.slice(3, 9), `bytes 3-8/${PAGE.length}`],
      );
      hasOurs(range);
      const beyond = await ask(path, { headers: { range: "bytes=999999999-" } });
      assert.equal(beyond.status, 416);
      const head = await ask(path, { method: "HEAD" });
      assert.deepEqual([head.status, head.headers["content-length"], head.text], [200, String(PAGE.length), ""]);
      hasOurs(head);
      const fresh = await ask(path, { headers: { "if-none-match": whole.headers.etag ?? "" } });
      assert.deepEqual([fresh.status, fresh.text], [304, ""]);
      hasOurs(fresh);
    }
    const text = await ask("/text");
    const fresh = await ask("/text", { headers: { "if-none-match": text.headers.etag ?? "" } });
    assert.deepEqual([fresh.status, fresh.text], [304, ""]);

    const json = await ask("/json");
    assert.deepEqual([json.status, json.text, json.cookies.length], [201, '{"visits":1}', 2]);
    assert.equal(json.cookies[0], "theirs=1; Path=/");
    hasOurs(json);
    const redirect = await ask("/redirect");
    assert.deepEqual([redirect.status, redirect.headers.location], [303, "/next"]);
    hasOurs(redirect);
    const again = await ask("/json", { headers: { cookie: sentBack(json) } });
    assert.deepEqual([again.text, again.cookies], ['{"visits":2}', ["theirs=1; Path=/"]]);
  });
}

test("S-05 a refused write of a file is a 503 without the file's headers", async () => {
  const store = gatedStore();
  store.release(new Error("down"));
  await using server = await serve(store, (app, web) => {
    app.use(web.session(), visit(web), framework.static(folder.path));
  });
  const { status, headers, text } = await say(server.port, "/page.html", { headers: { range: "bytes=0-4" } });
  assert.equal(status, 503);
  assert.deepEqual([headers.etag, headers["content-range"], headers["accept-ranges"]], [undefined, undefined, undefined]);
  assert.equal(JSON.parse(text).code, "ERR_STORE_UNAVAILABLE");
});

test("errors: ours by their code, others by the app; a throw keeps only logout", async () => {
  const store = memory();
  const auth = make(store);
  const web = coatcheckExpress(auth);
  const app = framework();
  const seen: string[] = [];
  const theirs: ErrorRequestHandler = (error, _request, response, _next) => {
    seen.push(error.message);
    response.status(Number(error.status ?? 500)).send("theirs");
  };
  app.use(web.session(), web.routes());
  app.get("/me", (request, response) => {
    response.json(web.user(request).claims);
  });
  app.get("/token", async (request) => {
    web.of(request).set({ n: 1 });
    await web.user(request).accessToken();
  });
  app.get("/missing", async (request) => {
    web.of(request).set({ n: 2 });
    throw Object.assign(new Error("no such page"), { status: 404 });
  });
  app.get("/late", (request, response) => {
    web.of(request).set({ n: 3 });
    response.json({ done: true });
    web.of(request).set({ n: 4 });
  });
  app.get("/logout", async (request) => {
    web.of(request).logout();
    throw new Error("boom");
  });
  app.get("/data", (request, response) => {
    response.json(web.of(request).data);
  });
  app.use(web.errors(), theirs);
  await using server = await listen(app);
  const cookie = await signIn(auth, { subject: "alice" });
  const ask = (path: string, given: string = cookie): Promise<Heard> => say(server.port, path, { headers: { cookie: given } });

  const anonymous = await ask("/me", "");
  assert.deepEqual([anonymous.status, JSON.parse(anonymous.text).code], [401, "ERR_UNAUTHENTICATED"]);
  const token = await ask("/token");
  assert.deepEqual([token.status, JSON.parse(token.text).code], [503, "ERR_TOKEN_UNAVAILABLE"]);
  const missing = await ask("/missing");
  assert.deepEqual([missing.status, missing.text, seen], [404, "theirs", ["no such page"]]);
  assert.equal((await ask("/data")).text, "{}");
  const logout = await ask("/logout");
  assert.deepEqual([logout.status, logout.text], [500, "theirs"]);
  assert.match(logout.cookies[0] ?? "", /Max-Age=0/);
  assert.equal((await ask("/me")).status, 401);
});

test("requireUser answers 401, sends a navigation to the login, and keeps what it shows from caches", async () => {
  const auth = make(memory());
  const web = coatcheckExpress(auth);
  const app = framework();
  app.use(web.session(), web.routes());
  const inner = framework.Router();
  inner.get("/me", web.requireUser(), (request, response) => {
    response.json([web.user(request).claims, Reflect.get(request, "session") === web.of(request)]);
  });
  inner.get("/cached", web.requireUser(), (_request, response) => {
    response.set("cache-control", "private, max-age=5").send("ok");
  });
  app.use("/inner", inner);
  app.use(web.errors());
  await using server = await listen(app);

  assert.equal((await say(server.port, "/inner/me")).status, 401);
  const page = await say(server.port, "/inner/me?a=1", {
    headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  });
  assert.deepEqual([page.status, page.headers.location], [302, "/auth/login?return_to=%2Finner%2Fme%3Fa%3D1"]);
  assert.equal(page.headers["cache-control"], "no-store");
  const cookie = await signIn(auth, { subject: "alice", claims: { name: "Alice" } });
  const me = await say(server.port, "/inner/me", { headers: { cookie } });
  assert.deepEqual([me.text, me.headers["cache-control"]], ['[{"name":"Alice"},true]', "no-store"]);
  assert.equal((await say(server.port, "/inner/cached", { headers: { cookie } })).headers["cache-control"], "private, max-age=5");
  const session = await say(server.port, "/auth/session", { headers: { cookie } });
  assert.equal(JSON.parse(session.text).identity.subject, "alice");
});

test("of() says what is missing if session() did not come first", async () => {
  const web = coatcheckExpress(make(memory()));
  const app = framework();
  const answer: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(500).send(`${error.name}: ${error.message}`);
  };
  app.get("/", (request, response) => {
    response.json(web.of(request).data);
  });
  app.use(web.errors(), answer);
  await using server = await listen(app);
  assert.match((await say(server.port, "/")).text, /^TypeError: .*app\.use\(web\.session\(\)\) comes first/);
});

test("F-52 middleware without its () is the middleware, and no request hangs", async () => {
  const auth = make(memory());
  const web = coatcheckExpress(auth);
  const app = framework();
  app.set("env", "test");
  app.use(web.session, web.routes);
  app.get("/me", web.requireUser, (request, response) => {
    response.json(web.user(request).identity.subject);
  });
  app.get("/token", async (request) => {
    await web.of(request).accessToken();
  });
  app.use(web.errors);
  await using server = await listen(app);
  const cookie = await signIn(auth, { subject: "alice" });
  assert.equal((await say(server.port, "/me")).status, 401);
  assert.equal((await say(server.port, "/me", { headers: { cookie } })).status, 200);
  assert.equal((await say(server.port, "/auth/session")).status, 401);
  assert.equal((await say(server.port, "/token", { headers: { cookie } })).status, 503);
});
