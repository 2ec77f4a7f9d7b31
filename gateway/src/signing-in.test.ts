/**
 * Signing in at the gateway, through a provider: whom it ends, when it counts, and how much a person may bring along.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Browser } from "../test-support/browser.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { ORIGIN, PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { type GatewaysAtProvider, gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import type { TestProvider } from "../test-support/provider/provider.ts";

let provider: TestProvider;
let gateway: FullGateway;
let startAnother: GatewaysAtProvider["start"];
const open = new AsyncDisposableStack();

before(async () => {
  const here = open.use(await gatewaysAtProvider());
  provider = here.provider;
  startAnother = here.start;
  gateway = await here.start({
    upstreams: [
      { access: "user" },
      { access: "user", token: "header", paths: ["/with-token"] },
      { access: "user", token: "none", paths: ["/without"] },
      { access: "groups", groups: ["staff"], paths: ["/staff"] },
    ],
    app: (message, response) => {
      if (message.url?.endsWith("/away") === true) response.writeHead(302, { location: "http://127.0.0.1:9/thief" }).end();
      else response.end(String(message.headers["x-auth-request-user"]));
    },
  });
});
after(() => open.disposeAsync());
beforeEach(() => {
  provider.user = { sub: "alice" };
});

test("A-13 signing in as another user ends the old session, for a copy of its cookie too", async () => {
  const browser = await new Browser().signIn(gateway);
  const copy = browser.ticket;
  assert.equal(await gateway.statusWith(copy), 200);
  provider.user = { sub: "bob" };
  await browser.signIn(gateway);
  assert.equal(await gateway.statusWith(copy), 401);
  assert.equal((await browser.send(gateway.port, "/a", { headers: SCRIPT })).text, "bob");
});

test("A-13 signing in again as the same user ends the old session as well", async () => {
  const browser = await new Browser().signIn(gateway);
  const copy = browser.ticket;
  await browser.signIn(gateway);
  assert.notEqual(browser.ticket, copy);
  assert.equal(await gateway.statusWith(copy), 401);
});

test("A-41 a login in progress is no authenticated user, before the provider was seen and after", async () => {
  const browser = new Browser();
  const location = await browser.begin(gateway.port);
  assert.equal(browser.jar.size, 1, "the login in progress");
  for (const path of ["/a", "/auth/session", "/auth/check/nginx"]) {
    const { status, setCookies } = await browser.send(gateway.port, path, { headers: { ...SCRIPT, "x-original-url": "/a" } });
    assert.ok([400, 401].includes(status), `${path}: ${status}`);
    assert.deepEqual(setCookies, []);
  }
  const callback = new URL(await browser.approve(location));
  callback.searchParams.set("code", "another");
  assert.ok((await browser.send(gateway.port, callback.href, { headers: PAGE })).status >= 400);
  assert.equal(await gateway.statusWith(browser.cookie), 401);
});

test("S-15 CK-05 F-45 a user with three hundred groups signs in, and no cookie passes 4096 bytes", async () => {
  const groups = Array.from({ length: 300 }, (_, index) => `organisation/department-${index}/team-with-a-long-name`);
  provider.user = { sub: "alice", groups, picture: `https://pictures.example.com/${"x".repeat(2_000)}` };
  const browser = await new Browser().signIn(gateway);
  assert.equal((await browser.send(gateway.port, "/a", { headers: SCRIPT })).text, "alice");
  const lines = browser.heard.flatMap(({ answer }) => answer.setCookies);
  assert.ok(lines.length >= 2);
  for (const line of lines) {
    const [pair = "", ...attributes] = line.split("; ");
    assert.ok(Buffer.byteLength(pair) <= 4_096, `${pair.slice(0, 40)}… has ${Buffer.byteLength(pair)} bytes`);
    for (const attribute of attributes) assert.ok(Buffer.byteLength(attribute) <= 1_024);
  }
});

test("PX-03 A-35 a redirect of an upstream takes no token along, and another upstream never sees it", async () => {
  const browser = await new Browser().signIn(gateway);
  const away = await browser.send(gateway.port, "/with-token/away", { headers: PAGE });
  const token = String(gateway.seen.at(-1)?.headers["x-auth-request-access-token"]);
  assert.match(token, /^access\./);
  assert.deepEqual([away.status, away.headers.location], [302, "http://127.0.0.1:9/thief"]);
  assert.equal(JSON.stringify([away.headers, away.text]).includes(token), false);
  const before = gateway.seen.length;
  await browser.send(gateway.port, "/without/a", { headers: { ...SCRIPT, "x-auth-request-access-token": token } });
  assert.equal(gateway.seen.length, before + 1, "the gateway follows no redirect by itself");
  assert.equal(JSON.stringify(gateway.seen.at(-1)).includes(token), false);
});

test("A-29 F-45 names and groups count to the letter: no other spelling passes a rule or is the same user", async () => {
  const spellings = ["Staff", "STAFF", " staff", "staff ", "staff\u200b", "st\u0430ff", "staff,other", "ｓtaff"];
  for (const group of spellings) {
    provider.user = { sub: "alice", groups: [group] };
    const browser = await new Browser().signIn(gateway);
    assert.equal((await browser.send(gateway.port, "/staff/a", { headers: SCRIPT })).status, 403, JSON.stringify(group));
  }
  provider.user = { sub: "alice", groups: ["staff"] };
  const alice = await new Browser().signIn(gateway);
  assert.equal((await alice.send(gateway.port, "/staff/a", { headers: SCRIPT })).status, 200);
  for (const sub of ["Alice", "ALICE", "alice."]) {
    provider.user = { sub, groups: ["staff"] };
    const other = await new Browser().signIn(gateway);
    await other.send(gateway.port, "/auth/sessions/end-others", { method: "POST", headers: { ...SCRIPT, origin: ORIGIN } });
    assert.equal((await alice.send(gateway.port, "/staff/a", { headers: SCRIPT })).text, "alice", `${sub} is another user`);
  }
});

test("AR-08 a link gives the provider the further parameters that the settings list, and no other", async () => {
  const { issuer } = provider;
  await using listing = await startAnother({
    config: { providers: [{ issuer, clientId: "app", clientSecret: "s", loginParameters: ["kc_idp_hint"] }] },
  });
  const told = await new Browser().send(listing.port, "/auth/login?kc_idp_hint=github&audience=evil", { headers: PAGE });
  const { searchParams } = new URL(told.headers.location ?? "");
  assert.equal(searchParams.get("kc_idp_hint"), "github");
  assert.equal(searchParams.get("audience"), null);
  const odd = await new Browser().send(listing.port, "/auth/login?kc_idp_hint=a&kc_idp_hint=b", { headers: PAGE });
  assert.equal(odd.status, 400);
});
