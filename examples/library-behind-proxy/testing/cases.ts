/** What holds behind a proxy, case by case, in a real browser; `suite.ts` plays them over each pair of proxies. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { askApp, askFront } from "./ask.ts";
import { leave, Person } from "./person.ts";
import type { ProxyChain } from "./proxy-chain.ts";

export interface World {
  readonly chain: ProxyChain;
  readonly browser: Browser;
}

const NOTE = "The umbrella is blue";

const nameOf = (text: string): unknown => JSON.parse(text).subject;

/**
 * The next request of the same tab is the new user's; nothing of the old one's is anywhere, and their cookie is dead.
 */
export async function servesWhoeverTheProxyNames({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  await person.signsIn("alice");
  await person.writes(NOTE);
  const ticket = await person.ticket();
  assert.equal(nameOf((await person.fetches("/api/me")).text), "alice");

  await person.becomesUpstream("bob");
  person.read.length = 0;
  const script = await person.fetches("/api/me");
  assert.deepEqual([script.status, nameOf(script.text)], [200, "bob"]);
  await person.page.getByRole("link", { name: "Read again" }).click();
  await person.page.getByRole("heading", { name: "Notes of Bob Baker" }).waitFor();
  assert.equal(await person.page.getByRole("listitem").count(), 0);
  assert.notEqual(await person.ticket(), ticket);
  await person.writes("Bob was here");
  await person.page.reload();
  await person.page.goBack();
  await person.page.getByRole("heading", { name: "Notes of Bob Baker" }).waitFor();
  assert.ok(person.read.filter((text) => text.includes("Bob Baker")).length >= 2, "the pages should have been read");
  for (const text of [...person.read, await person.page.content()]) assert.doesNotMatch(text, /umbrella|alice/i);

  const { door, front } = chain;
  const proof: Record<string, string> = front.secret ? { "x-proxy-secret": door.secret } : {};
  const asBob = await askApp(door, { path: "/api/me", headers: { "x-auth-request-user": "bob", ...proof }, from: front.from });
  assert.deepEqual([asBob.status, nameOf(asBob.text)], [200, "bob"], "the app should believe its proxy");
  for (const from of ["127.0.0.1", front.from]) {
    for (const headers of [{ cookie: ticket }, { cookie: ticket, ...proof }]) {
      const replayed = await askApp(door, { path: "/api/me", headers, from });
      assert.deepEqual([replayed.status, replayed.text.includes("umbrella")], [401, false], from);
    }
  }
  const byFront = await askFront(chain.ground.port, {
    path: "/api/me",
    headers: { cookie: `${ticket}; ${await person.upstreamCookie()}` },
  });
  assert.deepEqual([byFront.status, nameOf(byFront.text), JSON.parse(byFront.text).notes], [200, "bob", []]);
}

/**
 * While the table of users does not answer, every user gets 503; afterwards both are still signed in, by the same
 * cookies.
 */
export async function outlivesAnOutageOfTheUsers({ chain, browser }: World): Promise<void> {
  await using alice = await Person.arrives(browser, chain);
  await using bob = await Person.arrives(browser, chain);
  const both = [alice, bob];
  await alice.signsIn("alice");
  await bob.signsIn("bob");
  for (const one of both) await one.writes(NOTE);
  const tickets = await Promise.all(both.map((one) => one.ticket()));

  chain.users.down = true;
  for (const owner of ["alice", "bob"]) chain.auth.forget(owner);
  try {
    for (const one of both) {
      assert.equal((await one.fetches("/api/me")).status, 503);
      const page = await one.open("/");
      assert.equal(page, 503);
      assert.doesNotMatch(await one.page.content(), /umbrella/);
    }
  } finally {
    chain.users.down = false;
  }
  for (const [index, one] of both.entries()) {
    assert.equal(await one.open("/"), 200);
    assert.deepEqual([await one.ticket(), await one.page.getByText(NOTE).count()], [tickets[index], 1]);
  }
}

/** A blocked user gets 403, and their session is over, also once they are let in again. */
export async function endsTheBlocked({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  await person.signsIn("bob");
  await person.writes(NOTE);
  const ticket = await person.ticket();
  chain.users.setBlocked("bob", true);
  chain.auth.forget("bob");
  try {
    assert.equal((await person.fetches("/api/me")).status, 403);
    assert.equal(await person.open("/"), 403);
    assert.equal(await person.cookie(), undefined, "a page for the blocked clears what is dead");
  } finally {
    chain.users.setBlocked("bob", false);
    // A blocked user has no owner to be forgotten by.
    chain.auth.forget({ issuer: "proxy:oauth2-proxy", subject: "bob" });
  }
  assert.equal(await person.open("/"), 200);
  assert.equal(await person.page.getByText(NOTE).count(), 0);
  assert.notEqual(`__Host-Http-notes=${await person.cookie()}`, ticket);
}

/** The app's own logout leads out of the sign-on and out of the provider; coming back signs no user in. */
export async function leavesAtTheSignOut({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  await person.signsIn("alice");
  const ticket = await person.ticket();
  const upstream = await person.upstreamCookie();
  const left = person.page.waitForRequest((request) => request.url() === chain.signOn.signOutUrl(chain.ground));
  await person.page.getByRole("button", { name: "Sign out" }).click();
  await left;
  await leave(person.page, chain);
  await person.open("/");
  await person.page.locator("button[name=pick]").first().waitFor();
  const { door, front } = chain;
  assert.equal((await askApp(door, { path: "/api/me", headers: { cookie: ticket }, from: front.from })).status, 401);
  // oauth2-proxy keeps its sessions in the cookie, so that a copy of its cookie lives on; the app's own session does
  // not.
  if (chain.signOn.name === "the gateway") {
    assert.equal((await askFront(chain.ground.port, { path: "/api/me", headers: { cookie: upstream } })).status, 401);
  }
}

/** Of twenty first requests at once only the navigation stores a session. */
export async function storesOneSessionForABurst({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  const elsewhere = await person.signsInUpstream("alice");
  // A page of the app's origin that is not the app's.
  await elsewhere.route("**/elsewhere", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await person.open("/elsewhere", elsewhere);
  chain.stored.length = 0;
  const scripts = elsewhere.evaluate(() => Promise.all(Array.from({ length: 19 }, async () => (await fetch("/api/me")).json())));
  const [status, answers] = await Promise.all([person.open("/"), scripts]);
  assert.equal(status, 200);
  assert.deepEqual(new Set(answers.map(({ subject }) => subject)), new Set(["alice"]));
  assert.deepEqual(chain.stored, ["alice"]);
  assert.equal(await person.open("/"), 200);
  assert.deepEqual(chain.stored, ["alice"]);
}

/** A program behind the proxy that keeps no cookie of the app's leaves no row. */
export async function storesNothingForPrograms({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  await person.signsInUpstream("bob");
  const headers = { cookie: await person.upstreamCookie(), accept: "application/json" };
  chain.stored.length = 0;
  for (let count = 0; count < 10; count++) {
    const { status, text, setCookies } = await askFront(chain.ground.port, { path: "/api/me", headers });
    assert.deepEqual([status, nameOf(text), setCookies], [200, "bob", []]);
  }
  assert.deepEqual(chain.stored, []);
}

/** What a client says about itself authenticates no user: not past the proxy, and not through it. */
export async function believesNoClient({ chain, browser }: World): Promise<void> {
  const claimed = {
    "x-auth-request-user": "alice",
    "x-auth-request-email": "alice@example.com",
    "x-forwarded-user": "alice",
    "remote-user": "alice",
    "x-proxy-secret": "guessed-and-therefore-no-secret-at-all",
  };
  chain.events.length = 0;
  const { door, front } = chain;
  // An address alone is not enough where there is a secret as well, nor any address where the proxy comes by a socket.
  const untrusted = front.secret || front.from === "socket" ? ["127.0.0.1", "127.0.0.2"] : ["127.0.0.1"];
  const { "x-proxy-secret": _, ...withoutSecret } = claimed;
  for (const from of untrusted) {
    for (const headers of [claimed, withoutSecret]) {
      assert.equal((await askApp(door, { path: "/api/me", headers, from })).status, 401, from);
    }
  }
  assert.ok(chain.events.includes("proxy.stripped"));

  await using person = await Person.arrives(browser, chain);
  await person.signsInUpstream("bob");
  const cookie = await person.upstreamCookie();
  const spellings = [
    claimed,
    { "X-AUTH-REQUEST-USER": "alice", "x-auth-request-groups": "admins" },
    { "x-auth-request-user": ["alice", "alice"] },
    { x_auth_request_user: "alice" },
    { connection: "close, x-auth-request-user, x-auth-request-email" },
  ];
  for (const spelling of spellings) {
    const known = await askFront(chain.ground.port, { path: "/api/me", headers: { cookie, ...spelling } });
    assert.deepEqual(
      [known.status, JSON.parse(known.text)],
      [200, { subject: "bob", email: "bob@example.com", notes: [] }],
      JSON.stringify(spelling),
    );
    const unknown = await askFront(chain.ground.port, { path: "/api/me", headers: spelling });
    assert.equal(unknown.status, 401, JSON.stringify(spelling));
  }
}

/** A page becomes the login, which leads back to where it began; a script gets 401. */
export async function refusesAnonymousCallers({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  await person.signsIn("alice", "/?a=1&b=%2F2");
  await person.page.getByRole("heading", { name: "Notes of Alice Archer" }).waitFor();
  const script = await askFront(chain.ground.port, { path: "/api/me", headers: { "sec-fetch-mode": "cors" } });
  assert.equal(script.status, 401);
  const program = await askFront(chain.ground.port, { path: "/api/me" });
  assert.equal(program.status, 401);
  // A browser that does not tell what it is after.
  const old = await askFront(chain.ground.port, { path: "/", headers: { accept: "application/xhtml+xml, text/html;q=0.9" } });
  assert.ok([302, 303].includes(old.status), String(old.status));
}

/** The cookie of the authenticating proxy does not reach the app, and every other does. */
export async function keepsTheSignOnsCookie({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  chain.cookies.length = 0;
  await person.signsIn("alice");
  const upstream = await person.upstreamCookie();
  const { cookie: name } = chain.signOn;
  // oauth2-proxy cuts a large one into pieces.
  const pieces = chain.signOn.name === "the gateway" ? upstream : `${upstream}; ${name}_1=a; ${name}_csrf=b`;
  for (const cookie of [`a=1; ${pieces}; b=2`, `${pieces}; a=1; b=2`, `a=1; b=2; ${pieces}`]) {
    const { status } = await askFront(chain.ground.port, { path: "/api/me", headers: { cookie } });
    assert.equal(status, 200);
    assert.match(chain.cookies.at(-1) ?? "", /^a=1; b=2(?:; ?)?$/);
  }
  for (const seen of chain.cookies) assert.ok(!seen.includes(name), seen);
}

/** While the authenticating proxy is gone no request is let through. The last of the cases: it stays gone. */
export async function losesTheSignOn({ chain, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, chain);
  await person.signsIn("alice");
  const ticket = await person.ticket();
  const cookie = `${ticket}; ${await person.upstreamCookie()}`;
  await chain.loseSignOn();
  const { status } = await askFront(chain.ground.port, { path: "/", headers: { cookie } });
  assert.equal(status, chain.front.name === "nginx" ? 503 : 502);
  assert.equal((await askApp(chain.door, { path: "/api/me", headers: { cookie: ticket } })).status, 401);
}
