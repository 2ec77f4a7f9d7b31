/** Tokens run out, and two gateways on one file keep sessions in step with a provider that rotates strictly. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { type Browser, sessionIdOf } from "../test-support/browser.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { ORIGIN, PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { PUBLIC } from "../test-support/harness.ts";
import type { Answered } from "../test-support/talk.ts";
import type { TwoReplicas } from "../test-support/two-replicas.ts";
import { RAN_OUT, twoReplicas, UNCONFIRMED } from "../test-support/two-replicas.ts";

/** The longest that a provider is left alone after a failure. */
const BACK_OFF = 61_000;

let here: TwoReplicas;
const open = new AsyncDisposableStack();

before(async () => {
  here = open.use(await twoReplicas());
});
after(() => open.disposeAsync());
afterEach(async () => {
  here.provider.fault = null;
  here.provider.refreshable = true;
  await here.provider.start();
  assert.deepEqual(
    here.provider.refreshes.filter(({ outcome }) => outcome === "reused"),
    [],
    "no refresh token is ever shown twice",
  );
});

/** A user whose access token has run out. */
async function stale(sub: string): Promise<Browser> {
  const browser = await here.signIn(sub);
  here.clock.pass(RAN_OUT);
  return browser;
}

/** How many token requests the provider gets meanwhile. */
async function refreshesDuring(work: () => Promise<unknown>): Promise<number> {
  const before = here.provider.count("/token");
  await work();
  return here.provider.count("/token") - before;
}

const many = (count: number, ask: (index: number) => Promise<Answered>): Promise<readonly Answered[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => ask(index)));

const statusesOf = (answers: readonly Answered[]): readonly number[] => [...new Set(answers.map(({ status }) => status))];

const tokenOf = (answer: Answered): unknown => JSON.parse(answer.text).headers["x-auth-request-access-token"];

test("S-17, RF-01 100 parallel requests on an expired token: one token request at the provider, 100 × 200", async () => {
  const browser = await stale("storm");
  const { provider, a } = here;
  const held = provider.hold();
  const calls = await refreshesDuring(async () => {
    const asked = many(100, () => here.get(a, browser, "/token"));
    await held.arrived;
    held.release();
    const answers = await asked;
    assert.deepEqual(statusesOf(answers), [200]);
    const given = provider.refreshes.at(-1)?.issued?.accessToken;
    assert.ok(given !== undefined);
    assert.deepEqual([...new Set(answers.map(tokenOf))], [given], "all have the new token");
  });
  assert.equal(calls, 1);
  assert.equal(await refreshesDuring(() => here.statuses(browser)), 0, "and it is good for the next one, on both gateways");
});

test("S-17, RF-02 100 over two gateways at once: one token request, one new token for all", async () => {
  const browser = await stale("storm-on-both");
  const { provider, a, b } = here;
  const held = provider.hold();
  const calls = await refreshesDuring(async () => {
    const asked = many(100, (index) => here.get(index % 2 === 0 ? a : b, browser, "/token"));
    await held.arrived;
    held.release();
    const answers = await asked;
    assert.deepEqual(statusesOf(answers), [200]);
    assert.equal(new Set(answers.map(tokenOf)).size, 1);
  });
  assert.equal(calls, 1);
  assert.equal(here.logged("refresh.completed", browser).length, 1);
});

test("S-17 if a browser hangs up while the provider thinks, its session lives; its token is refreshed once", async () => {
  const browser = await stale("hung-up");
  const { provider, a, b } = here;
  const held = provider.hold();
  const calls = await refreshesDuring(async () => {
    const headers = { host: PUBLIC, ...SCRIPT, cookie: browser.ticket };
    const asked = request({ host: "127.0.0.1", port: a.port, path: "/token", headers, agent: false });
    const gone = new Promise((resolve) => asked.once("close", resolve));
    asked.once("error", () => {});
    asked.end();
    await held.arrived;
    asked.destroy();
    await gone;
    assert.equal((await a.ask("/auth/session")).status, 401, "by its answer to the next one the gateway has seen that");
    const next = Promise.all([here.get(a, browser, "/token"), here.get(b, browser, "/token")]);
    held.release();
    assert.deepEqual(statusesOf(await next), [200]);
  });
  assert.equal(calls, 1);
  assert.equal(a.log.filter((line) => line.includes('"outcome":"client-gone"')).length, 1);
  assert.deepEqual(here.logged("session.ended", browser), []);
});

