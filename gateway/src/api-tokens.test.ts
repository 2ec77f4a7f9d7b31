/** Upstreams that get an access token for an API of their own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "../test-support/browser.ts";
import { type FullGateway, SCRIPT } from "../test-support/full-gateway.ts";
import { settingsOf } from "../test-support/harness.ts";
import { gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import type { TestProvider } from "../test-support/provider/provider.ts";

let provider: TestProvider;
let gateway: FullGateway;
/** Tokens that the upstream takes no more. */
const refused = new Set<string>();
const open = new AsyncDisposableStack();

before(async () => {
  const here = open.use(await gatewaysAtProvider());
  provider = here.provider;
  gateway = await here.start({
    upstreams: [
      { token: "authorization", paths: ["/own"] },
      { token: "authorization", tokenAudience: "https://billing.example.com", paths: ["/billing"] },
      { token: "header", tokenAudience: "https://orders.example.com", tokenScope: "orders:read", paths: ["/orders"] },
    ],
    app: ({ headers }, response) => {
      const token = String(headers["x-auth-request-access-token"] ?? headers.authorization ?? "").replace("Bearer ", "");
      if (refused.has(token)) response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end();
      else response.end(token);
    },
  });
});
after(() => open.disposeAsync());

test("RF-02 an upstream gets the token for its API, once got and kept with the session", async () => {
  const browser = await new Browser().signIn(gateway);
  const tokenAt = async (path: string) => (await browser.send(gateway.port, path, { headers: SCRIPT })).text;
  const own = await tokenAt("/own");
  const [billing, again] = await Promise.all([tokenAt("/billing"), tokenAt("/billing")]);
  const orders = await tokenAt("/orders");
  assert.equal(billing, again);
  assert.equal(new Set([own, billing, orders]).size, 3);
  assert.deepEqual([await tokenAt("/own"), await tokenAt("/billing"), await tokenAt("/orders")], [own, billing, orders]);
  const asked = provider.calls.filter(({ form }) => form.get("grant_type") === "refresh_token").map(({ form }) => form);
  assert.deepEqual(
    asked.map((form) => [form.get("resource"), form.get("scope")]),
    [
      ["https://billing.example.com", null],
      ["https://orders.example.com", "orders:read"],
    ],
  );
  assert.deepEqual(
    provider.refreshes.filter(({ outcome }) => outcome !== "refreshed"),
    [],
  );

  refused.add(orders);
  const next = await tokenAt("/orders");
  assert.ok(next !== orders && next.startsWith("access."), "another in its place, and the request once more");
  assert.equal(await tokenAt("/billing"), billing);
});

test("RF-02 an API for which the provider gives no token is 403, told of as an error", async () => {
  const browser = await new Browser().signIn(gateway);
  provider.fault = (endpoint, response, { form }) => {
    if (endpoint !== "/token" || form.get("resource") === null) return false;
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_target"}');
    return true;
  };
  assert.equal((await browser.send(gateway.port, "/billing", { headers: SCRIPT })).status, 403);
  provider.fault = null;
  assert.ok(gateway.log.some((line) => /"level":"error".*"event":"refresh.failed".*"reason":"denied"/.test(line)));
  assert.equal((await browser.send(gateway.port, "/own", { headers: SCRIPT })).status, 200);
  assert.equal((await browser.send(gateway.port, "/billing", { headers: SCRIPT })).status, 200);
});

test("RF-02 an API is named only where a token of the provider goes along", () => {
  const upstream = { url: "http://127.0.0.1:1", tokenAudience: "https://a.example" };
  assert.throws(() => settingsOf({ upstreams: [upstream] }), /tokenAudience is given, though token is none/);
  assert.throws(
    () => settingsOf({ upstreams: [{ ...upstream, tokenAudience: undefined, tokenScope: "a", token: "own" }] }),
    /tokenScope is given, though token is own/,
  );
});
