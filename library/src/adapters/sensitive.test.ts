/** Sensitive routes of each adapter, over a store that keeps rows and hears of no ending. */
import assert from "node:assert/strict";
import { test } from "node:test";
import framework from "express";
import { Hono } from "hono";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { JsonObject } from "../contracts.ts";
import { BoundedRows } from "../core/rows/bounded-rows.ts";
import { keepRows } from "../core/rows/keep-rows.ts";
import type { Auth } from "../http/auth.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckExpress } from "./express.ts";
import { coatcheckHono } from "./hono.ts";
import { coatcheckNode } from "./node.ts";

/** Answers the status of a path, with this cookie. */
type Ask = (path: string, cookie: string) => Promise<number>;
type Serve = (auth: Auth<JsonObject>, run: (ask: Ask) => Promise<void>) => Promise<void>;

const express: Serve = async (auth, run) => {
  const web = coatcheckExpress(auth);
  const app = framework().use(web.session());
  app.get("/plain", web.requireUser(), (_, response) => void response.send("in"));
  app.get("/sensitive", web.requireUser({ sensitive: true }), (_, response) => void response.send("in"));
  await using site = await listen(app);
  await run(async (path, cookie) => (await say(site.port, path, { headers: { cookie } })).status);
};

const node: Serve = async (auth, run) => {
  const on = coatcheckNode(auth);
  const plain = on.userHandler((_, response) => response.end("in"));
  const sensitive = on.userHandler((_, response) => response.end("in"), { sensitive: true });
  await using site = await listen((request, response) => (request.url === "/plain" ? plain : sensitive)(request, response));
  await run(async (path, cookie) => (await say(site.port, path, { headers: { cookie } })).status);
};

const hono: Serve = async (auth, run) => {
  const on = coatcheckHono(auth);
  const site = new Hono().use(on.session());
  site.get("/plain", on.requireUser(), (context) => context.text("in"));
  site.get("/sensitive", on.requireUser({ sensitive: true }), (context) => context.text("in"));
  await run(async (path, cookie) => (await site.request(`${LOOPBACK}${path}`, { headers: { cookie } })).status);
};

for (const [name, serve] of Object.entries({ express, node, hono })) {
  test(`LO-10 a sensitive route asks the store, and others what it kept (${name})`, async () => {
    const real = memory();
    const rows = new BoundedRows({ staleness: "1m" }, () => performance.now());
    const here = authWith({ publicUrl: LOOPBACK, store: keepRows(overStore(real, {}), rows) });
    const there = authWith({ publicUrl: LOOPBACK, store: real });
    const cookie = await signIn(there.auth, { subject: "alice" });
    await serve(here.auth, async (ask) => {
      assert.deepEqual([await ask("/plain", cookie), await ask("/sensitive", cookie)], [200, 200]);
      assert.equal(await there.auth.endAll("test alice"), 1);
      assert.deepEqual([await ask("/plain", cookie), await ask("/sensitive", cookie)], [200, 401]);
      assert.equal(await ask("/plain", cookie), 401, "what was read as over is kept no longer");
    });
  });
}
