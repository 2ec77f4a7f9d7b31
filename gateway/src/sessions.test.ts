import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, sessionIdOf } from "../test-support/browser.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import type { GatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import { gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import type { Answered } from "../test-support/talk.ts";

const TOKEN = "a-token-of-the-operators";

/** Two gateways on one file; one of them keeps the user agent. */
let here: GatewaysAtProvider;
let a: FullGateway;
let b: FullGateway;
const open = new AsyncDisposableStack();

before(async () => {
  here = open.use(await gatewaysAtProvider());
  const start = (keepUserAgent: boolean): Promise<FullGateway> =>
    here.replica({
      config: {
        session: { keepUserAgent },
        admin: { listen: "127.0.0.1:0", token: TOKEN },
        brand: { name: "Corner Shop", accent: "#0a7d4f" },
        language: ["en", "de"],
      },
      upstreams: [{}, { paths: ["/api"], access: "api" }],
    });
  a = await start(true);
  b = await start(false);
});
after(() => open.disposeAsync());

const own = (gateway: FullGateway, method: string, path: string, cookie: string, headers: Record<string, string> = SCRIPT) =>
  gateway.ask(`/auth/${path}`, { method, headers: { ...headers, cookie } });
const idsIn = (answer: Answered): readonly string[] => {
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text).sessions.map(({ id }: { id: string }) => id);
};

test("SE-10 S-44 a session ended at one replica is 401 at the other at once, and gone from both lists", async () => {
  const [phone, laptop] = [await a.signIn("nora"), await b.signIn("nora")];
  assert.deepEqual([...idsIn(await own(a, "GET", "sessions", laptop))].sort(), [sessionIdOf(phone), sessionIdOf(laptop)].sort());
  assert.deepEqual([await a.statusWith(phone), await b.statusWith(phone)], [200, 200]);
  assert.equal((await own(a, "DELETE", `sessions/${sessionIdOf(phone)}`, laptop)).status, 204);
  assert.deepEqual([await b.statusWith(phone), await a.statusWith(phone)], [401, 401]);
  assert.deepEqual(idsIn(await own(b, "GET", "sessions", laptop)), [sessionIdOf(laptop)]);
});

test("SE-09 S-44 ending the others at one replica ends them at both, and leaves the one that asked", async () => {
  const [mine, ...others] = [await a.signIn("pia"), await a.signIn("pia"), await b.signIn("pia")];
  const another = await b.signIn("quinn");
  assert.ok(mine !== undefined);
  assert.equal((await own(b, "POST", "sessions/end-others", mine)).text, '{"ended":2}');
  for (const gateway of [a, b]) {
    assert.deepEqual(
      await Promise.all([mine, another, ...others].map((cookie) => gateway.statusWith(cookie))),
      [200, 200, 401, 401],
    );
  }
});

test("SE-10 A-31 another user's id is 404 at both replicas, and their session goes on", async () => {
  const [mine, theirs] = [await a.signIn("rosa"), await a.signIn("sam")];
  for (const gateway of [a, b]) {
    const foreign = await own(gateway, "DELETE", `sessions/${sessionIdOf(theirs)}`, mine);
    const unknown = await own(gateway, "DELETE", "sessions/AAAAAAAAAAAAAAAAAAAAAA", mine);
    assert.deepEqual([foreign.status, foreign.text], [404, unknown.text]);
    assert.ok(!idsIn(await own(gateway, "GET", "sessions", mine)).includes(sessionIdOf(theirs)));
  }
  assert.deepEqual([await a.statusWith(theirs), await b.statusWith(theirs)], [200, 200]);
});

test("SE-10 a handle of the list authenticates no user, at the upstream, the check or the list", async () => {
  const mine = await a.signIn("tess");
  const [name] = mine.split("=");
  const forged = `${name}=${sessionIdOf(mine)}.${"A".repeat(43)}`;
  assert.equal(await a.statusWith(forged), 401);
  assert.equal((await own(a, "GET", "sessions", forged)).status, 401);
  assert.equal((await own(a, "POST", "sessions/end-others", forged)).status, 401);
  assert.equal(await a.statusWith(mine), 200);
});

