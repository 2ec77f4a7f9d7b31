/** Routes that say which ways of authenticating they accept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import framework from "express";
import { Hono } from "hono";
import { LOOPBACK, SECRET } from "../../test-support/origin.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { JsonObject, Strategy } from "../contracts.ts";
import { type CoatcheckOptions, coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { custom } from "../strategies/custom.ts";
import { signIn } from "../testing/sign-in.ts";
import { coatcheckExpress } from "./express.ts";
import { coatcheckFetch } from "./fetch.ts";
import { coatcheckHono } from "./hono.ts";
import { coatcheckNode } from "./node.ts";

const make = () =>
  coatcheck({
    publicUrl: LOOPBACK,
    secrets: SECRET,
    store: memory(),
    strategies: [
      custom({
        name: "key",
        presented: (request) => request.header("x-api-key") !== undefined,
        authenticate: () => ({ issuer: "keys", subject: "robot" }),
      }),
    ],
  });
type Made = ReturnType<typeof make>;
type Ask = (headers: Record<string, string>) => Promise<number>;

/** One route that takes `via` alone. */
const ROUTES: {
  readonly [name: string]: (auth: Made, via: readonly string[], run: (ask: Ask) => Promise<void>) => Promise<void>;
} = {
  async coatcheckExpress(auth, via, run) {
    const web = coatcheckExpress(auth);
    const app = framework();
    app.use(web.session());
    app.get("/", web.requireUser({ via }), (request, response) => void response.send(web.user(request).via));
    await using server = await listen(app);
    await run(async (headers) => (await say(server.port, "/", { headers })).status);
  },
  async coatcheckNode(auth, via, run) {
    await using server = await listen(
      coatcheckNode(auth).userHandler((_request, response, session) => response.end(session.via), { via }),
    );
    await run(async (headers) => (await say(server.port, "/", { headers })).status);
  },
  async coatcheckHono(auth, via, run) {
    const on = coatcheckHono(auth);
    const app = new Hono().use(on.session()).get("/", on.requireUser({ via }), (c) => c.text(c.var.session.via));
    await run(async (headers) => (await app.request("/", { headers })).status);
  },
  async fetch(auth, via, run) {
    const serve = coatcheckFetch(auth).userHandler((session) => new Response(session.via), { via });
    await run(async (headers) => (await serve(new Request(`${LOOPBACK}/`, { headers }))).status);
  },
};

for (const [name, route] of Object.entries(ROUTES)) {
  test(`S-55 a route takes the ways of authenticating that it names, and no other (${name})`, async () => {
    const auth = make();
    const cookie = await signIn(auth, { subject: "alice" });
    const key = { "x-api-key": "k" };
    await route(auth, ["session"], async (ask) => {
      assert.deepEqual(
        [await ask({ cookie }), await ask(key), await ask({ ...key, cookie }), await ask({})],
        [200, 403, 403, 401],
      );
    });
    await route(auth, ["key"], async (ask) => {
      assert.deepEqual([await ask({ cookie }), await ask(key), await ask({})], [403, 200, 401]);
    });
    await route(auth, ["key", "session"], async (ask) => {
      assert.deepEqual([await ask({ cookie }), await ask(key)], [200, 200]);
    });
    await auth.close();
  });

  test(`S-55 a way that does not exist is refused at start (${name})`, async () => {
    const auth = make();
    for (const via of [["sesion"], ["proxy"], []]) {
      await assert.rejects(
        route(auth, via, async () => assert.fail("started")),
        TypeError,
        via.join(),
      );
    }
    await auth.close();
  });
}

test("S-55 auth.handle takes via beside the request: 403 if another way authenticated, anonymous is served", async () => {
  const auth = make();
  const cookie = await signIn(auth, { subject: "alice" });
  const ask = async (headers: Record<string, string>) =>
    (await auth.handle(new Request(`${LOOPBACK}/`, { headers }), () => new Response(), { via: ["session"] })).status;
  assert.deepEqual([await ask({ cookie }), await ask({ "x-api-key": "k" }), await ask({})], [200, 403, 200]);
  await auth.close();
});

const own = (name: string): Strategy => ({
  name,
  ambient: false,
  presented: (request) => request.header("x-api-key") !== undefined,
  examine: ({ now }) => ({
    kind: "principal",
    principal: {
      identity: { issuer: "keys", subject: "robot", claims: {}, authenticatedAt: now, method: "key" },
      owner: "keys robot",
      ambient: false,
    },
  }),
});

test("S-55 a name that another strategy has is refused at start", () => {
  const base = { publicUrl: LOOPBACK, secrets: SECRET };
  const start = (options: Omit<CoatcheckOptions<JsonObject>, keyof typeof base | "store">) => () =>
    coatcheck({ ...base, store: memory(), ...options });
  const called = (name: string) => ({ name: "TypeError", message: new RegExp(`^two strategies are called ${name};`) });
  assert.throws(start({ strategies: [own("session")] }), called("session"));
  assert.throws(start({ strategies: [own("proxy")], proxy: { preset: "generic", trusted: ["10.0.0.1"] } }), called("proxy"));
  const bearer = { jwt: { issuer: "https://id.example.com", audience: "api" } };
  assert.throws(start({ strategies: [own("bearer")], bearer }), called("bearer"));
  assert.throws(start({ strategies: [own("key"), own("key")] }), called("key"));
});

for (const name of ["proxy", "bearer"]) {
  test(`S-55 an app's own strategy may be called ${name} if ours is not configured, and is nothing else`, async () => {
    const auth = coatcheck({ publicUrl: LOOPBACK, secrets: SECRET, store: memory(), strategies: [own(name)] });
    const cookie = await signIn(auth, { subject: "alice" });
    const ask = async (headers: Record<string, string>, via: readonly string[]) =>
      (await auth.handle(new Request(`${LOOPBACK}/`, { headers }), (session) => new Response(session.via), { via })).status;
    const key = { "x-api-key": "k" };
    assert.deepEqual([await ask(key, [name]), await ask(key, ["session"])], [200, 403]);
    assert.deepEqual([await ask({ ...key, cookie }, [name]), await ask({ cookie }, ["session"])], [200, 200]);
    await auth.close();
  });
}
