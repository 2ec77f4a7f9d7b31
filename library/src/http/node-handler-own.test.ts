/** What an app records before one of our own endpoints, and answers in its place. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK } from "../../test-support/origin.ts";
import { LIFETIME, refreshWorld } from "../../test-support/refresh/refresh-world.ts";
import { listen, say } from "../../test-support/talk.ts";
import type { JsonObject, Session } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";
import { NodeEngine } from "./node-handler.ts";

const PLACES = ["/", "/auth/session"];

async function appWith(respond: (session: Session<JsonObject>, response: ServerResponse) => void, later = false) {
  const real = memory();
  const store = later ? overStore(real, { get: async (id) => real.get(id) }) : real;
  const { auth } = authWith({ publicUrl: LOOPBACK, store });
  const cookie = await signIn(auth, { subject: "alice" });
  const node = new NodeEngine(auth.engine);
  const server = await listen((request, response) => {
    node.open(request, response, (error) => {
      if (error === undefined) respond(node.session(request), response);
      else response.writeHead(500).end(String(error));
    });
  });
  const stored = async (): Promise<JsonObject> =>
    (await auth.engine.open({ method: "GET", target: "/", header: () => cookie })).session.data;
  return { auth, cookie, server, stored };
}

for (const later of [false, true]) {
  const when = later ? "later" : "at once";
  test(`F-46 what an app records before it answers is stored, an endpoint's too: store answers ${when}`, async () => {
    const { auth, cookie, server, stored } = await appWith((session, response) => {
      session.update((data) => ({ visits: Number(data["visits"] ?? 0) + 1 }));
      response.end("the app's");
    }, later);
    await using _ = server;
    for (const [at, path] of PLACES.entries()) {
      const answer = await say(server.port, path, { headers: { cookie } });
      assert.deepEqual([answer.status, answer.text], [200, "the app's"], path);
      assert.deepEqual(await stored(), { visits: at + 1 }, path);
    }
    await auth.close();
  });
}

test("F-46 what another site's request records is stored nowhere, also in the place of an endpoint of ours", async () => {
  const { auth, cookie, server, stored } = await appWith((session, response) => {
    session.set({ visits: 1 });
    response.end("the app's");
  });
  await using _ = server;
  for (const path of PLACES) {
    const headers = { cookie, "sec-fetch-site": "cross-site" };
    const answer = await say(server.port, path, { method: "POST", headers });
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [403, "ERR_CROSS_SITE"], path);
    assert.deepEqual(await stored(), {}, path);
  }
  await auth.close();
});

test("F-46 a handler that throws after a store that answers later is passed on", async () => {
  const { auth, cookie, server } = await appWith(() => {
    throw new Error("a bug");
  }, true);
  await using _ = server;
  for (const path of PLACES) {
    const answer = await say(server.port, path, { headers: { cookie } });
    assert.deepEqual([answer.status, answer.text], [500, "Error: a bug"], path);
  }
  await auth.close();
});

test("F-46 what an app records before one of our endpoints is stored by that, and no provider is asked", async () => {
  const world = refreshWorld();
  world.provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: null }));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const { auth } = world.replica();
  const node = new NodeEngine(auth.engine);
  await using server = await listen((request, response) => {
    node.open(request, response, () => {
      node.session(request).set({ visits: 1 });
      node.serve(request, response, (error) => response.destroy(error instanceof Error ? error : undefined));
    });
  });
  const answer = await say(server.port, "/auth/sessions", { headers: { cookie } });
  assert.equal(answer.status, 200);
  const exchange = await auth.engine.open({ method: "GET", target: "/", header: () => cookie });
  assert.deepEqual(exchange.session.data, { visits: 1 });
  assert.equal(world.provider.calls.length, 0);
  await world.close();
});
