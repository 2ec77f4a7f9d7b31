import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN, SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";

const SECRET = "pZsb0WG1ehJS4A6tQ8TzC9r1Lh7mYxkVfNq2Uo5dEwI";
const ASKED = { ...SCRIPT, "x-original-method": "GET", "x-original-url": `${ORIGIN}/page`, "x-forwarded-user": "admin" };

test("A-09 TP-03 what a fronting proxy only passes on is not believed for that proxy's address", async () => {
  await using gateway = await startFullGateway({ config: { proxyIdentity: { preset: "generic", trusted: ["127.0.0.0/8"] } } });
  const proxied = await gateway.ask("/page", { headers: { ...SCRIPT, "x-forwarded-user": "admin" } });
  assert.equal(proxied.status, 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "admin");
  const asked = await gateway.ask("/auth/check/nginx", { headers: ASKED });
  assert.equal(asked.status, 401);
  assert.ok(!JSON.stringify(asked.headers).includes("admin"));
});

test("TP-03 with the proxy's secret it is, and the secret goes no further", async () => {
  const secret = { header: "X-Proxy-Secret", value: [SECRET] };
  await using gateway = await startFullGateway({
    config: { proxyIdentity: { preset: "generic", trusted: ["127.0.0.0/8"], secret } },
  });
  const asked = await gateway.ask("/auth/check/nginx", { headers: { ...ASKED, "x-proxy-secret": SECRET } });
  assert.equal(asked.status, 200, asked.text);
  assert.equal(asked.headers["x-auth-request-user"], "admin");
  assert.equal((await gateway.ask("/auth/check/nginx", { headers: ASKED })).status, 401);
  await gateway.ask("/page", { headers: { ...SCRIPT, "x-forwarded-user": "admin", "x-proxy-secret": SECRET } });
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "admin");
  assert.ok(!JSON.stringify(gateway.seen).includes(SECRET));
});
