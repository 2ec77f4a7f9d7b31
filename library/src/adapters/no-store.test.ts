/** What an authenticated user is shown is for no cache. */
import assert from "node:assert/strict";
import { test } from "node:test";
import framework from "express";
import { Hono } from "hono";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { JsonObject, Session } from "../contracts.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckExpress } from "./express.ts";
import { coatcheckFetch } from "./fetch.ts";
import { coatcheckHono } from "./hono.ts";
import { coatcheckNode } from "./node.ts";

const make = () => authWith({ publicUrl: LOOPBACK }).auth;
type Made = ReturnType<typeof make>;
/** Asks for a path; answers the `Cache-Control`. */
type Ask = (path: string, cookie?: string) => Promise<string | null>;

/** What each path reads of the session. */
const READS: { readonly [path: string]: (session: Session<JsonObject>) => unknown } = {
  "/identity": (session) => session.identity?.subject,
  "/owner": (session) => session.owner,
  "/data": (session) => session.data["cart"],
  "/own": (session) => session.identity,
  "/nothing": () => "for everybody",
};
const read = (path: string, session: Session<JsonObject>): string => String(READS[path]?.(session));
const OWN = "private, max-age=60";

const APPS: { readonly [name: string]: (auth: Made, run: (ask: Ask) => Promise<void>) => Promise<void> } = {
  async coatcheckExpress(auth, run) {
    const web = coatcheckExpress(auth);
    const app = framework();
    app.use(web.session());
    app.get(Object.keys(READS), (request, response) => {
      const text = read(request.path, web.of(request));
      if (request.path === "/own") response.set("cache-control", OWN);
      response.send(text);
    });
    await using server = await listen(app);
    await run(async (path, cookie) => {
      const { headers } = await say(server.port, path, { headers: cookie === undefined ? {} : { cookie } });
      return headers["cache-control"] ?? null;
    });
  },
  async coatcheckNode(auth, run) {
    const listener = coatcheckNode(auth).handler((request, response, session) => {
      const path = request.url ?? "";
      const text = read(path, session);
      response.writeHead(200, path === "/own" ? { "Cache-Control": OWN } : {}).end(text);
    });
    await using server = await listen(listener);
    await run(async (path, cookie) => {
      const { headers } = await say(server.port, path, { headers: cookie === undefined ? {} : { cookie } });
      return headers["cache-control"] ?? null;
    });
  },
  async coatcheckHono(auth, run) {
    const app = new Hono().use(coatcheckHono(auth).session()).get("/:path", (c) => {
      const text = read(c.req.path, c.var.session);
      return c.text(text, 200, c.req.path === "/own" ? { "cache-control": OWN } : {});
    });
    await run(async (path, cookie) => {
      const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
      return (await app.request(path, { headers })).headers.get("cache-control");
    });
  },
  async fetch(auth, run) {
    const serve = coatcheckFetch(auth).handler((session, request) => {
      const path = new URL(request.url).pathname;
      const text = read(path, session);
      return new Response(text, path === "/own" ? { headers: { "cache-control": OWN } } : {});
    });
    await run(async (path, cookie) => {
      const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
      return (await serve(new Request(LOOPBACK + path, { headers }))).headers.get("cache-control");
    });
  },
};

for (const [name, app] of Object.entries(APPS)) {
  test(`F-40 S-49 HD-01 an answer that read a user is for no cache, unless the app says so (${name})`, async () => {
    const auth = make();
    const cookie = await signIn(auth, { subject: "alice" }, (session) => session.set({ cart: 1 }));
    await app(auth, async (ask) => {
      for (const path of ["/identity", "/owner", "/data"]) assert.equal(await ask(path, cookie), "no-store", path);
      assert.equal(await ask("/own", cookie), OWN);
      assert.equal(await ask("/nothing", cookie), null, "what reads nobody is left alone");
      for (const path of ["/identity", "/owner", "/data", "/nothing"]) assert.equal(await ask(path), null, `${path}, a stranger`);
    });
    await auth.close();
  });
}

test("F-40 an answer that was fetched, whose headers are immutable, is for no cache either", async () => {
  const auth = make();
  const cookie = await signIn(auth, { subject: "alice" });
  const answer = await auth.handle(new Request(`${LOOPBACK}/`, { headers: { cookie } }), (session) =>
    session.identity === null ? new Response() : Response.redirect(`${LOOPBACK}/next`, 303),
  );
  assert.deepEqual([answer.status, answer.headers.get("cache-control")], [303, "no-store"]);
  await auth.close();
});
