import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type App, appWith, type Browser, cookiesOf, headerOf, locationOf, targetOf } from "../../../test-support/app.ts";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { clientOf } from "../../../test-support/provider/sign-on.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { RouteResponse } from "../../contracts.ts";
import { createCookies } from "../../cookie/names.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import type { FakeProvider } from "../../testing/fake-provider.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";

const users = [{ subject: "alice", claims: { name: "Alice" } }, { subject: "bob" }];

interface Fixture {
  readonly app: App;
  readonly provider: FakeProvider;
  readonly browser: Browser;
}

function fixture(): Fixture {
  const provider = fakeProvider({ users });
  const app = appWith([provider]);
  return { app, provider, browser: app.browser() };
}

/** Begins a login and signs in at the provider: the callback that the browser is sent to. */
async function approved({ app, provider, browser }: Fixture, query = "", subject = "alice"): Promise<string> {
  const response = await app.send(browser, "GET", `/auth/login${query}`);
  assert.equal(response.status, 302);
  return targetOf(provider.approve(locationOf(response), subject));
}

const redeemed = ({ provider }: Fixture): number => provider.calls.filter(({ kind }) => kind === "finish").length;

/** A page with a reason and a way on, that changed nothing. */
function assertFailurePage({ app }: Fixture, response: RouteResponse, status: number, code: string): void {
  assert.equal(response.status, status, response.body.slice(-600));
  assert.equal(headerOf(response, "content-type"), "text/html; charset=utf-8");
  assert.equal(headerOf(response, "cache-control"), "no-store");
  assert.equal(headerOf(response, "referrer-policy"), "no-referrer");
  assert.equal(headerOf(response, "x-content-type-options"), "nosniff");
  assert.match(
    headerOf(response, "content-security-policy") ?? "",
    /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'/,
  );
  assert.equal(headerOf(response, "location"), undefined);
  assert.ok(response.body.includes("/auth/login?return_to="));
  assert.equal(/<script|<img|<link|https?:\/\/|src=/.test(response.body), false);
  const event = app.events.findLast(({ name }) => name === "login.failed");
  assert.equal(event?.code, code);
  assert.ok(event.reference !== undefined && response.body.includes(event.reference));
}

test("the answer of the provider signs in, lands on return_to and clears the login's cookie", async () => {
  const all = fixture();
  const { app, browser } = all;
  const response = await app.send(browser, "GET", await approved(all, "?return_to=/cart"));
  assert.equal(response.status, 303);
  assert.equal(locationOf(response), "/cart");
  assert.equal(headerOf(response, "cache-control"), "no-store");
  assert.equal(headerOf(response, "referrer-policy"), "no-referrer");
  assert.equal(browser.jar.size, 0);
  const [done] = app.did;
  assert.ok(done?.[0] === "login" && done[1].identity.subject === "alice" && done[2] === "default");
});

for (const [name, lie] of [
  ["issuer", { issuer: "https://provider.test/\0" }],
  ["subject", { subject: "al\ud83dice" }],
  ["sid", { sid: "a-1\0" }],
] as const) {
  test(`SE-16 ID-08 a login whose ${name} no store keeps is refused as malformed, and signs no user in`, async () => {
    const all = fixture();
    const { provider, app, browser } = all;
    const redeem = provider.redeem.bind(provider);
    Object.assign(provider, {
      async redeem(login: Parameters<typeof redeem>[0]) {
        const result = await redeem(login);
        if (result.kind !== "login") return result;
        const { sid, ...told } = { ...result.identity, sid: result.sid, ...lie };
        return { ...result, identity: told, sid };
      },
    });
    const response = await app.send(browser, "GET", await approved(all));
    assertFailurePage(all, response, 502, "ERR_PROVIDER_RESPONSE");
    assert.deepEqual(app.did, []);
  });
}

test("AR-04 S-07 a login begun in another browser is refused, and its code is not sent", async () => {
  const all = fixture();
  const target = await approved(all);
  const response = await all.app.send(all.app.browser(), "GET", target);
  assertFailurePage(all, response, 400, "ERR_LOGIN_STATE");
  assert.equal(redeemed(all), 0);
  assert.deepEqual(all.app.did, []);
  assert.equal(all.app.markers.size, 0);
});

test("AR-05 A-40 S-07 ten tabs finish in any order, each with its own account and page", async () => {
  const all = fixture();
  const tabs = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => ({
      i,
      target: await approved(all, `?return_to=/tab/${i}`, i % 2 === 0 ? "alice" : "bob"),
    })),
  );
  assert.equal(all.browser.jar.size, 10);
  for (const { i, target } of tabs.toReversed()) {
    const response = await all.app.send(all.browser, "GET", target);
    assert.equal(locationOf(response), `/tab/${i}`);
    assert.equal(all.browser.identity?.subject, i % 2 === 0 ? "alice" : "bob");
  }
  assert.equal(redeemed(all), 10);
});

