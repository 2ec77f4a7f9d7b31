import assert from "node:assert/strict";
import { test } from "node:test";
import { appWith } from "../../../test-support/app.ts";
import { refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";

const provider = () => fakeProvider({ users: [{ subject: "alice" }] });

for (const reason of ["logout", "elsewhere", "idle", "expired", "provider", "admin", "identity-changed", "refresh-lost"]) {
  test(`S-46 whose session ended (${reason}) is told so before the login, and led to it`, async () => {
    const app = appWith([provider()]);
    const response = await app.send(app.browser(), "GET", `/auth/login?return_to=%2Fpage%3Fa%3D1&ended=${reason}`);
    assert.equal(response.status, 200);
    assert.match(response.body, /<h1>You are signed out<\/h1><p>[A-Z][^<]{15,}\.<\/p>/);
    assert.match(response.body, /href="\/auth\/login\?return_to=%2Fpage%3Fa%3D1"/);
    assert.ok(!response.headers.some(([name]) => name === "set-cookie"));
    assert.equal(app.events.length, 0, "no login has begun");
  });
}

test("an unknown reason, and that of a replaced session, go on to the login; a malformed one is refused", async () => {
  const app = appWith([provider()]);
  for (const reason of ["replaced", "unheard-of", "constructor"]) {
    assert.equal((await app.send(app.browser(), "GET", `/auth/login?ended=${reason}`)).status, 302, reason);
  }
  assert.equal((await app.send(app.browser(), "GET", "/auth/login?ended=%3Cscript%3E")).status, 400);
  assert.equal((await app.send(app.browser(), "GET", "/auth/login?ended=idle&ended=admin")).status, 400);
});

test("SE-02 the next navigation after an idle hour is led to the page that says so, a script gets 401", async () => {
  const world = refreshWorld();
  const cookie = await world.signIn({ refreshToken: null });
  world.clock.advance(3_600_001);
  const replica = world.replica();
  const headers: Record<string, string> = { ...NAVIGATION, cookie };
  const { decision, exchange } = await replica.ask(cookie, { target: "/page", header: (name) => headers[name] });
  assert.deepEqual(decision, { kind: "login", ended: "idle" });
  assert.equal(exchange.session.endedReason, "idle");
  const answer = replica.auth.engine.answer({ kind: "login", ended: "idle" }, exchange.request);
  assert.deepEqual(answer.headers[0], ["location", "/auth/login?return_to=%2Fpage&ended=idle"]);
  assert.equal((await replica.ask(cookie)).decision.kind, "refuse");
  await world.close();
});
