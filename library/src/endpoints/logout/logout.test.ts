import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, appWith, type Browser, cookiesOf, headerOf, locationOf, targetOf } from "../../../test-support/app.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { FakeProvider } from "../../testing/fake-provider.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import type { OidcDependencies } from "../dependencies.ts";

const users = [{ subject: "alice" }];
const FORM = { "content-type": "application/x-www-form-urlencoded" };

interface Fixture {
  readonly app: App;
  readonly provider: FakeProvider;
  readonly browser: Browser;
}

async function signedIn(change: Partial<OidcDependencies> = {}): Promise<Fixture> {
  const provider = fakeProvider({ users });
  const app = appWith([provider], change);
  const browser = app.browser();
  const begun = await app.send(browser, "GET", "/auth/login");
  await app.send(browser, "GET", targetOf(provider.approve(locationOf(begun))));
  assert.equal(browser.identity?.subject, "alice");
  return { app, provider, browser };
}

test("S-46 LO-02 AR-11 logout ends the session here, then goes to the provider with a hint", async () => {
  const all = await signedIn();
  const { app, browser } = all;
  const response = await app.send(browser, "POST", "/auth/logout");
  assert.equal(response.status, 303);
  assert.equal(headerOf(response, "cache-control"), "no-store");
  const url = new URL(locationOf(response));
  assert.equal(url.origin + url.pathname, "https://provider.test/logout");
  assert.equal(url.searchParams.get("id_token_hint"), "id-2");
  assert.equal(url.searchParams.get("post_logout_redirect_uri"), `${ORIGIN}/auth/signed-out`);
  assert.equal(url.searchParams.has("state"), false, "F-26 nobody would read it");
  assert.deepEqual(app.did.at(-1), ["logout"]);
  assert.equal(app.events.at(-1)?.name, "logout.completed");
});

test("LO-01 a provider that is down leaves a local logout, on the configured page", async () => {
  for (const [signedOutPage, landing] of [
    [undefined, "/auth/signed-out"],
    ["/goodbye", "/goodbye"],
    ["https://www.example.com/bye", "https://www.example.com/bye"],
  ] as const) {
    const all = await signedIn(signedOutPage === undefined ? {} : { signedOutPage });
    all.provider.down = true;
    const response = await all.app.send(all.browser, "POST", "/auth/logout");
    assert.equal(response.status, 303);
    assert.equal(locationOf(response), landing);
    assert.deepEqual(all.app.did.at(-1), ["logout"]);
  }
});

test("a logout goes on if the tokens cannot be opened any more", async () => {
  const { app, browser } = await signedIn();
  const response = await app.send(Object.assign(browser, { unreadable: true }), "POST", "/auth/logout");
  assert.equal(response.status, 303);
  assert.equal(new URL(locationOf(response)).searchParams.has("id_token_hint"), false);
  assert.deepEqual(app.did.at(-1), ["logout"]);
  assert.ok(app.events.some(({ name, reason }) => name === "revocation.failed" && reason === "sealed"));
});

test("S-42 logout without a session is as good as any, and can be repeated", async () => {
  const app = appWith([fakeProvider({ users })]);
  for (let i = 0; i < 2; i += 1) {
    const response = await app.send(app.browser(), "POST", "/auth/logout");
    assert.equal(response.status, 303);
    assert.equal(locationOf(response), "/auth/signed-out");
  }
  assert.deepEqual(app.did, [["logout"], ["logout"]]);
});

test("a program that accepts JSON gets the address", async () => {
  const { app, browser } = await signedIn();
  const response = await app.send(browser, "POST", "/auth/logout", { headers: { accept: "application/json" } });
  assert.equal(response.status, 200);
  assert.equal(headerOf(response, "content-type"), "application/json");
  assert.equal(headerOf(response, "cache-control"), "no-store");
  assert.deepEqual(Object.keys(JSON.parse(response.body)), ["location"]);
  assert.match(JSON.parse(response.body).location, /^\/auth\/logout\/continue\?to=v1\./);
});

test("S-46 HD-03 the form's return_to is checked", async () => {
  const app = appWith([fakeProvider({ users })]);
  for (const [given, landing] of [
    ["/bye", "/bye"],
    ["//evil.example", "/"],
    ["https://evil.example/", "/"],
  ] as const) {
    const body = `return_to=${encodeURIComponent(given)}`;
    assert.equal(locationOf(await app.send(app.browser(), "POST", "/auth/logout", { headers: FORM, body })), landing);
    assert.equal(locationOf(await app.send(app.browser(), "POST", `/auth/logout?${body}`)), landing);
  }
  const twice = { headers: FORM, body: "return_to=/a&return_to=/b" };
  assert.equal((await app.send(app.browser(), "POST", "/auth/logout", twice)).status, 400);
  assert.equal(
    (await app.send(app.browser(), "POST", "/auth/logout?return_to=/a", { headers: FORM, body: "return_to=/b" })).status,
    400,
  );
});

