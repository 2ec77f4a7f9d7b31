import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, type Tab, tabs } from "../../test-support/browser/browser-world.ts";
import { turns } from "../../test-support/event-loop.ts";
import { createClient } from "./client.ts";
import type { SessionClient, SessionClientOptions } from "./types.ts";
import { SessionClientError } from "./types.ts";

interface Claims {
  readonly name: string;
}

const SERVER_TIME = Date.UTC(2026, 10, 20, 12);
const DATE = new Date(SERVER_TIME).toUTCString();

function signedIn(subject: string, left = 3_600_000): Response {
  const session = {
    id: `id-${subject}`,
    createdAt: SERVER_TIME,
    expiresAt: SERVER_TIME + 86_400_000,
    idleExpiresAt: SERVER_TIME + left,
  };
  const identity = { issuer: "https://id.example.com", subject, claims: { name: subject } };
  return Response.json({ identity, session, logoutUrl: "/auth/logout" }, { headers: { date: DATE } });
}

const anonymous = () => Response.json({ code: "ERR_UNAUTHENTICATED" }, { status: 401 });
const outage = (retryAfter?: string) =>
  Response.json(
    { code: "ERR_STORE_UNAVAILABLE" },
    { status: 503, headers: { date: DATE, ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }) } },
  );

interface Page {
  readonly tab: Tab;
  readonly client: SessionClient<Claims>;
  /** Changes that it was told of: who was, and who is now. */
  readonly changes: string[];
  /** The request that waits; there must be just one. */
  request(): Asked;
  idle(): void;
}

function pageIn(browser = tabs(), options: SessionClientOptions = {}, line = true): Page {
  const tab = browser.open({ line });
  const client = createClient<Claims>(options, tab.world);
  const changes: string[] = [];
  return {
    tab,
    client,
    changes,
    request() {
      assert.equal(tab.asked.length, 1, "requests that wait");
      return tab.asked.shift() ?? assert.fail();
    },
    idle: () => assert.deepEqual(tab.asked, []),
  };
}

function listen({ client, changes }: Page): () => void {
  return client.subscribe((session, before) => {
    changes.push(`${before?.identity.claims.name ?? "nobody"} > ${session?.identity.claims.name ?? "nobody"}`);
  });
}

/** A page that knows that alice is signed in. */
async function pageOfAlice(browser = tabs(), options: SessionClientOptions = {}, line = true): Promise<Page> {
  const page = pageIn(browser, options, line);
  listen(page);
  await page.request().answer(signedIn("alice"));
  return page;
}

