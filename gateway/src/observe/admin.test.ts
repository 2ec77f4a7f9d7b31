import assert from "node:assert/strict";
import { test } from "node:test";
import { echo, PUBLIC, startHarness } from "../../test-support/harness.ts";
import { listen, stop } from "../server/listener.ts";
import { createAdmin, readinessOf } from "./admin.ts";

const KEYS = { seals: "k7Qd", opens: ["k7Qd", "a1b2"], signs: "s1", verifies: ["s1"] };

test("health, readiness and metrics are on the admin listener, and nothing else is", async () => {
  await using harness = await startHarness(echo);
  const ask = (path: string, method = "GET") => fetch(`http://127.0.0.1:${harness.gateway.adminPort}${path}`, { method });
  assert.deepEqual(await (await ask("/health/live")).json(), { live: true });
  const ready = await ask("/health/ready?x=1");
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), {
    ready: true,
    store: true,
    providers: [{ name: "default", ready: true }],
    keys: { seals: "k1", opens: ["k1"], signs: "s1", verifies: ["s1"] },
    stopping: false,
  });
  assert.match((await ask("/metrics")).headers.get("content-type") ?? "", /^text\/plain/);
  for (const path of ["/", "/health", "/metrics/", "/sessions", "//metrics"]) assert.equal((await ask(path)).status, 404, path);
  assert.equal((await ask("/metrics", "POST")).status, 405);
  for (const path of ["/health/live", "/metrics"])
    assert.match(await harness.get(path), /"url":"\/(health\/live|metrics)"/, "the public listener has no such page of ours");
});

test("not ready: a store that fails, no provider that answers, a process that stops", async () => {
  const up = {
    store: () => true,
    providers: () => [
      { name: "a", ready: true },
      { name: "b", ready: false },
    ],
    keys: KEYS,
  };
  assert.equal((await readinessOf(up, false)).ready, true);
  assert.equal((await readinessOf(up, true)).ready, false);
  assert.equal((await readinessOf({ ...up, providers: () => [{ name: "a", ready: false }] }, false)).ready, false);
  assert.equal((await readinessOf({ ...up, store: () => false }, false)).ready, false);
  const failing = { ...up, store: () => Promise.reject(new Error("canary")) };
  const rejecting = (): Promise<never> => Promise.reject(new Error("canary"));
  const admin = createAdmin({
    isHost: () => true,
    readiness: () => readinessOf(failing, false),
    metrics: rejecting,
    token: () => undefined,
    api: () => undefined,
  });
  const port = await listen(admin, { host: "127.0.0.1", port: 0 });
  try {
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    const text = await ready.text();
    assert.equal(ready.status, 503);
    assert.ok(text.includes("k7Qd") && !text.includes("canary"), text);
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    assert.equal(metrics.status, 500);
    assert.ok(!(await metrics.text()).includes("canary"));
  } finally {
    await stop(admin, 0, () => {});
  }
});

test("OP-01 nothing that a request carries gets into a log line, a metric or an error", async () => {
  await using harness = await startHarness(echo, { config: { trustedProxies: ["127.0.0.1"] } });
  const canary = "canary-4711";
  const carrying = {
    Cookie: `x=${canary}; __Host-Http-coatcheck=${canary}`,
    Authorization: `Bearer ${canary}`,
    "X-Auth-Request-User": canary,
    "X-Original-URL": `https://${PUBLIC}/?code=${canary}`,
    Referer: `https://${PUBLIC}/?state=${canary}`,
    "User-Agent": canary,
  };
  for (const path of ["/", "/auth/callback", "/auth/boom", "/auth/check/nginx", "/%zz", "/auth/echo"]) {
    for (const answer of [await harness.get(`${path}?code=${canary}&state=${canary}`, carrying)]) {
      if (path !== "/") assert.ok(!answer.includes(canary), answer);
    }
  }
  await harness.raw(`GET /?code=${canary} HTTP/1.1\r\nHost: ${canary}\r\nConnection: close\r\n\r\n`);
  await harness.raw(`${canary}\r\n\r\n`);
  const log = harness.log.join("");
  assert.ok(!log.includes(canary) && !log.includes("secret-canary"), log);
  assert.ok(!(await harness.metrics()).includes(canary));
  assert.match(log, /"event":"request.failed","error":\{"name":"Error","at":\[/);
  for (const line of harness.log) assert.doesNotThrow(() => JSON.parse(line));
});