const OUTAGES: readonly (readonly [name: string, begin: () => Promise<void>])[] = [
  ["no server listens there", () => here.provider.stop()],
  [
    "it answers 503 to everything",
    async () => {
      here.provider.fault = (_endpoint, response) => {
        response.writeHead(503, { "retry-after": "7" }).end("later");
        return true;
      };
    },
  ],
];

for (const [name, begin] of OUTAGES) {
  test(`S-05, S-23, RF-05 the provider is down (${name}): identity yes, token no, and no session ends`, async () => {
    const browser = await stale(`outage-${name.length}`);
    const { a, b, clock, provider } = here;
    await begin();
    for (const gateway of [a, b]) {
      const page = await here.get(gateway, browser);
      assert.deepEqual([page.status, page.setCookies], [200, []], "an identity needs no token");
      for (const path of ["/token", "/bearer"]) refused(await here.get(gateway, browser, path), "ERR_TOKEN_UNAVAILABLE");
    }
    assert.ok(
      (await refreshesDuring(() => many(20, () => here.get(a, browser, "/token")))) === 0,
      "it is left alone for a while",
    );
    clock.pass(UNCONFIRMED);
    for (const gateway of [a, b]) {
      refused(await here.get(gateway, browser), "ERR_PROVIDER_UNAVAILABLE");
      refused(await gateway.ask("/a", { headers: { ...PAGE, cookie: browser.ticket } }), "ERR_PROVIDER_UNAVAILABLE");
    }
    provider.fault = null;
    await provider.start();
    clock.pass(BACK_OFF);
    assert.deepEqual(await here.statuses(browser), [200, 200]);
    assert.equal((await here.get(a, browser, "/token")).status, 200);
    assert.deepEqual(here.logged("session.ended", browser), []);
  });
}

function refused(answer: Answered, code: string): void {
  assert.equal(answer.status, 503, answer.text);
  assert.ok(Number(answer.headers["retry-after"]) > 0, "Retry-After");
  assert.deepEqual(answer.setCookies, [], "the cookie stays");
  if (answer.headers["content-type"] === "application/problem+json") assert.equal(JSON.parse(answer.text).code, code);
}

test("S-23, RF-05 invalid_grant: 401 for all, one ending; the next page says why and leads to a new login", async () => {
  const browser = await stale("revoked");
  const { a, b, provider } = here;
  provider.revokeAll();
  const calls = await refreshesDuring(async () => {
    const answers = await many(40, (index) => here.get(index % 2 === 0 ? a : b, browser));
    assert.deepEqual(statusesOf(answers), [401]);
    assert.ok(
      answers.every(({ setCookies }) => setCookies.length === 0),
      "a script's 401 clears nothing",
    );
  });
  assert.equal(calls, 1);
  assert.equal(await refreshesDuring(() => here.statuses(browser)), 0, "no loop");
  const ended = here.logged("session.ended", browser).map((line) => JSON.parse(line).reason);
  assert.deepEqual(ended, ["provider"]);
  const redirected = await browser.send(b.port, "/wanted?x=1", { headers: PAGE });
  const { location = "" } = redirected.headers;
  assert.equal(redirected.status, 302);
  assert.equal(new URL(location, ORIGIN).searchParams.get("ended"), "provider");
  const told = await browser.send(b.port, location, { headers: PAGE });
  assert.deepEqual([told.status, told.headers["content-type"]], [200, "text/html; charset=utf-8"]);
  assert.match(told.text, /The service that you sign in with has ended your session/);
  const again = /href="([^"]+)"/.exec(told.text)?.[1]?.replaceAll("&amp;", "&") ?? assert.fail("no link");
  const login = await browser.send(b.port, again, { headers: PAGE });
  assert.equal(login.status, 302);
  const landed = await browser.send(a.port, await browser.approve(String(login.headers.location)), { headers: PAGE });
  assert.deepEqual([landed.status, landed.headers.location], [303, "/wanted?x=1"]);
  assert.deepEqual(await here.statuses(browser), [200, 200]);
});