test("SE-10 CS-01 other sites can neither list nor end", async () => {
  const [mine, other] = [await a.signIn("uma"), await a.signIn("uma")];
  for (const headers of [
    { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    { "sec-fetch-site": "same-site", origin: "https://sub.example.com" },
  ]) {
    for (const [method, path] of [
      ["GET", "sessions"],
      ["DELETE", `sessions/${sessionIdOf(other)}`],
      ["DELETE", `sessions/${sessionIdOf(mine)}`],
      ["POST", "sessions/end-others"],
    ] as const) {
      const answer = await own(a, method, path, mine, headers);
      assert.deepEqual([answer.status, JSON.parse(answer.text).code], [403, "ERR_CROSS_SITE"], `${method} ${path}`);
      assert.deepEqual(answer.setCookies, []);
    }
  }
  assert.deepEqual([await a.statusWith(mine), await a.statusWith(other)], [200, 200]);
});

test("OP-03 S-61 the user agent is kept only where that is configured, and told to its owner", async () => {
  for (const [gateway, expected] of [
    [a, "Fox/1 (Toaster)"],
    [b, null],
  ] as const) {
    const browser = new Browser();
    const back = await browser.approve(await browser.begin(gateway.port));
    const headers = { "user-agent": "Fox/1 (Toaster)", accept: "text/html" };
    assert.equal((await browser.send(gateway.port, back, { headers })).status, 303);
    const { sessions } = JSON.parse((await own(gateway, "GET", "sessions", browser.ticket)).text);
    const [mine] = sessions.filter(({ current }: { current: boolean }) => current);
    assert.deepEqual([mine.method, mine.userAgent], ["oidc:default", expected]);
  }
});

test("SE-10 ending the session that asks clears its cookie and is a logout on both replicas", async () => {
  const mine = await a.signIn("vera");
  const answer = await own(a, "DELETE", `sessions/${sessionIdOf(mine)}`, mine);
  assert.equal(answer.status, 204);
  assert.match(answer.setCookies[0] ?? "", /^__Host-Http-coatcheck=; .*Max-Age=0/);
  assert.deepEqual([await a.statusWith(mine), await b.statusWith(mine)], [401, 401]);
});

test("S-43 SE-09 once all of a user was ended at one replica, every road of both refuses the next request", async () => {
  const cookies = [await a.signIn("wim"), await b.signIn("wim")];
  const nginx = { "x-original-method": "GET", "x-original-url": "https://app.example.com/" };
  const forward = { "x-forwarded-method": "GET", "x-forwarded-proto": "https", "x-forwarded-host": "app.example.com" };
  const roads = [
    ["/a", SCRIPT],
    ["/api/x", SCRIPT],
    ["/auth/session", SCRIPT],
    ["/auth/sessions", SCRIPT],
    ["/auth/check/nginx", nginx],
    ["/auth/check/forward", { ...forward, "x-forwarded-uri": "/a" }],
    ["/auth/check/envoy/a", { ...SCRIPT, "x-forwarded-proto": "https" }],
  ] as const;
  const all = (): Promise<readonly number[]> =>
    Promise.all(
      [a, b].flatMap((gateway) =>
        cookies.flatMap((cookie) =>
          roads.map(async ([path, headers]) => (await gateway.ask(path, { headers: { ...headers, cookie } })).status),
        ),
      ),
    );
  assert.deepEqual(new Set(await all()), new Set([200]));
  const headers = { authorization: `Bearer ${TOKEN}` };
  const ended = await a.admin("/sessions?owner=test%20wim", { method: "DELETE", headers });
  assert.equal(ended.text, '{"ended":2}\n');
  assert.deepEqual(new Set(await all()), new Set([401]));
  assert.equal(await b.statusWith(await b.signIn("wim")), 200, "a later login is free");
});

test("SE-11 with session.maxPerUser a login by the provider ends the oldest session", async () => {
  const gateway = await here.start({ config: { session: { maxPerUser: 2 } } });
  const browsers = [new Browser(), new Browser(), new Browser()];
  for (const browser of browsers) await browser.login(gateway.port);
  const statuses = await Promise.all(browsers.map(({ ticket }) => gateway.statusWith(ticket)));
  assert.equal(statuses.filter((status) => status === 200).length, 2);
  assert.equal(statuses.at(-1), 200);
});

for (const [keepAddress, kept] of [
  ["truncated", "192.0.2.0/24"],
  ["full", "192.0.2.77"],
  ["none", null],
] as const) {
  test(`S-61 with session.keepAddress ${keepAddress} lists say where a session was begun, past trusted hops`, async () => {
    const gateway = await here.start({
      config: {
        session: { keepAddress },
        trustedProxies: ["127.0.0.0/8", "10.0.0.0/8"],
        admin: { listen: "127.0.0.1:0", token: TOKEN },
      },
    });
    const browser = new Browser();
    // What stands left of the first hop that is not trusted, any caller can have written.
    const headers = { ...PAGE, "x-forwarded-for": "198.51.100.9, 192.0.2.77, 10.0.0.3" };
    const begun = await browser.send(gateway.port, "/auth/login", { headers });
    const landed = await browser.send(gateway.port, await browser.approve(String(begun.headers.location)), { headers });
    assert.equal(landed.status, 303, landed.text);
    const [mine] = JSON.parse((await own(gateway, "GET", "sessions", browser.ticket)).text).sessions;
    assert.equal(mine.address, kept);
    const told = await gateway.admin(`/sessions/${mine.id}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.equal(JSON.parse(told.text).address, kept, told.text);
  });
}

test("SE-10 S-61 at the gateway too sessions is a page, with its brand, that ends others without a script", async () => {
  const [mine, phone] = [await a.signIn("vera"), await a.signIn("vera")];
  const page = await own(a, "GET", "sessions", mine, { ...PAGE, "accept-language": "de-AT" });
  assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"]);
  assert.match(page.text, /<html lang="de">[\s\S]*<title>Wo Sie angemeldet sind · Corner Shop<\/title>[\s\S]*--accent:#0a7d4f;/);
  assert.ok(page.text.includes(`name="session" value="${sessionIdOf(phone)}"`) && page.text.includes("Dieses Gerät"));
  const form = { ...PAGE, "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
  const send = (headers: Record<string, string>) =>
    a.ask("/auth/sessions/end", { method: "POST", headers: { ...headers, cookie: mine }, body: `session=${sessionIdOf(phone)}` });
  assert.equal((await send({ ...form, "sec-fetch-site": "cross-site", origin: "https://evil.example" })).status, 403);
  const ended = await send(form);
  assert.deepEqual([ended.status, ended.headers.location], [303, "/auth/sessions"]);
  assert.deepEqual([await b.statusWith(phone), await b.statusWith(mine)], [401, 200]);
});

test("F-36 SE-16 the page of sessions is a page in an outage too, and leads a stranger to the login", async () => {
  const mine = await a.signIn("wim");
  const led = await own(a, "GET", "sessions", "", PAGE);
  assert.deepEqual([led.status, led.headers.location], [303, "/auth/login?return_to=%2Fauth%2Fsessions"]);
  a.store.down = true;
  try {
    const page = await own(a, "GET", "sessions", mine, PAGE);
    assert.deepEqual([page.status, page.headers["content-type"]], [503, "text/html; charset=utf-8"]);
    assert.match(page.text, /<title>This page cannot be opened right now · Corner Shop<\/title>/);
  } finally {
    a.store.down = false;
  }
});
