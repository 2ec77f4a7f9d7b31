import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { manualClock } from "coatcheck/testing";
import { Browser } from "../../test-support/browser.ts";
import { PAGE, SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";
import { gatewaysAtProvider } from "../../test-support/provider/gateways-at-provider.ts";
import { CLIENT, testProvider } from "../../test-support/provider/provider.ts";
import { ready } from "../../test-support/ready.ts";

test("health and metrics are on the admin listener alone, for GET and HEAD", async () => {
  await using gateway = await startFullGateway({ upstreams: [] });
  const live = await gateway.admin("/health/live");
  assert.deepEqual([live.status, JSON.parse(live.text)], [200, { live: true }]);
  for (const path of ["/", "/health", "/health/live/", "/metric", "/auth/session", "/sessions"])
    assert.equal((await gateway.admin(path)).status, 404, path);
  for (const path of ["/health/live", "/health/ready", "/metrics"]) assert.equal((await gateway.ask(path)).status, 404, path);
  const metrics = await gateway.admin("/metrics");
  assert.equal(metrics.status, 200);
  assert.match(String(metrics.headers["content-type"]), /^text\/plain/);
  assert.match(metrics.text, /^coatcheck_requests_total\{outcome="checked"\} 0$/m);
});

test("S-40 readiness names the keys that are used and accepted, and no secret", async () => {
  const secrets = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
  await using gateway = await startFullGateway({ upstreams: [], config: { secrets } });
  const { keys } = JSON.parse((await gateway.admin("/health/ready")).text);
  assert.equal(keys.opens.length, 2);
  assert.equal(keys.opens[0], keys.seals);
  await using reversed = await startFullGateway({ upstreams: [], config: { secrets: secrets.toReversed() } });
  const others = JSON.parse((await reversed.admin("/health/ready")).text).keys;
  assert.deepEqual(others.opens, keys.opens.toReversed());
  assert.equal(others.seals, keys.opens[1]);
  for (const secret of secrets) assert.equal(JSON.stringify(keys).includes(secret.slice(0, 8)), false);
});

test("S-05, SE-16 a store that does not answer makes it not ready, and ready again afterwards", async () => {
  await using here = await gatewaysAtProvider();
  const gateway = await here.start();
  gateway.store.down = true;
  const down = await ready(gateway, false);
  assert.deepEqual([down.store, down.providers], [false, [{ name: "default", ready: true }]]);
  assert.equal((await gateway.admin("/health/live")).status, 200);
  gateway.store.down = false;
  assert.equal((await ready(gateway)).store, true);
});

test("DK-04 a provider that is down at start: not ready, what can be served is; ready by itself later", async () => {
  await using provider = await testProvider();
  const clock = manualClock(Date.now());
  await using gateway = await startFullGateway({
    world: { clock },
    config: { providers: [{ issuer: provider.issuer, ...CLIENT }] },
    upstreams: [{ access: "user" }, { access: "public", paths: ["/public"] }, { access: "optional", paths: ["/open"] }],
  });
  const early = await ready(gateway, false);
  assert.deepEqual([early.store, early.providers], [true, [{ name: "default", ready: false }]]);
  assert.equal((await gateway.admin("/health/live")).status, 200);

  const cookie = await gateway.signIn("alice");
  assert.equal((await gateway.ask("/public/a")).status, 200);
  assert.equal((await gateway.ask("/open/a")).status, 200);
  assert.equal(await gateway.statusWith(cookie), 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "alice");
  assert.equal((await gateway.ask("/a", { headers: SCRIPT })).status, 401);
  const login = await gateway.ask("/auth/login", { headers: PAGE });
  assert.equal(login.status, 503);
  assert.equal(login.headers["retry-after"], "5");
  assert.deepEqual(login.setCookies, []);
  assert.match(login.text, /does not answer/);

  await provider.start();
  const later = await ready(gateway, true, () => clock.advance(500));
  assert.deepEqual(later.providers, [{ name: "default", ready: true }]);
  const browser = new Browser();
  const back = await browser.login(gateway.port, "/a");
  assert.deepEqual([back.status, back.headers.location], [303, "/a"], back.text);
  assert.equal((await browser.send(gateway.port, "/a", { headers: PAGE })).status, 200);
  assert.equal(await gateway.statusWith(cookie), 200, "the old session goes on");
});

test("DK-04 a provider that goes down later costs running sessions nothing", async () => {
  await using here = await gatewaysAtProvider();
  const gateway = await here.start();
  const browser = new Browser();
  await browser.login(gateway.port);
  await here.provider.stop();
  assert.equal((await browser.send(gateway.port, "/a", { headers: PAGE })).status, 200);
  assert.equal((await browser.send(gateway.port, "/auth/session", { headers: SCRIPT })).status, 200);
  const logout = await browser.send(gateway.port, "/auth/logout", { method: "POST", headers: SCRIPT });
  assert.equal(logout.status, 200);
  assert.equal(browser.ticket, "");
});