test("S-46 GET logout is a page that asks, and changes nothing", async () => {
  const { app, browser } = await signedIn();
  const before = app.did.length;
  const response = await app.send(browser, "GET", `/auth/logout?return_to=${encodeURIComponent('/a"><script>')}`);
  assert.equal(response.status, 200);
  assert.match(response.body, /<form method="post" action="\/auth\/logout">/);
  assert.ok(response.body.includes('name="return_to" value="/a%22%3E%3Cscript%3E"'));
  assert.equal(/<script/.test(response.body), false);
  assert.equal(headerOf(response, "cache-control"), "no-store");
  assert.match(headerOf(response, "content-security-policy") ?? "", /^default-src 'none'/);
  assert.equal(app.did.length, before);
  assert.deepEqual(cookiesOf(response), []);
  assert.equal((await app.send(browser, "GET", "/auth/logout?return_to=/a&return_to=/b")).status, 400);
  assert.ok((await app.send(browser, "GET", "/auth/logout?return_to=//evil.example")).body.includes('value="/"'));
});

test("HD-04 a logout asks the browser to forget the origin's cache and storage, and no sibling host's", async () => {
  const usual = await signedIn();
  const response = await usual.app.send(usual.browser, "POST", "/auth/logout");
  assert.equal(headerOf(response, "clear-site-data"), '"cache", "storage"');
  const json = await usual.app.send(usual.browser, "POST", "/auth/logout", { headers: { accept: "application/json" } });
  assert.equal(headerOf(json, "clear-site-data"), '"cache", "storage"');
  const whole = await signedIn({ clearSiteData: ["cookies"] });
  assert.equal(headerOf(await whole.app.send(whole.browser, "POST", "/auth/logout"), "clear-site-data"), '"cookies"');
  const none = await signedIn({ clearSiteData: [] });
  assert.equal(headerOf(await none.app.send(none.browser, "POST", "/auth/logout"), "clear-site-data"), undefined);
});

/** An ID token as a provider gives it, of so many characters or a few more. */
function longToken(length: number, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const groups = "g".repeat(Math.ceil((length * 3) / 4));
  return `${part({ alg: "RS256" })}.${part({ ...claims, groups })}.${"s".repeat(342)}`;
}

const HINTS: readonly [claims: object, hint: string | null][] = [
  [{ sub: "alice", sid: "s-1", login_hint: "opaque" }, "opaque"],
  [{ sub: "alice", sid: "s-1" }, "s-1"],
  [{ sub: "alice", sid: 7 }, "alice"],
  [{ sub: "x".repeat(513) }, null],
];

for (const [claims, hint] of HINTS) {
  test(`LO-02 an ID token that makes the provider's address too long is left out: logout_hint is ${hint}`, async () => {
    const { app, browser } = await signedIn();
    assert.ok(browser.tokens);
    browser.tokens = { ...browser.tokens, idToken: longToken(4_096, claims) };
    const location = locationOf(await app.send(browser, "POST", "/auth/logout"));
    assert.ok(location.length <= 4_096, `${location.length}`);
    const { searchParams } = new URL(location);
    assert.equal(searchParams.has("id_token_hint"), false);
    assert.equal(searchParams.get("logout_hint"), hint);
    assert.equal(searchParams.get("post_logout_redirect_uri"), `${ORIGIN}/auth/signed-out`);
  });
}

for (const [length, kept] of [
  [1_500, true],
  [2_800, false],
  [3_600, false],
] as const) {
  test(`F-22 LO-02 a script's address has at most 4,096 bytes, with an ID token of ${length} characters too`, async () => {
    const { app, browser } = await signedIn();
    assert.ok(browser.tokens);
    browser.tokens = { ...browser.tokens, idToken: longToken(length, { sub: "alice", sid: "s-1" }) };
    const answer = await app.send(browser, "POST", "/auth/logout", { headers: { accept: "application/json" } });
    const { location } = JSON.parse(answer.body);
    assert.ok(ORIGIN.length + location.length <= 4_096, `${location.length}`);
    const onward = new URL(locationOf(await app.send(browser, "GET", location, { headers: NAVIGATION })));
    assert.equal(onward.searchParams.has("id_token_hint"), kept);
    assert.equal(onward.searchParams.get("logout_hint"), kept ? null : "s-1");
  });
}
