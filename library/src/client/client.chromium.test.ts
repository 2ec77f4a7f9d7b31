/** The client in real tabs, against the real library. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import type { BrowserSite } from "../../test-support/browser/browser-site.ts";
import { browserSite } from "../../test-support/browser/browser-site.ts";
import type { Window } from "../../test-support/browser/chromium.ts";
import { openWindow } from "../../test-support/browser/chromium.ts";
import { until } from "../../test-support/event-loop.ts";
import type { SessionOptions } from "../core/policy.ts";

let window: Window;
/** What pages complained of: violations of the policy, errors of scripts. */
const complaints: string[] = [];

before(async () => {
  window = await openWindow();
  window.context.on("weberror", (error) => complaints.push(error.error().message));
  window.context.on("console", (message) => {
    if (/Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text());
  });
});

after(async () => {
  await window[Symbol.asyncDispose]();
});

interface Case extends AsyncDisposable {
  readonly site: BrowserSite;
  /** The last one is shown. */
  readonly tabs: readonly [Page, Page, Page];
}

/** A site of its own, a fresh jar, and three tabs in which alice is signed in. */
async function aliceInTabs(session?: SessionOptions): Promise<Case> {
  await window.context.clearCookies();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => assert.deepEqual(complaints.splice(0), []));
  const site = opened.use(await browserSite(session));
  const open = async (path: string) => {
    const page = await window.context.newPage();
    opened.defer(() => page.close());
    await page.goto(site.origin + path);
    assert.equal(await said(page, "#who"), "alice");
    return page;
  };
  const tabs = [await open("/auth/login?return_to=/"), await open("/"), await open("/")] as const;
  const rest = opened.move();
  return { site, tabs: [...tabs], [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** What an element says once it says anything. */
async function said(page: Page, selector: string): Promise<unknown> {
  const text = textOf(selector);
  await holds(page, `Boolean(${text})`);
  return page.evaluate(text);
}

/** Waits until an element says so. */
const shows = (page: Page, selector: string, text: string): Promise<void> =>
  holds(page, `${textOf(selector)} === ${JSON.stringify(text)}`);

const textOf = (selector: string): string => `document.querySelector(${JSON.stringify(selector)})?.textContent`;

/**
 * Waits until something holds of the page. By what it observes itself: in a hidden tab nothing is painted, and timers
 * are slow; and what a browser's driver asks again and again it evaluates, which the page's policy forbids.
 */
async function holds(page: Page, isSo: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const look = () => ${isSo} && resolve();
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
    look();
  })`);
}

const hears = (page: Page, change: string) => shows(page, "#changes", change);
const changesIn = (page: Page) => page.evaluate("document.querySelector('#changes').textContent");
const statusOf = (page: Page, path: string) =>
  page.evaluate(`client.fetch(${JSON.stringify(path)}).then(({ status }) => status)`);
const reads = ({ requests }: BrowserSite) => requests.filter((line) => line.startsWith("GET /auth/session")).length;

test("S-26, LO-01 signing out in one tab signs out the others, which are in the background", async () => {
  await using alices = await aliceInTabs();
  const [first, second, third] = alices.tabs;
  await first.bringToFront();
  assert.equal(await second.evaluate("document.visibilityState"), "hidden");
  const arrives = first.waitForURL(/\/logout\?/);
  await first.evaluate("void client.signOut()");
  for (const page of [second, third]) await hears(page, "alice > nobody");
  await arrives;
  assert.equal(await first.evaluate("document.body.textContent"), "Signed out at the provider.");
  assert.equal(await statusOf(second, "/api"), 401);
});

test("CB-10 signing in as another user in one tab tells the others", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [first, second, third] = tabs;
  site.user = "bob";
  await first.evaluate("client.signIn({ returnTo: '/orders?a=1' })");
  await first.waitForURL(`${site.origin}/orders?a=1`);
  await shows(first, "#who", "bob");
  for (const page of [second, third]) await hears(page, "alice > bob");
  assert.equal(await changesIn(first), "");
});

test("S-26 a server that is gone signs no user out, and neither does a store that is", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [first, second] = tabs;
  site.stop();
  assert.equal(await second.evaluate("client.session().catch((error) => error.code)"), "ERR_UNREACHABLE");
  assert.equal(await second.evaluate("client.signOut().catch((error) => error.code)"), "ERR_UNREACHABLE");
  assert.equal(await second.evaluate("client.fetch('/api').catch((error) => error.name)"), "TypeError");
  // Before the tab is shown, which reads the session as well: calls that come meanwhile share that request.
  site.down = true;
  site.start();
  const saved = site.requests.length;
  await first.bringToFront();
  const reading = first.evaluate("client.session().then((session) => session.identity.subject)");
  await until(() => site.requests.slice(saved).includes("GET /auth/session 503"));
  site.down = false;
  assert.equal(await reading, "alice", "it waits as long as the server said, and asks again");
  for (const page of [first, second]) assert.equal(await changesIn(page), "");
});

test("S-26 a 503 with Retry-After is asked again, a POST is not", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [page] = tabs;
  site.busy = 2;
  const posted = page.evaluate("client.fetch('/busy', { method: 'POST' }).then(({ status }) => status)");
  assert.equal(await posted, 503);
  assert.equal(await statusOf(page, "/busy"), 200);
  assert.deepEqual(
    site.requests.filter((line) => line.includes("/busy")),
    ["POST /busy 503", "GET /busy 503", "GET /busy 200"],
  );
});

test("S-26 twenty calls at once in a tab are one request", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [page] = tabs;
  const asked = reads(site);
  const subjects = await page.evaluate(
    "Promise.all(Array.from({ length: 20 }, () => client.session())).then((all) => all.map(({ identity }) => identity.subject))",
  );
  assert.deepEqual(
    subjects,
    Array.from({ length: 20 }, () => "alice"),
  );
  assert.equal(reads(site), asked + 1);
});

test("SE-06 a session that was ended elsewhere is noticed by a tab when it is shown, and not before", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [first, second] = tabs;
  assert.equal(await site.auth.endAll(await ownerIn(second, site)), 1);
  const asked = reads(site);
  assert.equal(reads(site), asked);
  await first.bringToFront();
  await hears(first, "alice > nobody");
  await hears(second, "alice > nobody");
});

test("S-26 a session that was ended elsewhere is noticed at the next 401", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [page] = tabs;
  await site.auth.endAll(await ownerIn(page, site));
  assert.equal(await statusOf(page, "/api"), 401);
  await hears(page, "alice > nobody");
});

/**
 * Alice with a session that runs out so soon, or later: on a machine that takes longer than that to show her three
 * tabs.
 */
const aliceForAWhile = (idle: number): Promise<Case> =>
  aliceInTabs({ idle, lifetime: 600_000 }).catch((error: unknown) => {
    if (idle > 60_000) throw error;
    return aliceForAWhile(idle * 2);
  });

test("SE-02 a session that runs out is noticed just after it did, by a page that is left alone", async () => {
  await using alices = await aliceForAWhile(2_000);
  const [, , shown] = alices.tabs;
  await hears(shown, "alice > nobody");
});

test("S-49 a page that comes back by the back button catches up", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [page] = tabs;
  await page.evaluate("globalThis.kept = true");
  await page.goto(`${site.origin}/elsewhere`);
  await shows(page, "#who", "alice");
  await site.auth.endAll(await ownerIn(page, site));
  await page.goBack({ waitUntil: "commit" });
  assert.equal(await page.evaluate("globalThis.kept"), true, "the back-forward cache should have kept it, channel and all");
  await hears(page, "alice > nobody");
});

test("SE-15 nothing is kept in the browser, and a policy of script-src 'self' is enough", async () => {
  await using alices = await aliceInTabs();
  const { site, tabs } = alices;
  const [page] = tabs;
  await page.evaluate("client.keepAlive()");
  await page.evaluate("client.signOut({ navigate: false })");
  await hears(page, "alice > nobody");
  const kept = await page.evaluate(`Promise.all([
    localStorage.length, sessionStorage.length, document.cookie, indexedDB.databases(), caches.keys(), navigator.locks.query(),
  ]).then(([local, session, cookie, databases, stores, { held }]) => [local, session, cookie, databases.length, stores.length, held.length])`);
  assert.deepEqual(kept, [0, 0, "", 0, 0, 0]);
  assert.ok(site.requests.includes("POST /auth/session 204"));
});

/** The owner of the session that a page has. */
async function ownerIn(page: Page, site: BrowserSite): Promise<string> {
  const id = await page.evaluate("client.current.session.id");
  assert.ok(typeof id === "string");
  return (await site.auth.sessions.show(id))?.owner ?? assert.fail("there should be a session");
}
