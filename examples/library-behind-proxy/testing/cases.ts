/** What holds behind a proxy, case by case, in a real browser; `suite.ts` plays them over each pair of proxies. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { askApp, askFront } from "./ask.ts";
import { leave, Person } from "./person.ts";
import type { Street } from "./street.ts";

export interface World {
  readonly street: Street;
  readonly browser: Browser;
}

const NOTE = "The umbrella is blue";

const nameOf = (text: string): unknown => JSON.parse(text).subject;

/**
 * The next request of the same tab is the new user's; nothing of the old one's is anywhere, and their cookie is dead.
 */
export async function servesWhoeverTheProxyNames({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
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

  const { door, front } = street;
  const proof: Record<string, string> = front.secret ? { "x-proxy-secret": door.secret } : {};
  const asBob = await askApp(door, { path: "/api/me", headers: { "x-auth-request-user": "bob", ...proof }, from: front.from });
  assert.deepEqual([asBob.status, nameOf(asBob.text)], [200, "bob"], "the app should believe its proxy");
  for (const from of ["127.0.0.1", front.from]) {
    for (const headers of [{ cookie: ticket }, { cookie: ticket, ...proof }]) {
      const replayed = await askApp(door, { path: "/api/me", headers, from });
      assert.deepEqual([replayed.status, replayed.text.includes("umbrella")], [401, false], from);
    }
  }
  const byFront = await askFront(street.ground.port, {
    path: "/api/me",
    headers: { cookie: `${ticket}; ${await person.upstreamCookie()}` },
  });
  assert.deepEqual([byFront.status, nameOf(byFront.text), JSON.parse(byFront.text).notes], [200, "bob", []]);
}

/**
 * While the table of users does not answer everybody gets 503; afterwards both are still signed in, by the same
 * cookies.
 */
export async function outlivesAnOutageOfTheUsers({ street, browser }: World): Promise<void> {
  await using alice = await Person.arrives(browser, street);
  await using bob = await Person.arrives(browser, street);
  const both = [alice, bob];
  await alice.signsIn("alice");
  await bob.signsIn("bob");
  for (const one of both) await one.writes(NOTE);
  const tickets = await Promise.all(both.map((one) => one.ticket()));

  street.users.down = true;
  for (const owner of ["alice", "bob"]) street.auth.forget(owner);
  try {
    for (const one of both) {
      assert.equal((await one.fetches("/api/me")).status, 503);
      const page = await one.open("/");
      assert.equal(page, 503);
      assert.doesNotMatch(await one.page.content(), /umbrella/);
    }
  } finally {
    street.users.down = false;
  }
  for (const [index, one] of both.entries()) {
    assert.equal(await one.open("/"), 200);
    assert.deepEqual([await one.ticket(), await one.page.getByText(NOTE).count()], [tickets[index], 1]);
  }
}

/** Whoever is blocked gets 403, and their session is over, also once they are let in again. */
export async function endsTheBlocked({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
  await person.signsIn("bob");
  await person.writes(NOTE);
  const ticket = await person.ticket();
  street.users.setBlocked("bob", true);
  street.auth.forget("bob");
  try {
    assert.equal((await person.fetches("/api/me")).status, 403);
    assert.equal(await person.open("/"), 403);
    assert.equal(await person.cookie(), undefined, "a page for the blocked clears what is dead");
  } finally {
    street.users.setBlocked("bob", false);
    // Whoever is blocked has no owner to be forgotten by.
    street.auth.forget({ issuer: "proxy:oauth2-proxy", subject: "bob" });
  }
  assert.equal(await person.open("/"), 200);
  assert.equal(await person.page.getByText(NOTE).count(), 0);
  assert.notEqual(`__Host-Http-notes=${await person.cookie()}`, ticket);
}

/** The app's own logout leads out of the sign-on and out of the provider; coming back signs nobody in. */
export async function leavesAtTheSignOut({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
  await person.signsIn("alice");
  const ticket = await person.ticket();
  const upstream = await person.upstreamCookie();
  const left = person.page.waitForRequest((request) => request.url() === street.signOn.signOutUrl(street.ground));
  await person.page.getByRole("button", { name: "Sign out" }).click();
  await left;
  await leave(person.page, street);
  await person.open("/");
  await person.page.locator("button[name=pick]").first().waitFor();
  const { door, front } = street;
  assert.equal((await askApp(door, { path: "/api/me", headers: { cookie: ticket }, from: front.from })).status, 401);
  // oauth2-proxy keeps its sessions in the cookie, so that a copy of its cookie lives on; the app's own session does
  // not.
  if (street.signOn.name === "the gateway") {
    assert.equal((await askFront(street.ground.port, { path: "/api/me", headers: { cookie: upstream } })).status, 401);
  }
}

/** Of twenty first requests at once only the navigation stores a session. */
export async function storesOneSessionForABurst({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
  const elsewhere = await person.signsInUpstream("alice");
  // A page of the app's origin that is not the app's.
  await elsewhere.route("**/elsewhere", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await person.open("/elsewhere", elsewhere);
  street.stored.length = 0;
  const scripts = elsewhere.evaluate(() => Promise.all(Array.from({ length: 19 }, async () => (await fetch("/api/me")).json())));
  const [status, answers] = await Promise.all([person.open("/"), scripts]);
  assert.equal(status, 200);
  assert.deepEqual(new Set(answers.map(({ subject }) => subject)), new Set(["alice"]));
  assert.deepEqual(street.stored, ["alice"]);
  assert.equal(await person.open("/"), 200);
  assert.deepEqual(street.stored, ["alice"]);
}

/** A program behind the proxy that keeps no cookie of the app's leaves no row. */
export async function storesNothingForPrograms({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
  await person.signsInUpstream("bob");
  const headers = { cookie: await person.upstreamCookie(), accept: "application/json" };
  street.stored.length = 0;
  for (let count = 0; count < 10; count++) {
    const { status, text, setCookies } = await askFront(street.ground.port, { path: "/api/me", headers });
    assert.deepEqual([status, nameOf(text), setCookies], [200, "bob", []]);
  }
  assert.deepEqual(street.stored, []);
}

/** What a client says about itself is nobody: not past the proxy, and not through it. */
export async function believesNoClient({ street, browser }: World): Promise<void> {
  const claimed = {
    "x-auth-request-user": "alice",
    "x-auth-request-email": "alice@example.com",
    "x-forwarded-user": "alice",
    "remote-user": "alice",
    "x-proxy-secret": "guessed-and-therefore-no-secret-at-all",
  };
  street.events.length = 0;
  const { door, front } = street;
  // An address alone is not enough where there is a secret as well, nor any address where the proxy comes by a socket.
  const strangers = front.secret || front.from === "socket" ? ["127.0.0.1", "127.0.0.2"] : ["127.0.0.1"];
  const { "x-proxy-secret": _, ...withoutSecret } = claimed;
  for (const from of strangers) {
    for (const headers of [claimed, withoutSecret]) {
      assert.equal((await askApp(door, { path: "/api/me", headers, from })).status, 401, from);
    }
  }
  assert.ok(street.events.includes("proxy.stripped"));

  await using person = await Person.arrives(browser, street);
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
    const known = await askFront(street.ground.port, { path: "/api/me", headers: { cookie, ...spelling } });
    assert.deepEqual(
      [known.status, JSON.parse(known.text)],
      [200, { subject: "bob", email: "bob@example.com", notes: [] }],
      JSON.stringify(spelling),
    );
    const unknown = await askFront(street.ground.port, { path: "/api/me", headers: spelling });
    assert.equal(unknown.status, 401, JSON.stringify(spelling));
  }
}

/** A page becomes the login, which leads back to where it began; a script gets 401. */
export async function turnsStrangersAway({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
  await person.signsIn("alice", "/?a=1&b=%2F2");
  await person.page.getByRole("heading", { name: "Notes of Alice Archer" }).waitFor();
  const script = await askFront(street.ground.port, { path: "/api/me", headers: { "sec-fetch-mode": "cors" } });
  assert.equal(script.status, 401);
  const program = await askFront(street.ground.port, { path: "/api/me" });
  assert.equal(program.status, 401);
  // A browser that does not tell what it is after.
  const old = await askFront(street.ground.port, { path: "/", headers: { accept: "application/xhtml+xml, text/html;q=0.9" } });
  assert.ok([302, 303].includes(old.status), String(old.status));
}

/** The cookie of whoever signs people on does not reach the app, and every other does. */
export async function keepsTheSignOnsCookie({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
  street.cookies.length = 0;
  await person.signsIn("alice");
  const upstream = await person.upstreamCookie();
  const { cookie: name } = street.signOn;
  // oauth2-proxy cuts a large one into pieces.
  const pieces = street.signOn.name === "the gateway" ? upstream : `${upstream}; ${name}_1=a; ${name}_csrf=b`;
  for (const cookie of [`a=1; ${pieces}; b=2`, `${pieces}; a=1; b=2`, `a=1; b=2; ${pieces}`]) {
    const { status } = await askFront(street.ground.port, { path: "/api/me", headers: { cookie } });
    assert.equal(status, 200);
    assert.match(street.cookies.at(-1) ?? "", /^a=1; b=2(?:; ?)?$/);
  }
  for (const seen of street.cookies) assert.ok(!seen.includes(name), seen);
}

/** While whoever signs people on is gone nobody is let through. The last of the cases: they stay gone. */
export async function losesTheSignOn({ street, browser }: World): Promise<void> {
  await using person = await Person.arrives(browser, street);
  await person.signsIn("alice");
  const ticket = await person.ticket();
  const cookie = `${ticket}; ${await person.upstreamCookie()}`;
  await street.loseSignOn();
  const { status } = await askFront(street.ground.port, { path: "/", headers: { cookie } });
  assert.equal(status, street.front.name === "nginx" ? 503 : 502);
  assert.equal((await askApp(street.door, { path: "/api/me", headers: { cookie: ticket } })).status, 401);
}