test("A-40 parallel callbacks of two people never swap accounts", async () => {
  const all = fixture();
  const people = await Promise.all(
    ["alice", "bob"].map(async (subject) => {
      const own = { ...all, browser: all.app.browser() };
      return { subject, ...own, target: await approved(own, "", subject) };
    }),
  );
  await Promise.all(people.map(({ browser, target }) => all.app.send(browser, "GET", target)));
  for (const { subject, browser } of people) assert.equal(browser.identity?.subject, subject);
});

test("CB-01 S-07 a missing, empty, wrong or malformed state costs nothing", async () => {
  const all = fixture();
  const target = new URL(await approved(all), ORIGIN);
  const good = target.searchParams.get("state") ?? "";
  const last = good.endsWith("A") ? "B" : "A";
  for (const state of [
    null,
    "",
    good.slice(0, -1),
    `${good}x`,
    good.slice(0, -1) + last,
    good.slice(0, 11),
    "x".repeat(10_000),
    "../..",
    "%00",
  ]) {
    if (state === null) target.searchParams.delete("state");
    else target.searchParams.set("state", state);
    const response = await all.app.send({ ...all.browser, jar: new Map(all.browser.jar) }, "GET", targetOf(target.href));
    assertFailurePage(all, response, 400, "ERR_LOGIN_STATE");
  }
  assert.equal(redeemed(all), 0);
  assert.equal(all.app.markers.size, 0);
});

test("CB-02 a callback that is repeated sends nothing: a signed-in browser goes on", async () => {
  const all = fixture();
  const target = await approved(all, "?return_to=/cart");
  const before = new Map(all.browser.jar);
  await all.app.send(all.browser, "GET", target);
  for (const [name, value] of before) all.browser.jar.set(name, value);
  const response = await all.app.send(all.browser, "GET", target);
  assert.equal(response.status, 303);
  assert.equal(locationOf(response), "/cart");
  assert.equal(redeemed(all), 1);
  assert.equal(all.app.did.length, 1);
});

test("CB-02 twenty at once: one code is sent, the others begin one fresh login each", async () => {
  const all = fixture();
  const target = await approved(all, "?return_to=/cart");
  const jar = new Map(all.browser.jar);
  const tabs = Array.from({ length: 20 }, () => ({ ...all.browser, jar: new Map(jar) }));
  const responses = await Promise.all(tabs.map((tab) => all.app.send(tab, "GET", target)));
  assert.equal(redeemed(all), 1);
  assert.equal(responses.filter((response) => locationOf(response) === "/cart").length, 1);
  const fresh = responses.filter((response) => locationOf(response).startsWith("https://provider.test/authorize"));
  assert.equal(fresh.length, 19);
  assert.ok(fresh.every(({ status }) => status === 303));
});

test("CB-02 never two: the fresh login's own answer, repeated, is a page", async () => {
  const all = fixture();
  const { app, provider, browser } = all;
  const target = await approved(all, "?return_to=/cart");
  const stateOf = (address: string): string => new URL(address, ORIGIN).searchParams.get("state") ?? "";
  app.markers.clear();
  await app.deps.store.mark(`flow:${await sha256(stateOf(target))}`, 0, 0);
  const again = await app.send(browser, "GET", target);
  assert.equal(again.status, 303);
  const second = targetOf(provider.approve(locationOf(again)));
  await app.deps.store.mark(`flow:${await sha256(stateOf(second))}`, 0, 0);
  assertFailurePage(all, await app.send(browser, "GET", second), 400, "ERR_LOGIN_USED");
  assert.equal(redeemed(all), 0);
  assert.equal(browser.jar.size, 0);
});

test("CB-02 the fresh login signs in, and lands where the first would have", async () => {
  const all = fixture();
  const target = await approved(all, "?return_to=/cart&prompt=login");
  await all.app.deps.store.mark(`flow:${await sha256(new URL(target, ORIGIN).searchParams.get("state") ?? "")}`, 0, 0);
  const again = await all.app.send(all.browser, "GET", target);
  const response = await all.app.send(all.browser, "GET", targetOf(all.provider.approve(locationOf(again))));
  assert.equal(locationOf(response), "/cart");
  assert.equal(all.browser.identity?.subject, "alice");
  const begun = all.provider.calls.filter((call) => call.kind === "begin").map(({ login }) => login.parameters.prompt);
  assert.deepEqual(begun, ["login", "login"]);
});

