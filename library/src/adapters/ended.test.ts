/** Handlers that need a token when there is none any more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import framework from "express";
import { Hono } from "hono";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { listen, say } from "../../test-support/talk.ts";
import { coatcheckExpress } from "./express.ts";
import { coatcheckFetch } from "./fetch.ts";
import { coatcheckHono } from "./hono.ts";
import { coatcheckNode } from "./node.ts";

const make = () => authWith({ publicUrl: LOOPBACK }).auth;
type Made = ReturnType<typeof make>;
/** Asks for `/wanted` and answers the status and where that leads. */
type Ask = (headers: Record<string, string>) => Promise<readonly [status: number, location: string | null]>;

const answered = (response: Response): readonly [number, string | null] => [response.status, response.headers.get("location")];

const ADAPTERS: { readonly [name: string]: (auth: Made, run: (ask: Ask) => Promise<void>) => Promise<void> } = {
  async coatcheckExpress(auth, run) {
    const web = coatcheckExpress(auth);
    const app = framework();
    app.use(web.session());
    app.get("/wanted", async (request, response) => {
      response.end(await web.of(request).accessToken());
    });
    app.use(web.errors());
    await using server = await listen(app);
    await run(async (headers) => {
      const { status, headers: given } = await say(server.port, "/wanted", { headers });
      return [status, given.location ?? null];
    });
  },
  async coatcheckNode(auth, run) {
    const web = coatcheckNode(auth);
    await using server = await listen(
      web.handler(async (_request, response, session) => {
        response.end(await session.accessToken());
      }),
    );
    await run(async (headers) => {
      const { status, headers: given } = await say(server.port, "/wanted", { headers });
      return [status, given.location ?? null];
    });
  },
  async fetch(auth, run) {
    const serve = coatcheckFetch(auth).handler(async (session) => new Response(await session.accessToken()));
    await run(async (headers) => answered(await serve(new Request(`${LOOPBACK}/wanted`, { headers }))));
  },
  async coatcheckHono(auth, run) {
    const on = coatcheckHono(auth);
    const app = new Hono().use(on.session()).get("/wanted", async (c) => c.text(await c.var.session.accessToken()));
    await run(async (headers) => answered(await app.request(`${LOOPBACK}/wanted`, { headers })));
  },
};

for (const [name, over] of Object.entries(ADAPTERS)) {
  test(`F-31 a page whose token cannot be had any more goes to the login, a script gets 401: ${name}`, async () => {
    const auth = make();
    await over(auth, async (ask) => {
      const page = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
      assert.deepEqual(await ask(page), [302, "/auth/login?return_to=%2Fwanted"]);
      assert.deepEqual(await ask({ "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }), [401, null]);
    });
    await auth.close();
  });
}
