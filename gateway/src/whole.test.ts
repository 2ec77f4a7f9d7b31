import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { manualClock } from "coatcheck/testing";
import { Browser } from "../test-support/browser.ts";
import { until } from "../test-support/connection.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { ORIGIN, PAGE, SCRIPT, startFullGateway } from "../test-support/full-gateway.ts";
import { PUBLIC } from "../test-support/harness.ts";
import { gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import type { TestProvider } from "../test-support/provider/provider.ts";
import type { Answered } from "../test-support/talk.ts";

const OTHER = "other.example.com";
const IDENTITY = ["x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username"];

let provider: TestProvider;
let gateway: FullGateway;
const open = new AsyncDisposableStack();

before(async () => {
  const here = open.use(await gatewaysAtProvider());
  provider = here.provider;
  gateway = await here.start({
    config: { publicUrl: [ORIGIN, `https://${OTHER}`] },
    upstreams: [
      { access: "user" },
      { access: "public", paths: ["/public"] },
      { access: "optional", paths: ["/open"] },
      { access: "api", paths: ["/api"] },
      { access: "groups", groups: ["staff"], paths: ["/staff"] },
      { access: "user", token: "header", paths: ["/token"] },
      { access: "user", token: "authorization", paths: ["/bearer"] },
      { access: "user", hosts: [OTHER], paths: ["/only-there"] },
    ],
  });
});
after(() => open.disposeAsync());
beforeEach(() => {
  provider.user = { sub: "alice", email: "alice@example.com", groups: ["staff", "ops"], preferred_username: "al" };
});

/** What the app was asked last. */
const last = (): FullGateway["seen"][number] => {
  const seen = gateway.seen.at(-1);
  assert.ok(seen !== undefined);
  return seen;
};

const get = (browser: Browser, path: string, headers: object = PAGE): Promise<Answered> =>
  browser.send(gateway.port, path, { headers: { ...headers } });

test("S-49, HD-01 a caller without a session is sent to sign in, and back to the page they wanted", async () => {
  const browser = new Browser();
  const first = await get(browser, "/a/b?x=1");
  assert.deepEqual([first.status, first.headers["cache-control"], first.setCookies], [302, "no-store", []]);
  const login = await get(browser, String(first.headers.location));
  assert.equal(login.status, 302);
  assert.equal(login.headers["cache-control"], "no-store");
  const back = await get(browser, await browser.approve(String(login.headers.location)));
  assert.deepEqual([back.status, back.headers.location, back.headers["cache-control"]], [303, "/a/b?x=1", "no-store"]);
  const page = await get(browser, String(back.headers.location));
  assert.equal(page.status, 200);
  assert.equal(page.headers["cache-control"], "no-store");
  assert.equal(last().url, "/a/b?x=1");
});

test("CK-01, CK-02, CK-03, CK-04 cookies of login and session are Secure, HttpOnly, host-bound, SameSite", async () => {
  const browser = new Browser();
  const login = await get(browser, "/auth/login");
  const back = await get(browser, await browser.approve(String(login.headers.location)));
  const [flow = ""] = login.setCookies;
  assert.match(flow, /^__Host-Http-coatcheck\.login\.[\w-]{11}=[^;]+; .*Max-Age=600/);
  const ticket = back.setCookies.find((line) => line.startsWith("__Host-Http-coatcheck="));
  for (const line of [flow, ticket ?? ""])
    for (const attribute of ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"])
      assert.ok(line.split("; ").includes(attribute), line);
  const kept = Number(/Max-Age=(\d+)/.exec(ticket ?? "")?.[1]);
  assert.ok(kept > 86_340 && kept <= 86_400, `a day from the sign-in, less what the answer took: ${ticket}`);
  assert.ok(back.setCookies.some((line) => line.startsWith(flow.slice(0, flow.indexOf("="))) && line.includes("Max-Age=0")));
});

test("A-15, A-16 the app gets every identity header, empty for anonymous callers, never a client's", async () => {
  const spoofed = Object.fromEntries(IDENTITY.map((name) => [name, "evil"]));
  await get(new Browser(), "/open/a", { ...PAGE, ...spoofed, x_auth_request_user: "evil" });
  for (const name of IDENTITY) assert.equal(last().headers[name], "", name);
  await get(new Browser(), "/public/a", { ...PAGE, ...spoofed });
  for (const name of IDENTITY) assert.equal(last().headers[name], "", name);
  const browser = await new Browser().signIn(gateway);
  for (const path of ["/open/a", "/a"]) {
    await get(browser, path, { ...PAGE, ...spoofed });
    assert.deepEqual(
      IDENTITY.map((name) => last().headers[name]),
      ["alice", "alice@example.com", "staff,ops", "al"],
      path,
    );
  }
  assert.equal(last().rawHeaders.includes("evil"), false);
});

test("A-34 claims of a new login reach the rules and the app", async () => {
  const browser = await new Browser().signIn(gateway);
  assert.equal((await get(browser, "/staff/a")).status, 200);
  provider.user = { sub: "alice", groups: ["guests"] };
  await browser.login(gateway.port);
  assert.equal((await get(browser, "/staff/a")).status, 403);
  await get(browser, "/a");
  assert.equal(last().headers["x-auth-request-groups"], "guests");
});

test("A-33, PX-03 the access token goes to the upstreams that are configured for it and to no others", async () => {
  const browser = await new Browser().signIn(gateway);
  await get(browser, "/token/a");
  const token = String(last().headers["x-auth-request-access-token"]);
  assert.match(token, /^access\./);
  await get(browser, "/bearer/a", { ...PAGE, authorization: "Bearer mine" });
  assert.equal(last().headers.authorization, `Bearer ${token}`);
  await get(browser, "/a", { ...PAGE, authorization: "Bearer mine", "x-auth-request-access-token": "mine" });
  assert.equal(last().headers.authorization, undefined);
  assert.equal(last().headers["x-auth-request-access-token"], undefined);
  assert.equal((await get(browser, "/auth/session", SCRIPT)).text.includes("access."), false);
});

test("S-05 store outage: public routes are served, others 503 for callers with a ticket, and cookies stay", async () => {
  const browser = await new Browser().signIn(gateway);
  gateway.store.down = true;
  try {
    assert.equal((await get(browser, "/public/a")).status, 200);
    for (const [path, headers] of [
      ["/a", PAGE],
      ["/open/a", PAGE],
      ["/api/a", SCRIPT],
      ["/staff/a", SCRIPT],
      ["/auth/session", SCRIPT],
    ] as const) {
      const answer = await get(browser, path, headers);
      assert.deepEqual([answer.status, answer.headers["retry-after"], answer.setCookies], [503, "5", []], path);
    }
    assert.equal((await get(new Browser(), "/auth/login")).status, 302, "a login begins without the store");
    assert.equal((await get(new Browser(), "/open/a")).status, 200, "no session is looked for without a ticket");
  } finally {
    gateway.store.down = false;
  }
  assert.equal((await get(browser, "/a")).status, 200);
});

test("a route for programs answers 401 where a page would become the login", async () => {
  const answer = await get(new Browser(), "/api/a");
  assert.deepEqual([answer.status, answer.headers.location], [401, undefined]);
  assert.equal(JSON.parse(answer.text).code, "ERR_UNAUTHENTICATED");
});

test("AR-06 several origins: the host picks one exactly, others are 421, and a login stays where it began", async () => {
  const at = (host: string, path: string, headers: object = PAGE) => gateway.ask(path, { headers: { ...headers, host } });
  const login = await at(OTHER, "/auth/login");
  const address = new URL(String(login.headers.location));
  assert.equal(address.searchParams.get("redirect_uri"), `https://${OTHER}/auth/callback`);
  const cookie = String(login.setCookies[0]).split(";")[0] ?? "";
  const callback = new URL(await new Browser().approve(address.href));
  assert.equal(callback.host, OTHER);
  const elsewhere = await at(PUBLIC, callback.pathname + callback.search, { ...PAGE, cookie });
  assert.equal(elsewhere.status, 400, "the callback of another origin");
  const back = await at(OTHER, callback.pathname + callback.search, { ...PAGE, cookie });
  assert.equal(back.status, 303, back.text);
  for (const host of ["evil.example", `${PUBLIC}.evil.example`, `sub.${PUBLIC}`, `${PUBLIC}:8443`, "127.0.0.1", `${PUBLIC}.`]) {
    const answer = await at(host, "/auth/login");
    assert.deepEqual([answer.status, JSON.parse(answer.text).code, answer.setCookies], [421, "ERR_MISDIRECTED", []], host);
  }
  assert.equal((await at(`${PUBLIC}:443`, "/public/a")).status, 200);
  assert.equal((await at(PUBLIC.toUpperCase(), "/public/a")).status, 200);
  const forwarded = await at("internal.example", "/auth/login", { ...PAGE, "x-forwarded-host": OTHER });
  assert.equal(new URL(String(forwarded.headers.location)).searchParams.get("redirect_uri"), `https://${OTHER}/auth/callback`);
});

test("A-33, CS-12 GET session tells the site's own pages who is signed in and until when, never a token", async () => {
  const browser = await new Browser().signIn(gateway);
  const answer = await get(browser, "/auth/session", SCRIPT);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.equal(answer.headers["cross-origin-resource-policy"], "same-origin");
  const said = JSON.parse(answer.text);
  assert.deepEqual(Object.keys(said), ["identity", "session", "logoutUrl"]);
  assert.deepEqual(
    [said.identity.issuer, said.identity.subject, said.identity.claims.email],
    [provider.issuer, "alice", "alice@example.com"],
  );
  assert.deepEqual(Object.keys(said.session), ["id", "createdAt", "expiresAt", "idleExpiresAt"]);
  assert.equal(said.session.expiresAt - said.session.createdAt, 86_400_000);
  assert.equal(said.logoutUrl, "/auth/logout");
  for (const secret of provider.secrets) if (secret !== "") assert.equal(answer.text.includes(secret), false);
  assert.equal(answer.text.includes(browser.ticket.slice(-43)), false);
  for (const site of ["same-site", "cross-site"]) {
    const foreign = await get(browser, "/auth/session", { ...SCRIPT, "sec-fetch-site": site });
    assert.deepEqual([foreign.status, foreign.text.includes("alice")], [403, false], site);
  }
  assert.equal((await get(new Browser(), "/auth/session", SCRIPT)).status, 401);
});

test("SE-06 GET session is no activity; POST session is, and writes once a minute at most", async () => {
  const clock = manualClock(Date.now());
  await using busy = await startFullGateway({ upstreams: [], world: { clock, providers: [] } });
  const cookie = await busy.signIn("alice");
  const headers = { ...SCRIPT, cookie };
  const idleEnd = async (): Promise<number> =>
    JSON.parse((await busy.ask("/auth/session", { headers })).text).session.idleExpiresAt;
  const begun = await idleEnd();
  clock.advance(10 * 60_000);
  assert.equal(await idleEnd(), begun);
  assert.equal(await idleEnd(), begun, "reading it moved nothing");
  const here = await busy.ask("/auth/session", { method: "POST", headers });
  assert.deepEqual([here.status, here.text], [204, ""]);
  const moved = await idleEnd();
  assert.equal(moved, begun + 10 * 60_000);
  for (let second = 0; second < 59; second++) {
    clock.advance(1000);
    assert.equal((await busy.ask("/auth/session", { method: "POST", headers })).status, 204);
  }
  assert.equal(await idleEnd(), moved);
  assert.equal((await busy.ask("/auth/session", { method: "POST", headers: SCRIPT })).status, 401);
  const foreign = await busy.ask("/auth/session", { method: "POST", headers: { ...headers, "sec-fetch-site": "cross-site" } });
  assert.equal(foreign.status, 403);
});

test("AR-05, S-07 ten tabs sign in at once and land, in any order", async () => {
  const browser = new Browser();
  const tabs: { readonly target: string; readonly address: string }[] = [];
  for (let tab = 0; tab < 10; tab++)
    tabs.push({ target: `/tab/${tab}`, address: await browser.begin(gateway.port, `/tab/${tab}`) });
  assert.ok(browser.cookie.length < 8192, String(browser.cookie.length));
  const tickets: string[] = [];
  for (const { target, address } of tabs.toReversed()) {
    const back = await get(browser, await browser.approve(address));
    assert.deepEqual([back.status, back.headers.location], [303, target], back.text);
    tickets.push(browser.ticket);
  }
  assert.equal(browser.jar.size, 1, "the cookies of the logins are gone");
  assert.equal((await get(browser, "/a")).status, 200);
  for (const ticket of tickets.slice(0, -1)) {
    const old = await gateway.ask("/a", { headers: { ...SCRIPT, cookie: ticket } });
    assert.equal(old.status, 401, "CB-09: a ticket from before a login is dead");
  }
});

test("CB-02 a callback that is repeated twenty times at once sends its code once", async () => {
  const browser = new Browser();
  const callback = await browser.approve(await browser.begin(gateway.port, "/a"));
  const { cookie } = browser;
  const before = provider.count("/token");
  const { pathname, search } = new URL(callback);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => gateway.ask(pathname + search, { headers: { ...PAGE, cookie } })),
  );
  assert.equal(provider.count("/token"), before + 1);
  const tickets = answers.filter(({ setCookies }) => setCookies.some((line) => /^__Host-Http-coatcheck=[^;]/.test(line)));
  assert.equal(tickets.length, 1);
  for (const { status, headers } of answers) assert.deepEqual([status, typeof headers.location], [303, "string"]);
  const again = await gateway.ask(pathname + search, {
    headers: {
      ...PAGE,
      cookie: `${cookie}; ${String(tickets[0]?.setCookies.find((line) => line.startsWith("__Host-Http-coatcheck="))).split(";")[0]}`,
    },
  });
  assert.deepEqual([again.status, again.headers.location], [303, "/a"], "an authenticated user goes on to the page");
  assert.equal(provider.count("/token"), before + 1);
});