async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("base64url");
}

test("CB-02 a store that does not take the marker gives 503; the code is kept for a second try", async () => {
  const provider = fakeProvider({ users });
  let fails = true;
  const markers = new Set<string>();
  const store = {
    mark(key: string): boolean {
      if (fails) throw new Error("store is down");
      return !markers.has(key) && markers.add(key).has(key);
    },
    marked: (key: string) => (markers.has(key) ? "" : undefined),
  };
  const app = appWith([provider], { store });
  const all = { app, provider, browser: app.browser() };
  const target = await approved(all);
  const response = await app.send(all.browser, "GET", target);
  assertFailurePage(all, response, 503, "ERR_STORE_UNAVAILABLE");
  assert.equal(headerOf(response, "retry-after"), "5");
  assert.deepEqual(cookiesOf(response), []);
  assert.ok(app.events.some(({ name }) => name === "store.failed"));
  fails = false;
  assert.equal((await app.send(all.browser, "GET", target)).status, 303);
  assert.equal(all.browser.identity?.subject, "alice");
});

test("CB-04 with several providers a code goes to the one that the login was for", async (t) => {
  const [one, two] = await Promise.all([lyingProvider(), lyingProvider()]);
  const clients = [clientOf(one, { name: "one" }), clientOf(two, { name: "two" })];
  t.after(() => Promise.all([...clients.map(({ provider }) => provider.close()), one.close(), two.close()]));
  const app = appWith(clients.map(({ provider }) => provider));
  const browser = app.browser();
  const begin = async (name: string): Promise<URL> =>
    new URL(locationOf(await app.send(browser, "GET", `/auth/login?provider=${name}`)));
  const [first, second] = [await begin("one"), await begin("two")];
  const answers = [(await one.authorize(first.href)).location, (await two.authorize(second.href)).location] as const;
  // Each answer under the other's state: the second provider's code would go to the first.
  const [a, b] = [answers[0].searchParams.get("state") ?? "", answers[1].searchParams.get("state") ?? ""];
  answers[0].searchParams.set("state", b);
  answers[1].searchParams.set("state", a);
  for (const { href } of answers) assert.equal((await app.send(browser, "GET", targetOf(href))).status, 400);
  assert.equal(one.count("token") + two.count("token"), 0);
  assert.deepEqual(app.did, []);
});

test("CB-04 a login whose provider was configured anew meanwhile is not finished", async () => {
  const all = fixture();
  const target = await approved(all);
  const moved = appWith([fakeProvider({ users, issuer: "https://other.test" })]);
  const response = await moved.send(all.browser, "GET", target);
  assertFailurePage({ ...all, app: moved }, response, 400, "ERR_LOGIN_STATE");
});

test("CB-05 errors of the provider are shown safely and change nothing", async () => {
  const all = fixture();
  const { app, provider, browser } = all;
  browser.identity = { issuer: "i", subject: "bob", claims: {}, authenticatedAt: 0, method: "x" };
  for (const error of ["login_required", "access_denied", "<script>alert(1)</script>"]) {
    const begun = await app.send(browser, "GET", "/auth/login?return_to=/cart");
    const target = new URL(provider.deny(locationOf(begun), error));
    target.searchParams.set("error_description", `<img src=x onerror=alert(1)>${"x".repeat(10_240)}`);
    const response = await app.send(browser, "GET", targetOf(target.href));
    assertFailurePage(all, response, 403, "ERR_PROVIDER_REFUSED");
    assert.equal(/<script>|onerror|xxxx/.test(response.body), false);
    assert.equal(browser.identity.subject, "bob");
    assert.ok(response.body.includes('href="/cart"'), "a signed-in browser can go on");
  }
  assert.deepEqual(app.did, []);
  assert.equal(browser.jar.size, 0);
});

test("CB-06 A-44 repeated parameters are 400, and nothing is sent", async () => {
  const all = fixture();
  const target = await approved(all);
  for (const name of ["code", "state", "iss", "error"]) {
    const value = new URL(target, ORIGIN).searchParams.get(name) ?? "x";
    const response = await all.app.send(all.browser, "GET", `${target}&${name}=${encodeURIComponent(value)}&${name}=other`);
    assertFailurePage(all, response, 400, "ERR_BAD_REQUEST");
  }
  assert.equal(redeemed(all), 0);
  assert.equal((await all.app.send(all.browser, "GET", target)).status, 303, "the login itself is still good");
});

