/** What a middleware has recorded counts for `requireUser()` behind it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import framework from "express";
import { Hono } from "hono";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import { listen, say } from "../../test-support/talk.ts";
import { coatcheckExpress } from "./express.ts";
import { coatcheckHono } from "./hono.ts";

const make = () => authWith({ publicUrl: LOOPBACK }).auth;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cookies: readonly string[];
}
type Ask = (headers: Record<string, string>) => Promise<Answer>;

/** An app that takes sessions of an older layer over, each once, and signs out who asks for it. */
const APPS: { readonly [name: string]: (run: (ask: Ask) => Promise<void>) => Promise<void> } = {
  async express(run) {
    const old = new Set(["old=alice"]);
    const web = coatcheckExpress(make());
    const app = framework();
    app.use(web.session(), web.routes(), (request, _response, next) => {
      const session = web.of(request);
      if (session.owner === null && old.delete(request.headers.cookie ?? "")) session.login({ issuer: "app", subject: "alice" });
      if (request.headers["x-leave"] !== undefined) session.logout();
      next();
    });
    app.get("/", web.requireUser(), (request, response) => {
      const { identity, via } = web.user(request);
      response.send(`${identity.subject} ${via}`);
    });
    app.use(web.errors());
    await using server = await listen(app);
    await run((headers) => say(server.port, "/", { headers }));
  },
  async hono(run) {
    const old = new Set(["old=alice"]);
    const on = coatcheckHono(make());
    const app = new Hono()
      .use(on.session(), async (c, next) => {
        const { session } = c.var;
        if (session.owner === null && old.delete(c.req.header("cookie") ?? ""))
          session.login({ issuer: "app", subject: "alice" });
        if (c.req.header("x-leave") !== undefined) session.logout();
        await next();
      })
      .get("/", on.requireUser(), (c) => c.text(`${c.var.session.identity.subject} ${c.var.session.via}`));
    await run(async (headers) => {
      const response = await app.request("/", { headers });
      return { status: response.status, text: await response.text(), cookies: response.headers.getSetCookie() };
    });
  },
};

for (const [name, app] of Object.entries(APPS)) {
  for (const [kind, headers] of Object.entries({ fetch: {}, navigation: NAVIGATION })) {
    test(`F-62 S-60 a session of an older layer is taken over once, and that ${kind} is signed in (${name})`, () =>
      app(async (ask) => {
        const first = await ask({ ...headers, cookie: "old=alice" });
        assert.deepEqual([first.status, first.text], [200, "alice session"]);
        assert.equal(first.cookies.length, 1);
        const [ours = ""] = first.cookies[0]?.split(";") ?? [];
        const next = await ask({ ...headers, cookie: ours });
        assert.deepEqual([next.status, next.text, next.cookies], [200, "alice session", []]);
        const again = await ask({ ...headers, cookie: "old=alice" });
        assert.deepEqual([again.status, again.cookies], [kind === "fetch" ? 401 : 302, []]);
      }));

    test(`F-62 after a logout in a middleware the caller is anonymous, without a cookie (${name}, ${kind})`, () =>
      app(async (ask) => {
        const [ours = ""] = (await ask({ ...headers, cookie: "old=alice" })).cookies[0]?.split(";") ?? [];
        const left = await ask({ ...headers, cookie: ours, "x-leave": "1" });
        assert.equal(left.status, kind === "fetch" ? 401 : 302);
        assert.match(left.cookies.join(), /Max-Age=0/);
      }));
  }
}
