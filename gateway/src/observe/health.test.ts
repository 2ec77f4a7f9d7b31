import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { manualClock } from "coatcheck/testing";
import { Browser } from "../../testing/browser.ts";
import { PAGE, SCRIPT, startHouse } from "../../testing/house.ts";
import { CLIENT, testProvider } from "../../testing/provider.ts";
import { ready } from "../../testing/ready.ts";

test("health and metrics are on the admin listener alone, for GET and HEAD", async () => {
  await using house = await startHouse({ upstreams: [] });
  const live = await house.admin("/health/live");
  assert.deepEqual([live.status, JSON.parse(live.text)], [200, { live: true }]);
  for (const path of ["/", "/health", "/health/live/", "/metric", "/auth/session", "/sessions"])
    assert.equal((await house.admin(path)).status, 404, path);
  for (const path of ["/health/live", "/health/ready", "/metrics"]) assert.equal((await house.ask(path)).status, 404, path);
  const metrics = await house.admin("/metrics");
  assert.equal(metrics.status, 200);
  assert.match(String(metrics.headers["content-type"]), /^text\/plain/);
  assert.match(metrics.text, /^coatcheck_requests_total\{outcome="checked"\} 0$/m);
});

test("S-40 readiness names the keys that are used and accepted, and no secret", async () => {
  const secrets = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
  await using house = await startHouse({ upstreams: [], config: { secrets } });
  const { keys } = JSON.parse((await house.admin("/health/ready")).text);
  assert.equal(keys.opens.length, 2);
  assert.equal(keys.opens[0], keys.seals);
  await using reversed = await startHouse({ upstreams: [], config: { secrets: secrets.toReversed() } });
  const others = JSON.parse((await reversed.admin("/health/ready")).text).keys;
  assert.deepEqual(others.opens, keys.opens.toReversed());
  assert.equal(others.seals, keys.opens[1]);
  for (const secret of secrets) assert.equal(JSON.stringify(keys).includes(secret.slice(0, 8)), false);
});

test("S-05, SE-16 a store that does not answer makes it not ready, and ready again afterwards", async () => {
  await using provider = await testProvider();
  await provider.start();
  await using house = await startHouse({ world: {}, config: { providers: [{ issuer: provider.issuer, ...CLIENT }] } });
  await ready(house);
  house.store.down = true;
  const down = await ready(house, false);
  assert.deepEqual([down.store, down.providers], [false, [{ name: "default", ready: true }]]);
  assert.equal((await house.admin("/health/live")).status, 200);
  house.store.down = false;
  assert.equal((await ready(house)).store, true);
});

test("DK-04 a provider that is down at start: not ready, what can be served is, and it becomes ready by itself", async () => {
  await using provider = await testProvider();
  const clock = manualClock(Date.now());
  await using house = await startHouse({
    world: { clock },
    config: { providers: [{ issuer: provider.issuer, ...CLIENT }] },
    upstreams: [{ access: "user" }, { access: "public", paths: ["/public"] }, { access: "optional", paths: ["/open"] }],
  });
  const early = await ready(house, false);
  assert.deepEqual([early.store, early.providers], [true, [{ name: "default", ready: false }]]);
  assert.equal((await house.admin("/health/live")).status, 200);

  const cookie = await house.signIn("alice");
  assert.equal((await house.ask("/public/a")).status, 200);
  assert.equal((await house.ask("/open/a")).status, 200);
  assert.equal((await house.ask("/a", { headers: { ...SCRIPT, cookie } })).status, 200);
  assert.equal(house.seen.at(-1)?.headers["x-auth-request-user"], "alice");
  assert.equal((await house.ask("/a", { headers: SCRIPT })).status, 401);
  const login = await house.ask("/auth/login", { headers: PAGE });
  assert.equal(login.status, 503);
  assert.equal(login.headers["retry-after"], "5");
  assert.deepEqual(login.setCookies, []);
  assert.match(login.text, /does not answer/);

  await provider.start();
  const later = await ready(house, true, () => clock.advance(500));
  assert.deepEqual(later.providers, [{ name: "default", ready: true }]);
  const browser = new Browser();
  const back = await browser.login(house.port, "/a");
  assert.deepEqual([back.status, back.headers.location], [303, "/a"], back.text);
  assert.equal((await browser.send(house.port, "/a", { headers: PAGE })).status, 200);
  assert.equal((await house.ask("/a", { headers: { ...SCRIPT, cookie } })).status, 200, "the old session goes on");
});

test("DK-04 a provider that goes down later costs running sessions nothing", async () => {
  await using provider = await testProvider();
  await provider.start();
  await using house = await startHouse({ world: {}, config: { providers: [{ issuer: provider.issuer, ...CLIENT }] } });
  await ready(house);
  const browser = new Browser();
  await browser.login(house.port);
  await provider.stop();
  assert.equal((await browser.send(house.port, "/a", { headers: PAGE })).status, 200);
  assert.equal((await browser.send(house.port, "/auth/session", { headers: SCRIPT })).status, 200);
  const logout = await browser.send(house.port, "/auth/logout", { method: "POST", headers: SCRIPT });
  assert.equal(logout.status, 200);
  assert.equal(browser.ticket, "");
});