test("CB-07 unknown parameters are ignored, also when repeated", async () => {
  const all = fixture();
  const response = await all.app.send(all.browser, "GET", `${await approved(all)}&session_state=a&session_state=b&foo=`);
  assert.equal(response.status, 303);
});

test("CB-08 an answer by form is read from the body, and only if it is configured", async (t) => {
  const op = await lyingProvider();
  const { provider } = clientOf(op, { responseMode: "form_post" });
  t.after(() => Promise.all([provider.close(), op.close()]));
  const app = appWith([provider]);
  const browser = app.browser();
  const form = { ...NAVIGATION, "content-type": "application/x-www-form-urlencoded" };
  const answer = async (): Promise<string> => {
    const begun = await app.send(browser, "GET", "/auth/login?return_to=/cart");
    assert.match(cookiesOf(begun)[0] ?? "", /; Secure; HttpOnly; SameSite=None$/);
    return (await op.authorize(locationOf(begun))).response.toString();
  };
  const first = await answer();
  assert.equal((await app.send(browser, "GET", `/auth/callback?${first}`)).status, 400, "not in the query");
  assert.equal(
    (await app.send(browser, "POST", `/auth/callback?${first}`, { headers: form })).status,
    400,
    "not in a POST's query",
  );
  const json = { headers: { ...form, "content-type": "application/json" }, body: first };
  assert.equal((await app.send(browser, "POST", "/auth/callback", json)).status, 415);
  assert.equal(
    (await app.send(browser, "POST", "/auth/callback", { headers: form, body: `${first}&x=${"x".repeat(70_000)}` })).status,
    413,
  );
  const foreign = { headers: { ...form, origin: "https://evil.example" }, body: first };
  assert.equal((await app.send(browser, "POST", "/auth/callback", foreign)).status, 400);
  assert.equal(op.count("token"), 0);
  for (const origin of [op.origin, "null", undefined]) {
    const headers = { ...form, ...(origin === undefined ? {} : { origin }) };
    const response = await app.send(browser, "POST", "/auth/callback", { headers, body: await answer() });
    assert.equal(response.status, 303, String(origin));
    assert.equal(locationOf(response), "/cart");
  }
  assert.equal(appWith([fakeProvider({ users })]).deps.providers.length, 1);
  await assert.rejects(() => appWith([fakeProvider({ users })]).send(browser, "POST", "/auth/callback"), /no route/);
});

test("CB-13 A-35 S-07 a cookie that was changed, or is of another login, does not open", async () => {
  const all = fixture();
  const [first, second] = [await approved(all), await approved(all)];
  const [[nameA = "", valueA = ""] = [], [nameB = "", valueB = ""] = []] = [...all.browser.jar];
  const swapped = new Map([
    [nameA, valueB],
    [nameB, valueA],
  ]);
  const changed = new Map([[nameA, valueA.slice(0, -1) + (valueA.endsWith("A") ? "B" : "A")]]);
  for (const jar of [swapped, changed, new Map([[nameA, ""]]), new Map([[nameA, "v1.xxxx.AAAA"]])]) {
    for (const target of [first, second]) {
      assertFailurePage(all, await all.app.send({ ...all.browser, jar: new Map(jar) }, "GET", target), 400, "ERR_LOGIN_STATE");
    }
  }
  assert.equal(redeemed(all), 0);
});

test("S-07 S-39 S-41 a replica with the secret finishes the login; one without it clears the cookie once", async () => {
  const all = fixture();
  const target = await approved(all, "?return_to=/cart");
  const stranger = appWith([all.provider], { keyring: createKeyring(randomBytes(32).toString("base64url")) });
  const copy = { ...all.browser, jar: new Map(all.browser.jar) };
  assertFailurePage({ ...all, app: stranger }, await stranger.send(copy, "GET", target), 400, "ERR_LOGIN_STATE");
  assert.equal(copy.jar.size, 0);
  const replica = appWith([all.provider], { keyring: createKeyring([SECRET]) });
  const response = await replica.send(all.browser, "GET", target);
  assert.equal(locationOf(response), "/cart");
});

test("CB-14 a login is over after ten minutes by our clock, whatever the cookie says", async () => {
  for (const [minutes, status] of [
    [9, 303],
    [11, 400],
  ] as const) {
    const all = fixture();
    const target = await approved(all, "?return_to=/cart");
    all.app.clock.advance(minutes * 60_000);
    const response = await all.app.send(all.browser, "GET", target);
    assert.equal(response.status, status);
    if (status === 400) assertFailurePage(all, response, 400, "ERR_LOGIN_EXPIRED");
    if (status === 400) assert.ok(response.body.includes("return_to=%2Fcart"));
    assert.equal(redeemed(all), status === 400 ? 0 : 1);
  }
});