test("CB-10 another person's login in the same browser ends the first session and leaves nothing of it", async () => {
  const browser = await new Browser().signIn(gateway);
  const first = browser.ticket;
  provider.user = { sub: "bob" };
  await browser.login(gateway.port);
  await get(browser, "/a");
  assert.deepEqual(
    IDENTITY.map((name) => last().headers[name]),
    ["bob", "", "", ""],
  );
  assert.equal(await gateway.statusWith(first), 401);
});

test("LO-01, S-42 a logout ends the session: the copied cookie is dead, others live, a second is fine", async () => {
  const browser = await new Browser().signIn(gateway);
  const other = await new Browser().signIn(gateway);
  const copied = browser.ticket;
  const foreign = await browser.send(gateway.port, "/auth/logout", {
    method: "POST",
    headers: { "sec-fetch-site": "cross-site" },
  });
  assert.equal(foreign.status, 403);
  assert.equal((await get(browser, "/auth/logout")).status, 200, "a page that asks");
  assert.equal((await get(browser, "/a")).status, 200, "asking ends nothing");
  const revoked = provider.count("/revoke");
  const form = await browser.send(gateway.port, "/auth/logout", {
    method: "POST",
    headers: { ...PAGE, "sec-fetch-site": "same-origin" },
  });
  assert.equal(form.status, 303);
  assert.match(String(form.headers.location), new RegExp(`^${provider.issuer}/end\\?`));
  assert.equal(browser.ticket, "");
  assert.equal(await gateway.statusWith(copied), 401);
  assert.equal((await get(other, "/a")).status, 200);
  const second = await gateway.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie: copied } });
  assert.equal(second.status, 200);
  await until(() => provider.count("/revoke") >= revoked + 2);
  const [refresh, access] = provider.calls.filter(({ endpoint }) => endpoint === "/revoke").slice(-2);
  assert.match(refresh?.form.get("token") ?? "", /^refresh\./);
  assert.match(access?.form.get("token") ?? "", /^access\./);
});

