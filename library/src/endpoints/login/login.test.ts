import assert from "node:assert/strict";
import { test } from "node:test";
import { appWith, cookiesOf, headerOf, locationOf, targetOf } from "../../../test-support/app.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { clientOf } from "../../../test-support/provider/sign-on.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { RouteResponse } from "../../contracts.ts";
import { createCookies } from "../../cookie/names.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";

const users = [{ subject: "alice", claims: { name: "Alice" } }];
const queryOf = (response: RouteResponse): URLSearchParams => new URL(locationOf(response)).searchParams;

test("a navigation is sent to the provider, with a sealed cookie for the way back", async () => {
  const app = appWith([fakeProvider({ users })]);
  const response = await app.send(app.browser(), "GET", "/auth/login?return_to=/cart");
  assert.equal(response.status, 302);
  assert.equal(new URL(locationOf(response)).origin, "https://provider.test");
  assert.equal(headerOf(response, "cache-control"), "no-store");
  assert.equal(headerOf(response, "referrer-policy"), "no-referrer");
  const [cookie = "", ...others] = cookiesOf(response);
  assert.deepEqual(others, []);
  const state = queryOf(response).get("state") ?? "";
  assert.ok(cookie.startsWith(`__Host-Http-coatcheck.login.${state.slice(0, 11)}=v1.`));
  assert.match(cookie, /; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
  for (const secret of [state, queryOf(response).get("nonce") ?? "", "alice", "cart"])
    assert.equal(cookie.slice(50).includes(secret), false);
});

test("AR-10 only top-level navigations begin a login", async () => {
  const provider = fakeProvider({ users });
  const app = appWith([provider]);
  const none = { "sec-fetch-mode": "", "sec-fetch-dest": "" };
  const refused: readonly { readonly [name: string]: string }[] = [
    { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
    { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    { "sec-fetch-mode": "navigate", "sec-fetch-dest": "frame" },
    { "sec-fetch-mode": "navigate", "sec-fetch-dest": "embed" },
    { "sec-fetch-mode": "websocket", "sec-fetch-dest": "websocket" },
    { "sec-purpose": "prefetch" },
    { "sec-purpose": "prefetch;prerender" },
    { purpose: "prefetch" },
    { "x-moz": "prefetch" },
    none,
  ];
  for (const headers of refused) {
    const response = await app.send(app.browser(), "GET", "/auth/login", { headers: { ...NAVIGATION, ...headers } });
    assert.equal(response.status, 401, JSON.stringify(headers));
    assert.deepEqual(cookiesOf(response), []);
    assert.equal(headerOf(response, "content-type"), "application/problem+json");
  }
  assert.deepEqual(provider.calls, []);
});

test("AR-08 nothing of the query overrides the protocol", async (t) => {
  const op = await lyingProvider();
  const { provider } = clientOf(op);
  t.after(() => Promise.all([provider.close(), op.close()]));
  const app = appWith([provider]);
  const names = [
    ...[
      "client_id",
      "redirect_uri",
      "response_type",
      "response_mode",
      "scope",
      "state",
      "nonce",
      "code_challenge",
      "code_challenge_method",
    ],
    ...[
      "request",
      "request_uri",
      "registration",
      "claims",
      "display",
      "id_token_hint",
      "resource",
      "authorization_details",
      "dpop_jkt",
    ],
    ...["iss", "target_link_uri", "client_secret", "code", "audience", "login", "code_verifier", "login_uri", "rd"],
  ];
  const plain = queryOf(await app.send(app.browser(), "GET", "/auth/login"));
  const evil = names.map((name) => `${name}=evil&${name}=evil`).join("&");
  const bent = queryOf(await app.send(app.browser(), "GET", `/auth/login?${evil}`));
  const fixed = (query: URLSearchParams) =>
    [...query].map(([name, value]) => [name, ["state", "nonce", "code_challenge"].includes(name) ? "fresh" : value]);
  assert.deepEqual(fixed(bent), fixed(plain));
  assert.equal(bent.toString().includes("evil"), false);
  const asked = "prompt=login&login_hint=a%40b&acr_values=gold&max_age=60&ui_locales=de%20en";
  const allowed = queryOf(await app.send(app.browser(), "GET", `/auth/login?${asked}`));
  assert.deepEqual(
    ["prompt", "login_hint", "acr_values", "max_age", "ui_locales"].map((name) => allowed.getAll(name)),
    [["login"], ["a@b"], ["gold"], ["60"], ["de en"]],
  );
});

test("AR-08 of further parameters those reach the provider that its configuration lists", async (t) => {
  const op = await lyingProvider();
  const { provider } = clientOf(op, {
    loginParameters: ["kc_idp_hint", "hd"],
    authorizationParameters: { hd: "example.com", audience: "api" },
  });
  t.after(() => Promise.all([provider.close(), op.close()]));
  const app = appWith([provider]);
  const asked = async (query: string): Promise<readonly (string | null)[]> => {
    const sent = queryOf(await app.send(app.browser(), "GET", `/auth/login${query}`));
    return ["kc_idp_hint", "hd", "audience", "evil"].map((name) => sent.get(name));
  };
  assert.deepEqual(await asked(""), [null, "example.com", "api", null]);
  assert.deepEqual(await asked("?kc_idp_hint=git%26hub"), ["git&hub", "example.com", "api", null]);
  assert.deepEqual(await asked("?hd=other.example&audience=evil&evil=1"), [null, "other.example", "api", null]);
  for (const query of ["kc_idp_hint=a&kc_idp_hint=b", "kc_idp_hint=", "hd=a%0d%0ab", `hd=${"x".repeat(129)}`]) {
    const response = await app.send(app.browser(), "GET", `/auth/login?${query}`);
    assert.equal(response.status, 400, query);
    assert.deepEqual(cookiesOf(response), []);
  }
});

test("AR-08 a login that is begun again keeps the further parameters", async (t) => {
  const op = await lyingProvider();
  const { provider } = clientOf(op, { loginParameters: ["kc_idp_hint"] });
  t.after(() => Promise.all([provider.close(), op.close()]));
  const app = appWith([provider]);
  const browser = app.browser();
  const begun = await app.send(browser, "GET", "/auth/login?kc_idp_hint=github");
  const [cookie] = browser.jar;
  assert.ok(cookie !== undefined);
  const { location } = await op.authorize(locationOf(begun));
  const target = `${location.pathname}${location.search}`;
  assert.equal((await app.send(browser, "GET", target)).status, 303);
  // Another copy of the answer, in a browser that is not signed in.
  browser.identity = null;
  browser.jar.set(...cookie);
  const again = await app.send(browser, "GET", target);
  assert.equal(queryOf(again).get("kc_idp_hint"), "github");
});

test("AR-08 repeated and malformed parameters are 400, without a cookie", async () => {
  const provider = fakeProvider({ users });
  const app = appWith([provider]);
  for (const query of [
    "prompt=login&prompt=none",
    "return_to=/a&return_to=/b",
    "provider=default&provider=default",
    "prompt=evil",
    "prompt=none%20login",
    "prompt=",
    "max_age=-1",
    "max_age=1e3",
    "max_age=1.5",
    "max_age=",
    "max_age=99999999999",
    `login_hint=${"x".repeat(200)}`,
    "login_hint=a%0d%0ab",
    "ui_locales=%3Cscript%3E",
    `acr_values=${"x".repeat(300)}`,
    "provider=unknown",
    "provider=../x",
  ]) {
    const response = await app.send(app.browser(), "GET", `/auth/login?${query}`);
    assert.equal(response.status, 400, query);
    assert.deepEqual(cookiesOf(response), []);
  }
  assert.deepEqual(provider.calls, []);
});

test("AR-06 the redirect URI is of the configured origin that the request came to", async () => {
  const app = appWith([fakeProvider({ users })]);
  const headers = { ...NAVIGATION, host: "evil.example", "x-forwarded-host": "evil.example", forwarded: "host=evil.example" };
  const response = await app.send(app.browser(), "GET", "/auth/login", { headers });
  assert.equal(queryOf(response).get("redirect_uri"), `${ORIGIN}/auth/callback`);
});

test("several providers: by name, and the first if none is named", async () => {
  const providers = ["first", "second"].map((name) => fakeProvider({ users, name, issuer: `https://${name}.test` }));
  const app = appWith(providers);
  const to = async (query: string) => new URL(locationOf(await app.send(app.browser(), "GET", `/auth/login${query}`))).origin;
  assert.equal(await to(""), "https://first.test");
  assert.equal(await to("?provider=second"), "https://second.test");
  assert.throws(
    () => appWith([fakeProvider({ users }), fakeProvider({ users })]),
    (error) => error instanceof CoatcheckError && error.code === "ERR_CONFIG",
  );
});

test("AR-05 a hundred abandoned logins leave at most ten cookies and 6 KiB, the newest", async () => {
  const app = appWith([fakeProvider({ users })]);
  for (const returnTo of ["/", `/${"a".repeat(500)}`]) {
    const browser = app.browser();
    const begun: string[] = [];
    for (let i = 0; i < 100; i += 1) {
      app.clock.advance(10);
      const response = await app.send(browser, "GET", `/auth/login?return_to=${returnTo}`);
      begun.push(`__Host-Http-coatcheck.login.${(queryOf(response).get("state") ?? "").slice(0, 11)}`);
      const bytes = [...browser.jar].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      assert.ok(browser.jar.size <= 10 && bytes <= 6_144, `${browser.jar.size} cookies, ${bytes} bytes`);
    }
    assert.ok(browser.jar.size >= (returnTo === "/" ? 10 : 4), String(browser.jar.size));
    assert.deepEqual([...browser.jar.keys()].toSorted(), begun.slice(-browser.jar.size).toSorted());
  }
});

test("AR-05 cookies that do not open or took too long go first", async () => {
  const app = appWith([fakeProvider({ users })]);
  const browser = app.browser();
  await app.send(browser, "GET", "/auth/login");
  const [old = ""] = browser.jar.keys();
  app.clock.advance(600_001);
  browser.jar.set("__Host-Http-coatcheck.login.aaaaaaaaaaa", "v1.xxxx.garbage");
  browser.jar.set("other", "kept");
  await app.send(browser, "GET", "/auth/login");
  assert.equal(browser.jar.has(old), false);
  assert.equal(browser.jar.has("__Host-Http-coatcheck.login.aaaaaaaaaaa"), false);
  assert.equal(browser.jar.get("other"), "kept");
  assert.equal(browser.jar.size, 2);
});

test("a provider that is down gives a page that says so, and no cookie", async () => {
  const provider = fakeProvider({ users });
  provider.down = true;
  const app = appWith([provider]);
  const response = await app.send(app.browser(), "GET", "/auth/login?return_to=/cart");
  assert.equal(response.status, 503);
  assert.equal(headerOf(response, "retry-after"), "5");
  assert.deepEqual(cookiesOf(response), []);
  assert.ok(response.body.includes("/auth/login?return_to=%2Fcart"));
  const [event] = app.events.filter(({ name }) => name === "login.failed");
  assert.ok(event?.reference !== undefined && response.body.includes(event.reference));
});

test("HD-03 S-46 return_to is checked before it is sealed", async () => {
  const provider = fakeProvider({ users });
  const app = appWith([provider]);
  for (const [asked, landing] of [
    ["/cart?a=b#c", "/cart?a=b#c"],
    ["//evil.example", "/"],
    ["https://evil.example/", "/"],
    ["/auth/login", "/"],
    [`/${"a".repeat(600)}`, "/"],
  ] as const) {
    const browser = app.browser();
    const response = await app.send(browser, "GET", `/auth/login?return_to=${encodeURIComponent(asked)}`);
    const back = await app.send(browser, "GET", targetOf(provider.approve(locationOf(response))));
    assert.equal(back.status, 303);
    assert.equal(locationOf(back), landing);
  }
});

test("CB-04 a provider that names another one's sign-in page is not gone to", async (t) => {
  const [honest, evil] = await Promise.all([lyingProvider(), lyingProvider()]);
  evil.lies.metadata = (own) => ({ ...own, authorization_endpoint: `${honest.issuer}/authorize` });
  const clients = [clientOf(honest, { name: "honest" }), clientOf(evil, { name: "evil" })];
  t.after(() => Promise.all([...clients.map(({ provider }) => provider.close()), honest.close(), evil.close()]));
  const app = appWith(clients.map(({ provider }) => provider));
  assert.equal((await app.send(app.browser(), "GET", "/auth/login")).status, 302);
  const response = await app.send(app.browser(), "GET", "/auth/login?provider=evil");
  assert.equal(response.status, 502);
  assert.deepEqual(cookiesOf(response), []);
  assert.equal((await app.send(app.browser(), "GET", "/auth/login")).status, 302, "the honest one is not harmed");
});

test("CB-08 form_post needs https, which is said at start", () => {
  const posting = { ...fakeProvider({ users }), responseMode: "form_post" as const };
  assert.throws(
    () => appWith([posting], { cookies: createCookies({ origins: ["http://localhost:4180"] }) }),
    (error) => error instanceof CoatcheckError && error.code === "ERR_CONFIG",
  );
});