/** The error that something came to. */
async function errorOf(work: Promise<unknown>): Promise<SessionClientError> {
  const error = await work.then(
    () => assert.fail("it should have been refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SessionClientError);
  return error;
}

test("S-26 twenty calls at once are one request, and the next call is another", async () => {
  const page = pageIn();
  const calls = Array.from({ length: 20 }, () => page.client.session());
  const asked = page.request();
  assert.deepEqual([asked.method, asked.url, asked.accept], ["GET", "/auth/session", "application/json"]);
  await asked.answer(signedIn("alice"));
  for (const session of await Promise.all(calls)) assert.equal(session?.identity.claims.name, "alice");
  assert.equal(page.client.current?.session?.id, "id-alice");
  const next = page.client.session();
  await page.request().answer(anonymous());
  assert.equal(await next, null);
});

test("maxAge lets an answer be good for a while, and a logout makes it old at once", async () => {
  const page = await pageOfAlice(tabs(), { maxAge: 5_000 });
  assert.equal((await page.client.session())?.identity.subject, "alice");
  page.idle();
  await page.tab.pass(5_000);
  void page.client.session();
  await page.request().answer(signedIn("alice"));
  const left = page.client.signOut({ navigate: false });
  await page.request().answer(Response.json({ location: "/bye" }));
  await left;
  assert.equal(page.client.current, null);
});

test("LO-01 signing out tells listeners and tabs after the server's yes, then goes where the server says", async () => {
  const browser = tabs();
  const page = await pageOfAlice(browser);
  const other = await pageOfAlice(browser);
  const leaving = page.client.signOut({ returnTo: "/bye?x=1" });
  const asked = page.request();
  assert.deepEqual([asked.method, asked.url, asked.body], ["POST", "/auth/logout", "return_to=%2Fbye%3Fx%3D1"]);
  assert.equal(asked.accept, "application/json");
  assert.deepEqual([page.changes, other.changes, page.tab.went], [[], [], []]);
  other.idle();
  await asked.answer(Response.json({ location: "https://id.example.com/logout" }));
  assert.equal(await leaving, "https://id.example.com/logout");
  assert.deepEqual(page.tab.went, ["https://id.example.com/logout"]);
  assert.deepEqual(page.changes, [], "a page that leaves is told nothing");
  await other.request().answer(anonymous());
  assert.deepEqual(other.changes, ["alice > nobody"]);
  page.idle();
});

test("LO-01 a listener that goes to the login does not keep a logout from arriving at the provider's", async () => {
  const page = await pageOfAlice();
  page.client.subscribe((session) => session === null && page.client.signIn());
  const leaving = page.client.signOut();
  await page.request().answer(Response.json({ location: "https://id.example.com/logout" }));
  await leaving;
  await turns();
  assert.deepEqual(page.tab.went, ["https://id.example.com/logout"]);
});

test("navigate: false leaves the page where it is, and tells it", async () => {
  const page = await pageOfAlice();
  const leaving = page.client.signOut({ navigate: false });
  await page.request().answer(Response.json({ location: "/bye" }));
  assert.equal(await leaving, "/bye");
  await turns();
  assert.deepEqual([page.tab.went, page.changes], [[], ["alice > nobody"]]);
});

const NO_YES: readonly { readonly what: string; readonly answer: () => Response; readonly code: string }[] = [
  { what: "503 without an end", answer: () => outage(), code: "ERR_STORE_UNAVAILABLE" },
  { what: "503 for longer than retryTimeout", answer: () => outage("31"), code: "ERR_STORE_UNAVAILABLE" },
  { what: "500", answer: () => new Response("oops", { status: 500 }), code: "ERR_RESPONSE" },
  { what: "403", answer: () => Response.json({ code: "ERR_CROSS_SITE" }, { status: 403 }), code: "ERR_CROSS_SITE" },
  { what: "a page of a proxy in between", answer: () => new Response("<h1>Welcome to our hotel</h1>"), code: "ERR_RESPONSE" },
];
for (const { what, answer, code } of NO_YES) {
  test(`LO-01 signing out is not pretended: ${what}`, async () => {
    const browser = tabs();
    const page = await pageOfAlice(browser);
    const other = await pageOfAlice(browser);
    const refused = errorOf(page.client.signOut());
    await page.request().answer(answer());
    assert.equal((await refused).code, code);
    assert.equal(page.client.current?.identity.subject, "alice");
    assert.deepEqual([page.changes, other.changes, page.tab.went], [[], [], []]);
    other.idle();
  });

  test(`S-26 reading the session signs no user out: ${what}`, async () => {
    const page = await pageOfAlice();
    const refused = errorOf(page.client.session());
    await page.request().answer(answer());
    assert.equal((await refused).code, code);
    assert.equal(page.client.current?.identity.subject, "alice");
    assert.deepEqual(page.changes, []);
  });
}

test("LO-01 a logout that meets 503 is sent again when the server says, and then counts", async () => {
  const page = await pageOfAlice();
  const leaving = page.client.signOut({ navigate: false });
  await page.request().answer(outage("5"));
  await page.tab.pass(4_999);
  page.idle();
  await page.tab.pass(1_002);
  const again = page.request();
  assert.deepEqual([again.method, again.url], ["POST", "/auth/logout"]);
  await again.answer(Response.json({ location: "/" }));
  assert.equal(await leaving, "/");
  assert.deepEqual(page.changes, ["alice > nobody"]);
});

test("503 is asked again five times and no longer than retryTimeout", async () => {
  for (const { seconds, requests } of [
    { seconds: "1", requests: 5 },
    { seconds: "12", requests: 3 },
    { seconds: new Date(SERVER_TIME + 20_000).toUTCString(), requests: 2 },
    { seconds: "soon", requests: 1 },
  ]) {
    const page = pageIn();
    const refused = errorOf(page.client.session());
    let sent = 0;
    for (; page.tab.asked.length > 0; sent += 1) {
      await page.request().answer(outage(seconds));
      await page.tab.pass(Number(seconds) * 1_200 || 24_000);
    }
    assert.equal(sent, requests, seconds);
    const { status, code } = await refused;
    assert.deepEqual([status, code], [503, "ERR_STORE_UNAVAILABLE"]);
  }
});

test("S-26 a network error signs no user out; the page looks again by itself", async () => {
  const page = await pageOfAlice();
  const refused = errorOf(page.client.session());
  await page.request().fail();
  const { code, status, cause } = await refused;
  assert.deepEqual([code, status, cause instanceof TypeError], ["ERR_UNREACHABLE", 0, true]);
  await page.tab.show();
  await page.request().fail();
  assert.deepEqual([page.changes, page.client.current?.identity.subject], [[], "alice"]);
  await page.tab.pass(29_999);
  page.idle();
  await page.tab.pass(1);
  await page.request().answer(anonymous());
  assert.deepEqual(page.changes, ["alice > nobody"]);
});

test("S-26 a first look that fails is made up for", async () => {
  const page = pageIn();
  listen(page);
  await page.request().fail();
  await page.tab.show();
  await page.request().answer(signedIn("alice"));
  assert.deepEqual([page.client.current?.identity.subject, page.changes], ["alice", []]);
});

test("CB-10 another user in one tab is another user in the others, and each asks once", async () => {
  const browser = tabs();
  const old = await Promise.all([pageOfAlice(browser), pageOfAlice(browser), pageOfAlice(browser)]);
  const fresh = pageIn(browser);
  const reading = fresh.client.session();
  await fresh.request().answer(signedIn("bob"));
  await reading;
  for (const page of old) await page.request().answer(signedIn("bob"));
  for (const page of [...old, fresh]) page.idle();
  assert.deepEqual(
    old.map(({ changes }) => changes),
    [["alice > bob"], ["alice > bob"], ["alice > bob"]],
  );
});

test("tabs that open with the same user ask one request each", async () => {
  const browser = tabs();
  const pages = Array.from({ length: 20 }, () => pageIn(browser));
  for (const page of pages) listen(page);
  const asked = pages.map((page) => page.request());
  for (const one of asked) await one.answer(signedIn("alice"));
  for (const page of pages) page.idle();
  assert.equal(browser.said.length, 20);
});

test("S-26 what another tab says is looked up, never taken for true", async () => {
  const browser = tabs();
  const page = await pageOfAlice(browser);
  const liar = browser.open().world.line("coatcheck:/auth", () => undefined);
  for (const said of ["", "nonsense", '["https://id.example.com","mallory"]']) {
    liar?.post(said);
    await page.request().answer(signedIn("alice"));
  }
  assert.deepEqual(page.changes, []);
});

test("an answer that was on its way when another tab signed out is not believed", async () => {
  const browser = tabs();
  const first = await pageOfAlice(browser);
  const page = pageIn(browser);
  const reading = page.client.session();
  const early = page.request();
  const leaving = first.client.signOut({ navigate: false });
  await first.request().answer(Response.json({ location: "/" }));
  await leaving;
  await early.answer(signedIn("alice"));
  await page.request().answer(anonymous());
  assert.equal(await reading, null);
});

test("an answer that was on its way at one's own logout is not believed", async () => {
  const page = await pageOfAlice();
  const reading = page.client.session();
  const early = page.request();
  const leaving = page.client.signOut({ navigate: false });
  await page.request().answer(Response.json({ location: "/" }));
  await leaving;
  await early.answer(signedIn("alice"));
  await page.request().answer(anonymous());
  assert.equal(await reading, null);
  assert.deepEqual(page.changes, ["alice > nobody"]);
});

test("SE-06 a hidden page does not ask, whatever time it is; shown again it catches up", async () => {
  const page = await pageOfAlice();
  await page.tab.hide();
  await page.tab.pass(90_000_000);
  page.idle();
  assert.equal(page.tab.timers(), 0);
  await page.tab.show();
  await page.request().answer(anonymous());
  assert.deepEqual(page.changes, ["alice > nobody"]);
});

test("SE-06 a hidden page looks when a tab says something, and waits for no end of the session after that", async () => {
  const browser = tabs();
  const page = await pageOfAlice(browser);
  await page.tab.hide();
  const other = pageIn(browser);
  listen(other);
  await other.request().answer(signedIn("bob"));
  await page.request().answer(signedIn("bob"));
  assert.deepEqual(page.changes, ["alice > bob"]);
  await page.tab.pass(90_000_000);
  page.idle();
});

test("a page that was frozen while it asked asks again, whatever became of the first request", async () => {
  for (const thaw of ["answered", "failed"]) {
    const page = await pageOfAlice();
    const reading = page.client.session();
    const early = page.request();
    await page.tab.hide();
    await page.tab.show();
    const fresh = page.request();
    await (thaw === "failed" ? early.fail() : early.answer(signedIn("alice")));
    await fresh.answer(anonymous());
    assert.equal(await reading, null, thaw);
    page.idle();
  }
});

test("S-49 a page from the back-forward cache looks, and hears its tabs again", async () => {
  const browser = tabs();
  const page = await pageOfAlice(browser);
  const other = await pageOfAlice(browser);
  page.tab.leave();
  const away = other.client.session();
  await other.request().answer(signedIn("bob"));
  await away;
  page.idle();
  await page.tab.back();
  await page.request().answer(signedIn("bob"));
  assert.deepEqual(page.changes, ["alice > bob"]);
  const back = other.client.session();
  await other.request().answer(signedIn("carol"));
  await back;
  await page.request().answer(signedIn("carol"));
  assert.deepEqual(page.changes, ["alice > bob", "bob > carol"]);
});

test("SE-02 just after the idle timeout the page looks, by the server's clock", async () => {
  const page = await pageOfAlice();
  assert.equal(page.tab.timers(), 1);
  await page.tab.pass(3_600_999);
  page.idle();
  await page.tab.pass(1);
  await page.request().answer(signedIn("alice", 60_000));
  await page.tab.pass(61_000);
  await page.request().answer(anonymous());
  assert.deepEqual(page.changes, ["alice > nobody"]);
  assert.equal(page.tab.timers(), 0);
});

test("a session that outlives its end is asked for twice a minute, not without pause", async () => {
  const page = pageIn();
  listen(page);
  await page.request().answer(signedIn("alice", -3_600_000));
  await page.tab.pass(29_999);
  page.idle();
  await page.tab.pass(1);
  await page.request().answer(signedIn("alice", -3_600_000));
  page.idle();
});

test("SE-06 keepAlive says it at most once a minute, never rejects, and a session that is gone is noticed", async () => {
  const page = await pageOfAlice();
  const first = page.client.keepAlive();
  await page.client.keepAlive();
  const asked = page.request();
  assert.deepEqual([asked.method, asked.url], ["POST", "/auth/session"]);
  await asked.fail();
  await first;
  await page.tab.pass(59_999);
  await page.client.keepAlive();
  page.idle();
  await page.tab.pass(1);
  const second = page.client.keepAlive();
  await page.request().answer(anonymous());
  await second;
  assert.deepEqual(page.changes, []);
  await page.request().answer(anonymous());
  assert.deepEqual(page.changes, ["alice > nobody"]);
});

test("signIn goes to the login, and back here unless told otherwise", () => {
  const page = pageIn();
  page.client.signIn();
  page.client.signIn({ returnTo: "/orders?a=1&b=2", provider: "work" });
  assert.deepEqual(page.tab.went, [
    "/auth/login?return_to=%2Fhere%3Fa%3D1%23b",
    "/auth/login?return_to=%2Forders%3Fa%3D1%26b%3D2&provider=work",
  ]);
});

test("another prefix is another place to ask and another line", async () => {
  const browser = tabs();
  const page = await pageOfAlice(browser);
  const admin = pageIn(browser, { prefix: "/admin/auth" });
  const reading = admin.client.session();
  const asked = admin.request();
  assert.equal(asked.url, "/admin/auth/session");
  await asked.answer(anonymous());
  assert.equal(await reading, null);
  page.idle();
});

test("works if there is no line between tabs", async () => {
  const page = await pageOfAlice(tabs(), {}, false);
  await page.tab.show();
  await page.request().answer(signedIn("bob"));
  page.tab.leave();
  await page.tab.back();
  await page.request().answer(anonymous());
  assert.deepEqual(page.changes, ["alice > bob", "bob > nobody"]);
});

test("after close nothing is heard, nothing runs, and what is under way ends quietly", async () => {
  const browser = tabs();
  const page = await pageOfAlice(browser);
  const other = await pageOfAlice(browser);
  const reading = page.client.session();
  const asked = page.request();
  page.client.close();
  await asked.answer(signedIn("bob"));
  assert.equal((await reading)?.identity.subject, "bob");
  void other.client.signOut();
  await other.request().answer(Response.json({ location: "/" }));
  await page.tab.show();
  page.idle();
  assert.equal(page.tab.timers(), 0);
  assert.deepEqual(page.changes, []);
  page.client.close();
});

test("who unsubscribed hears no more", async () => {
  const page = pageIn();
  const stop = listen(page);
  await page.request().answer(signedIn("alice"));
  stop();
  void page.client.session();
  await page.request().answer(anonymous());
  await turns();
  assert.deepEqual(page.changes, []);
});

test("fetch is a given function if there is one", async () => {
  const { world } = tabs().open();
  const client = createClient<Claims>({ fetch: async () => signedIn("dora") }, world);
  assert.equal((await client.session())?.identity.claims.name, "dora");
});