test("CB-15 ten thousand made-up callbacks cost no marker, no request and no session", async () => {
  const all = fixture();
  for (let i = 0; i < 10_000; i += 1) {
    const state = `${i}`.padStart(32, "x");
    const response = await all.app.send(all.browser, "GET", `/auth/callback?code=c&state=${state}&iss=x`);
    assert.equal(response.status, 400);
    assert.deepEqual(cookiesOf(response), []);
  }
  assert.equal(all.app.markers.size, 0);
  assert.deepEqual(all.provider.calls, []);
  assert.deepEqual(all.app.did, []);
});

test("a provider that lies or is down signs no user in, and the page offers to start again", async (t) => {
  const op = await lyingProvider();
  const { provider } = clientOf(op);
  t.after(() => Promise.all([provider.close(), op.close()]));
  const app = appWith([provider]);
  const browser = app.browser();
  const all = { app, provider: fakeProvider({ users }), browser };
  for (const [lies, status, code] of [
    [{ claims: (claims: object) => ({ ...claims, nonce: "other" }) }, 502, "ERR_PROVIDER_RESPONSE"],
    [{ idToken: () => "x.y.z" }, 502, "ERR_PROVIDER_RESPONSE"],
    [
      {
        raw: ({ endpoint }: { endpoint: string }, response: { destroy(): unknown }) =>
          endpoint === "token" && Boolean(response.destroy()),
      },
      503,
      "ERR_PROVIDER_UNAVAILABLE",
    ],
  ] as const) {
    op.reset();
    const begun = await app.send(browser, "GET", "/auth/login?return_to=/cart");
    const { location } = await op.authorize(locationOf(begun));
    Object.assign(op.lies, lies);
    assertFailurePage(all, await app.send(browser, "GET", targetOf(location.href)), status, code);
    assert.equal(op.count("token"), 1);
  }
  assert.deepEqual(app.did, []);
  assert.equal(browser.jar.size, 0);
});

test("a program that accepts JSON gets a problem document", async () => {
  const all = fixture();
  const response = await all.app.send(all.browser, "GET", "/auth/callback?state=x", { headers: { accept: "application/json" } });
  assert.equal(response.status, 400);
  assert.equal(headerOf(response, "content-type"), "application/problem+json");
  assert.equal(JSON.parse(response.body).code, "ERR_LOGIN_STATE");
});

test("OP-01 TK-11 no event, page or redirect holds a code, state, nonce, verifier or token", async () => {
  const all = fixture();
  const target = await approved(all);
  const shown: string[] = [];
  const note = (response: RouteResponse): void => {
    shown.push(response.body, headerOf(response, "location") ?? "");
  };
  note(await all.app.send(all.app.browser(), "GET", target));
  note(await all.app.send(all.browser, "GET", target));
  note(await all.app.send(all.browser, "GET", target));
  shown.push(JSON.stringify(all.app.events));
  const query = new URL(target, ORIGIN).searchParams;
  const begun = all.provider.calls.flatMap((call) => (call.kind === "begin" ? [call.login.nonce, call.login.verifier] : []));
  for (const secret of [query.get("code") ?? "", query.get("state") ?? "", ...begun, "access-", "refresh-", "id-"]) {
    assert.equal(
      shown.some((text) => text.includes(secret)),
      false,
      secret,
    );
  }
});

test("CB-11 CK-04 with a Strict cookie the login lands on a page of ours that goes on by itself", async () => {
  const provider = fakeProvider({ users: [{ subject: "alice" }] });
  const app = appWith([provider], { cookies: createCookies({ origins: [ORIGIN], sameSite: "Strict" }) });
  const browser = app.browser();
  const begun = await app.send(browser, "GET", `/auth/login?return_to=${encodeURIComponent('/a?b="c"&d=<e>')}`);
  const landed = await app.send(browser, "GET", targetOf(provider.approve(locationOf(begun))));
  assert.equal(landed.status, 200);
  assert.equal(headerOf(landed, "location"), undefined);
  assert.equal(headerOf(landed, "referrer-policy"), "no-referrer");
  assert.match(headerOf(landed, "content-security-policy") ?? "", /default-src 'none'/);
  assert.match(landed.body, /<meta http-equiv="refresh" content="0;url=\/a\?b=%22c%22&amp;d=%3Ce%3E">/);
  assert.equal(landed.body.includes("code="), false);
  assert.equal(browser.identity?.subject, "alice");
});