test("CS-01 another site changes nothing at the app either, with the user's cookie or without", async () => {
  const browser = await new Browser().signIn(gateway);
  const before = gateway.seen.length;
  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
    {},
  ]) {
    const answer = await browser.send(gateway.port, "/a", { method: "POST", headers, body: "x=1" });
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [403, "ERR_CROSS_SITE"], JSON.stringify(headers));
  }
  assert.equal(gateway.seen.length, before);
  assert.equal(
    (await browser.send(gateway.port, "/a", { method: "POST", headers: { origin: ORIGIN }, body: "x=1" })).status,
    200,
  );
});

test("CK-15 a cookie that is garbage counts as none, and is cleared where a page is shown", async () => {
  for (const value of ["x", "", "a.b", `${"A".repeat(22)}.${"A".repeat(43)}`, "%00", "a".repeat(4000)]) {
    const cookie = `__Host-Http-coatcheck=${value}`;
    const script = await gateway.ask("/a", { headers: { ...SCRIPT, cookie } });
    assert.deepEqual([script.status, script.setCookies], [401, []], value);
    const open = await gateway.ask("/open/a", { headers: { ...SCRIPT, cookie } });
    assert.deepEqual([open.status, open.setCookies], [200, []], value);
    const page = await gateway.ask("/open/a", { headers: { ...PAGE, cookie } });
    assert.equal(page.status, 200);
    for (const line of page.setCookies) assert.match(line, /^__Host-Http-coatcheck=;.*Max-Age=0/);
  }
});

test("PX-01 a path route of one host is not there on another", async () => {
  const browser = await new Browser().signIn(gateway);
  const there = await browser.send(gateway.port, "/only-there/a", { headers: { ...PAGE, host: OTHER } });
  assert.equal(there.status, 200);
  assert.equal(last().headers["x-forwarded-host"], OTHER);
});