test("S-23 whose session the provider ended on the way is told so by the very page that found out", async () => {
  const browser = await stale("revoked-on-a-page");
  here.provider.revokeAll();
  const redirected = await browser.send(here.a.port, "/wanted", { headers: PAGE });
  assert.equal(redirected.status, 302);
  assert.equal(new URL(String(redirected.headers.location), ORIGIN).searchParams.get("ended"), "provider");
});

test("F-31 without a refresh token: past the access token a route that needs it leads to a login", async () => {
  here.provider.refreshable = false;
  const browser = await stale("nothing-to-refresh-with");
  const { a } = here;
  assert.equal((await here.get(a, browser, "/a")).status, 200);
  for (const path of ["/token", "/bearer"]) {
    const script = await here.get(a, browser, path);
    assert.deepEqual([script.status, JSON.parse(script.text).code], [401, "ERR_SESSION_ENDED"]);
    const posted = await a.ask(path, { method: "POST", headers: { ...SCRIPT, cookie: browser.ticket }, body: "a=b" });
    assert.equal(posted.status, 401);
  }
  const redirected = await browser.send(a.port, "/token?x=1", { headers: PAGE });
  assert.deepEqual([redirected.status, redirected.headers.location], [302, "/auth/login?return_to=%2Ftoken%3Fx%3D1"]);
  assert.deepEqual(redirected.setCookies, [], "the session is as it was");
  assert.equal((await here.get(a, browser, "/a")).status, 200, "a session is needed");
  const landed = await browser.login(a.port, "/token?x=1");
  assert.deepEqual([landed.status, landed.headers.location], [303, "/token?x=1"]);
  assert.equal((await here.get(a, browser, "/token")).status, 200);
});

test("RF-07 a refresh asks for no scope, so it never asks for more than was granted", async () => {
  const browser = await stale("scope");
  assert.equal((await here.get(here.a, browser)).status, 200);
  const { form } = here.provider.calls.findLast((call) => call.form.get("grant_type") === "refresh_token") ?? assert.fail();
  assert.equal(form.has("scope"), false);
});

const QUESTIONS: readonly (readonly [path: string, headers: Record<string, string>])[] = [
  ["/auth/check/nginx", { "x-original-method": "GET", "x-original-url": `${ORIGIN}/a` }],
  [
    "/auth/check/forward",
    { "x-forwarded-method": "GET", "x-forwarded-proto": "https", "x-forwarded-host": PUBLIC, "x-forwarded-uri": "/a" },
  ],
  ["/auth/check/envoy/a", { "x-forwarded-proto": "https" }],
];

for (const [path, headers] of QUESTIONS) {
  test(`RF-01 ${path} waits for the refresh as well, and says yes`, async () => {
    const browser = await stale(`check-${path.length}`);
    const ask = (gateway: FullGateway): Promise<Answered> =>
      gateway.ask(path, { headers: { ...SCRIPT, ...headers, cookie: browser.ticket } });
    const calls = await refreshesDuring(async () => {
      const answers = await many(20, (index) => ask(index % 2 === 0 ? here.a : here.b));
      assert.deepEqual(statusesOf(answers), [200]);
      assert.ok(answers.every((answer) => answer.headers["x-auth-request-user"] === `check-${path.length}`));
      assert.ok(answers.every(({ setCookies }) => setCookies.length === 0));
    });
    assert.equal(calls, 1);
    assert.equal(here.logged("refresh.completed", browser).length, 1, sessionIdOf(browser.ticket));
  });
}
